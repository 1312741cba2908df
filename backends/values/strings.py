"""Drawing strings that pass some tests and fail others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from ...compiler.ir.formula import LengthIn, Lexical, Like, Test
from ...compiler.values.patterns import make_pattern
from ...compiler.values.sets import Pattern, Wild
from .fill import LETTERS, LONGEST_RUN, fill, stretched, word
from .regexp_words import drawn_with_searches
from .string_automaton import Searcher

DIGITS = "0123456789"
LONGEST_TEXT = 1 << 16
"""The maximum length of a drawn text."""
LONGEST_CHANGE = 40
"""The maximum number of characters to replace in a text that a search found."""
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
    """Draw a string for one value of a field.

    Args:
        wanted: tests that the value must pass.
        unwanted: tests that it must fail.
        check: whether a text passes all wanted tests and no unwanted one.
        rng: the source of randomness.
        usual: values to prefer when the tests leave the choice open.
        searcher: the fallback if random attempts fail.

    Returns:
        A text that passed ``check``; None if none was found.
    """
    found = drawn_with_searches(wanted, check, rng)
    if found is not None:
        return found
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
    long = _long(patterns, wanted, check, rng)
    if long is not None:
        return long
    texts = [literal for pattern in narrowest.patterns if (literal := pattern.literal) is not None and check(literal)]
    if texts:
        return rng.choice(texts)
    if all(pattern.literal is not None and not pattern.fold for pattern in narrowest.patterns):
        return None
    return varied((searcher or Searcher()).search(wanted, unwanted, check, rng), check, rng)


def _long(patterns: list[Like], wanted: list[Test], check: Check, rng: Random) -> str | None:
    """Draws a text of the great length that the tests require, if they do, with one pattern of each test and few letters between."""
    lengths = _lengths(wanted)
    if lengths is None or not LONGEST_RUN < lengths[0] <= min(lengths[1], LONGEST_TEXT):
        return None
    for attempt in range(ATTEMPTS):
        ordered = _ordered(patterns, rng)
        if ordered is None:
            continue
        tokens = [token for pattern in ordered for token in (*pattern.tokens, Wild.RUN)]
        joined = make_pattern(tokens if ordered[-1].tokens[-1] is Wild.RUN else tokens[:-1])
        length = rng.randint(lengths[0], min(lengths[1], LONGEST_TEXT))
        text = stretched(joined, rng, length, LETTERS if attempt < 2 else rng.choice(LETTERS + DIGITS))
        if text is not None and check(text):
            return text
    return None


def _side_by_side(tests: list[Like], rng: Random) -> str | None:
    """Concatenates one pattern of each test; None if more than one of them is anchored at the start, or at the end."""
    ordered = _ordered(tests, rng)
    return None if ordered is None else "".join(fill(pattern, rng, 4) for pattern in ordered)


def _ordered(tests: list[Like], rng: Random) -> list[Pattern] | None:
    """Chooses one pattern of each test, in an order in which they can follow each other in a text; None if there is none."""
    chosen = [rng.choice(test.patterns) for test in tests]
    if any(not pattern.tokens for pattern in chosen):
        return None
    rng.shuffle(chosen)
    first = [pattern for pattern in chosen if pattern.tokens[0] is not Wild.RUN]
    last = [pattern for pattern in chosen if pattern.tokens[-1] is not Wild.RUN]
    if len(first) > 1 or len(last) > 1 or (first and first == last):
        return None
    between = [pattern for pattern in chosen if pattern not in first and pattern not in last]
    return [*first, *between, *last]


def openness(test: Like) -> tuple[int, int]:
    """Sort key by how much a test leaves open: exact values first, then the pattern with the most literal text."""
    open_patterns = [pattern for pattern in test.patterns if pattern.literal is None]
    if not open_patterns:
        return (0, len(test.patterns))
    return (1, -min(sum(len(token) for token in pattern.tokens if isinstance(token, str)) for pattern in open_patterns))


def _open(wanted: list[Test], unwanted: list[Test], check: Check, rng: Random, usual: tuple[str, ...], searcher: Searcher) -> str | None:
    """Draw a value for tests without a wanted pattern."""
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
        # Exclusions such as `*a*` reject most long random texts, and the search does not reach such lengths.
        for letter in rng.sample(LETTERS + DIGITS, len(LETTERS + DIGITS)):
            if check(letter * shortest):
                return letter * shortest
    candidate = next((text for text in _beside_bounds(wanted, unwanted, rng) if check(text)), None)
    return varied(searcher.search(wanted, unwanted, check, rng) if candidate is None else candidate, check, rng)


def _lengths(wanted: list[Test]) -> tuple[int, int] | None:
    """Returns the minimum and maximum length that the tests require; None if they do not test the length."""
    bounds = [test.interval for test in wanted if isinstance(test, LengthIn)]
    if not bounds:
        return None
    shortest = max((int(interval.low) for interval in bounds if interval.low is not None), default=1)
    longest = min((int(interval.high) for interval in bounds if interval.high is not None), default=shortest + LONGEST_RUN)
    return max(shortest, 1), longest


def _of_length(pattern: Pattern, wanted: list[Test], rng: Random) -> str | None:
    """Fills a pattern to the length that the tests require, if any."""
    lengths = _lengths(wanted)
    if lengths is None or not lengths[0] <= min(lengths[1], LONGEST_TEXT):
        return None
    return stretched(pattern, rng, rng.randint(lengths[0], min(lengths[1], LONGEST_TEXT)))


def _beside_bounds(wanted: list[Test], unwanted: list[Test], rng: Random) -> Iterator[str]:
    """Yields the bounds of lexical tests, and the strings right after and right before them."""
    for test in (*wanted, *unwanted):
        if isinstance(test, Lexical):
            for bound in (test.low, test.high):
                if bound is not None:
                    yield from (bound + word(rng, 1, 4), bound, bound + "0", bound + " ")
                if bound and " " < bound[-1] <= "~":
                    yield bound[:-1] + chr(ord(bound[-1]) - 1) + word(rng, 1, 4)


def varied(text: str | None, check: Check, rng: Random) -> str | None:
    """Varies a text that a search found, at random and only where it still passes, because the search returns the simplest text.

    Letters are inserted, characters are replaced, and upper case that no test requires becomes lower case.
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
