"""Drawing strings that pass some tests and fail others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from ...compiler.ir.formula import LengthIn, Lexical, Like, Test
from ...compiler.values.sets import Pattern, Wild
from .fill import LETTERS, LONGEST_RUN, fill, stretched, word
from .string_automaton import Searcher

DIGITS = "0123456789"
LONGEST_TEXT = 1 << 16
"""Characters of a text: no longer one is drawn."""
LONGEST_CHANGE = 40
"""How many characters of a found text are tried to be exchanged."""
ATTEMPTS = 12

Check = Callable[[str], bool]


def draw_string(
    wanted: list[Test],
    unwanted: list[Test],
    check: Check,
    rng: Random,
    usual: tuple[str, ...] = (),
    searcher: Searcher | None = None,
) -> str | None:
    """A string for one value of a field.

    Args:
        wanted: tests that the value must pass.
        unwanted: tests that it must fail.
        check: whether a text does both.
        rng: the source of randomness.
        usual: values to prefer when the tests leave the choice open.
        searcher: what to search with where chance fails.

    Returns:
        A text that passed ``check``; None when none was found.
    """
    patterns = [test for test in wanted if isinstance(test, Like)]
    if not patterns:
        return _open(wanted, unwanted, check, rng, usual, searcher or Searcher())
    narrowest = min(patterns, key=openness)
    for pattern in rng.sample(narrowest.patterns, min(len(narrowest.patterns), ATTEMPTS)):
        for longest in (LONGEST_RUN, 4, 0):
            text = fill(pattern, rng, longest)
            if check(text):
                return text
            if pattern.literal is not None:
                break
        long = _of_length(pattern, wanted, rng)
        if long is not None and check(long):
            return long
    if len(patterns) > 1:
        for _ in range(ATTEMPTS):
            joined = _side_by_side(patterns, rng)
            if joined is not None and check(joined):
                return joined
    texts = [literal for pattern in narrowest.patterns if (literal := pattern.literal) is not None and check(literal)]
    if texts:
        return rng.choice(texts)
    if all(pattern.literal is not None and not pattern.fold for pattern in narrowest.patterns):
        return None
    return varied((searcher or Searcher()).search(wanted, unwanted, check, rng), check, rng)


def _side_by_side(tests: list[Like], rng: Random) -> str | None:
    """A text for one pattern of each test, one behind the other; None where more than one of them must begin it, or end it."""
    chosen = [rng.choice(test.patterns) for test in tests]
    if any(not pattern.tokens for pattern in chosen):
        return None
    rng.shuffle(chosen)
    first = [pattern for pattern in chosen if pattern.tokens[0] is not Wild.RUN]
    last = [pattern for pattern in chosen if pattern.tokens[-1] is not Wild.RUN]
    if len(first) > 1 or len(last) > 1 or (first and first == last):
        return None
    between = [pattern for pattern in chosen if pattern not in first and pattern not in last]
    return "".join(fill(pattern, rng, 4) for pattern in (*first, *between, *last))


def openness(test: Like) -> tuple[int, int]:
    """How much a test leaves open: exact values first, then the pattern with the most literal text."""
    open_patterns = [pattern for pattern in test.patterns if pattern.literal is None]
    if not open_patterns:
        return (0, len(test.patterns))
    return (1, -min(sum(len(token) for token in pattern.tokens if isinstance(token, str)) for pattern in open_patterns))


def _open(wanted: list[Test], unwanted: list[Test], check: Check, rng: Random, usual: tuple[str, ...], searcher: Searcher) -> str | None:
    """A value that no pattern prescribes."""
    fitting = [value for value in usual if check(value)]
    if fitting:
        return rng.choice(fitting)
    shortest, longest = _lengths(wanted) or (1, LONGEST_RUN)
    if shortest > LONGEST_TEXT:
        return None
    for _ in range(ATTEMPTS):
        text = word(rng, min(shortest, longest), min(longest, shortest + LONGEST_RUN)) if longest > 0 else ""
        if check(text):
            return text
    if shortest > LONGEST_RUN:
        # Exclusions such as `*a*` leave few long texts of random letters, and the search does not reach that far.
        for letter in rng.sample(LETTERS + DIGITS, len(LETTERS + DIGITS)):
            if check(letter * shortest):
                return letter * shortest
    found = next((text for text in _beside_bounds(wanted, unwanted, rng) if check(text)), None)
    return varied(searcher.search(wanted, unwanted, check, rng) if found is None else found, check, rng)


def _lengths(wanted: list[Test]) -> tuple[int, int] | None:
    """The least and the greatest length that the tests ask for; None if they ask for none."""
    bounds = [test.interval for test in wanted if isinstance(test, LengthIn)]
    if not bounds:
        return None
    shortest = max((int(each.low) for each in bounds if each.low is not None), default=1)
    longest = min((int(each.high) for each in bounds if each.high is not None), default=shortest + LONGEST_RUN)
    return max(shortest, 1), longest


def _of_length(pattern: Pattern, wanted: list[Test], rng: Random) -> str | None:
    """A text for a pattern of the length that the tests ask for, if they do."""
    lengths = _lengths(wanted)
    if lengths is None or not lengths[0] <= min(lengths[1], LONGEST_TEXT):
        return None
    return stretched(pattern, rng, rng.randint(lengths[0], min(lengths[1], LONGEST_TEXT)))


def _beside_bounds(wanted: list[Test], unwanted: list[Test], rng: Random) -> Iterator[str]:
    """The texts that come right after the bounds of an order and right before them, and the bounds."""
    for test in (*wanted, *unwanted):
        if isinstance(test, Lexical):
            for bound in (test.low, test.high):
                if bound is not None:
                    yield from (bound + word(rng, 1, 4), bound, bound + "0", bound + " ")
                if bound and " " < bound[-1] <= "~":
                    yield bound[:-1] + chr(ord(bound[-1]) - 1) + word(rng, 1, 4)


def varied(text: str | None, check: Check, rng: Random) -> str | None:
    """A found text changed at random wherever it still passes: the search alone gives the plainest text that does.

    Letters are put in, characters are exchanged for others, and capitals that nothing asks for become small.
    """
    if text is None:
        return None
    for at, char in enumerate(text[:LONGEST_CHANGE]):
        for other in (char.lower(), *rng.choices(LETTERS + DIGITS, k=3)) if char.isalnum() else ():
            changed = text[:at] + other + text[at + 1 :]
            if check(changed):
                text = changed
    for _ in range(4):
        at = rng.randint(0, len(text))
        longer = text[:at] + word(rng, 1, 6) + text[at:]
        if check(longer):
            text = longer
    return text
