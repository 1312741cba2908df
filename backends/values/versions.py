"""Drawing version numbers near the bounds in a query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from random import Random

from ...compiler.ir.formula import Lexical, Like, Test
from ...compiler.values.sets import Pattern, Wild
from .fill import Gap, fill_gaps

_FILLS = 12


def usual_versions(wanted: Iterable[Test], rng: Random) -> tuple[str, ...]:
    """Returns candidate versions in random order: three random ones, the bounds, versions next to the bounds, and versions that
    match a pattern."""
    versions = [".".join(str(rng.randint(0, 20)) for _ in range(3)) for _ in range(3)]
    for test in wanted:
        if isinstance(test, Lexical):
            for bound in (test.low, test.high):
                if bound is not None:
                    versions += _near(bound, rng)
        elif isinstance(test, Like):
            open_patterns = [pattern for pattern in test.patterns if pattern.literal is None]
            for pattern in rng.sample(open_patterns, min(4, len(open_patterns))):
                versions += [_filled(pattern, versions, rng) for _ in range(_FILLS)]
    rng.shuffle(versions)
    return tuple(dict.fromkeys(versions))


def _filled(pattern: Pattern, versions: Sequence[str], rng: Random) -> str:
    """Fills the wildcards of a pattern with versions and their components."""

    def choose(gap: Gap) -> str:
        if gap.wild is Wild.ONE:
            return str(rng.randint(0, 9))
        some, number = rng.choice(versions), rng.randint(0, 20)
        return rng.choice(("", str(number), f".{number}", some, f"{some}-", f"{some}-{number}"))

    return fill_gaps(pattern.tokens, choose)


def _near(bound: str, rng: Random) -> list[str]:
    """Returns a bound and versions just after and just before it."""
    parts = bound.partition("-")[0].partition("+")[0].split(".")
    if not all(part.isdecimal() for part in parts):
        return [bound, f"{bound}a"]
    numbers = list(map(int, parts))
    # Build metadata, then a longer identifier, come between a pre-release and the same with one more identifier.
    versions = [bound, f"{bound}.{rng.randint(1, 9)}", ".".join(parts) + "-rc.1", f"{bound}+{rng.randint(1, 9)}", f"{bound}-"]
    for at, number in enumerate(numbers):
        for changed in (number + rng.randint(1, 5), number - 1):
            if changed >= 0:
                rest = [rng.randint(0, 20) for _ in numbers[at + 1 :]]
                versions.append(".".join(map(str, [*numbers[:at], changed, *rest])))
    return versions
