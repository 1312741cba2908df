"""What a condition asks of its field, in the field's own terms: ``1 <= x <= 1023``, ``one of "a", "b*" (any case)``."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from ..ir.formula import (
    AnyOtherField,
    Atom,
    Entry,
    Exists,
    Leaf,
    LengthIn,
    Lexical,
    Like,
    Matches,
    NestedMatch,
    PhraseMatch,
    Test,
    Within,
    entries,
    is_marker,
)
from ..normal_form.nnf import Lit
from ..schema.fields import FieldSpec
from ..values.kinds import shown_value, values_of
from ..values.literals import V4_BASE, V4_LAST
from ..values.regexp_parser import Regexp
from ..values.sets import Interval, Pattern, Phrase, Wild
from .core_reasons import closed

SHOWN_ENTRIES = 12
"""How many entries of a list are shown; one more is shown instead of saying that there is one more."""
SHOWN_CHARACTERS = 50

ANY_CASE = " (any case)"
"""Stands behind texts that are compared case-insensitively."""


def constraint(spec: FieldSpec, literals: Sequence[Lit]) -> str:
    """What several conditions on one field, all of which hold, ask of it.

    Args:
        spec: the field.
        literals: conditions on it, of which `is_plain` is true.

    Returns:
        One line. Ranges of a field that holds one value are intersected, and exclusions are gathered into one list.
    """
    wanted = [literal.leaf for literal in literals if literal.positive]
    unwanted = [literal.leaf for literal in literals if not literal.positive]
    if any(isinstance(leaf, Exists) for leaf in unwanted):
        return "missing" if not wanted else "present and missing"
    tests = [leaf.test for leaf in wanted if isinstance(leaf, Atom)]
    parts = [_listed(spec, [test]) for test in _intersected(spec, tests)] or (["present"] if wanted else [])
    excluded = [leaf.test for leaf in unwanted if isinstance(leaf, Atom)]
    if excluded:
        parts.append(f"not {_listed(spec, excluded)}")
    return (" and also " if spec.several and len(tests) > 1 else " and ").join(parts)


def is_plain(leaf: Leaf) -> bool:
    """Whether a condition is described by its field and its test alone; others are quoted."""
    if isinstance(leaf, Atom):
        return not isinstance(leaf.test, NestedMatch | AnyOtherField) and not is_marker(leaf.field.name)
    return isinstance(leaf, Exists)


def entry_text(spec: FieldSpec, entry: Entry) -> str:
    """One entry of a list, with how it is compared."""
    return _entry(spec, entry) + (ANY_CASE if _folds(spec, entry) else "")


def listing(texts: Sequence[str]) -> str:
    """Texts with commas between, no more than a few lines of them."""
    if len(texts) <= SHOWN_ENTRIES + 1:
        return ", ".join(texts)
    return f"{', '.join(texts[:SHOWN_ENTRIES])}, … {len(texts) - SHOWN_ENTRIES} more"


def shortened(text: str, most: int = SHOWN_CHARACTERS) -> str:
    """A text on one line, without its middle if it is long."""
    line = " ".join(text.split())
    tail = most // 3
    return line if len(line) <= most else f"{line[: most - tail - 3].rstrip()} … {line[-tail:].lstrip()}"


def _intersected(spec: FieldSpec, tests: Sequence[Test]) -> list[Test]:
    """The tests, those that are one range each made one range; not where different values of a field may pass them."""
    if spec.several:
        return list(dict.fromkeys(tests))
    ranges = [test.intervals[0] for test in tests if isinstance(test, Within) and len(test.intervals) == 1]
    others = [test for test in tests if not (isinstance(test, Within) and len(test.intervals) == 1)]
    if len(ranges) < 2:
        return list(dict.fromkeys(tests))
    pieces = [closed(spec, interval) for interval in ranges]
    low = max((low for low, _ in pieces if low is not None), default=None)
    high = min((high for _, high in pieces if high is not None), default=None)
    # A bound that a fraction may not touch: of two equal ones the strict one counts.
    low_open = spec.kind.traits.fractions and any(each.low_open and each.low == low for each in ranges)
    high_open = spec.kind.traits.fractions and any(each.high_open and each.high == high for each in ranges)
    return [Within((Interval(low, high, low_open, high_open),)), *dict.fromkeys(others)]


def _listed(spec: FieldSpec, tests: Sequence[Test]) -> str:
    """Everything that the tests allow, as one list."""
    found = [entry for test in tests for entry in entries(test)]
    other = [_other(test) for test in tests if not entries(test)]
    folding = [_folds(spec, entry) for entry in found]
    fold = ANY_CASE if found and all(folding) else ""
    texts = [_entry(spec, each) + (ANY_CASE if folds and not fold else "") for each, folds in zip(found, folding, strict=True)]
    texts = list(dict.fromkeys([*texts, *other]))
    prefix = "one of " if len(texts) > 1 else ""
    if any(isinstance(entry, Phrase) for entry in found):
        prefix = f"a text with {prefix}"
    elif any(isinstance(entry, Regexp) for entry in found):
        prefix = f"matching {prefix}"
    return prefix + listing(texts) + fold


def _entry(spec: FieldSpec, entry: Entry) -> str:
    match entry:
        case Pattern():
            return f'"{shortened(_pattern(entry))}"'
        case Regexp():
            return f"/{shortened(entry.pcre or entry.text)}/"
        case Phrase(tokens, _, written):
            return f'"{shortened(written or " ".join(map(_pattern, tokens)))}"'
        case Interval():
            return _range(spec, entry)


def _folds(spec: FieldSpec, entry: Entry) -> bool:
    return isinstance(entry, Pattern | Regexp) and (entry.fold or spec.caseless)


def _pattern(pattern: Pattern) -> str:
    """A pattern as it would be written: wildcards as they are, an asterisk that is none with a backslash."""
    return "".join(token.value if isinstance(token, Wild) else _escaped(token) for token in pattern.tokens)


def _escaped(text: str) -> str:
    return text.replace("*", "\\*").replace("?", "\\?").replace('"', '\\"')


def _range(spec: FieldSpec, interval: Interval) -> str:
    low, high = (interval.low, interval.high) if spec.kind.traits.fractions else closed(spec, interval)
    if low is not None and low == high:
        return shown_value(spec, low)
    if (
        values_of(spec).blocks
        and isinstance(low, int)
        and isinstance(high, int)
        and low < high
        and (block := _block(low, high)) is not None
    ):
        return block
    fractions = spec.kind.traits.fractions
    below = "<" if interval.low_open and fractions else "<="
    above = "<" if interval.high_open and fractions else "<="
    if low is None and high is None:
        return "any value"
    if high is None:
        return f"x {below.replace('<', '>')} {shown_value(spec, low)}"
    return f"{'' if low is None else f'{shown_value(spec, low)} {below} '}x {above} {shown_value(spec, high)}"


def _block(low: int, high: int) -> str | None:
    """The block of addresses that a range is, if it is one."""
    if V4_BASE <= low <= high <= V4_LAST:
        first: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.IPv4Address(low & 0xFFFFFFFF)
        blocks = ipaddress.summarize_address_range(first, ipaddress.IPv4Address(high & 0xFFFFFFFF))
    else:
        blocks = ipaddress.summarize_address_range(ipaddress.IPv6Address(low), ipaddress.IPv6Address(high))
    found = [block for block, _ in zip(blocks, range(2), strict=False)]
    return str(found[0]) if len(found) == 1 else None


def _other(test: Test) -> str:
    match test:
        case Lexical():
            text = _bounds(test.low, test.high, test.low_open, test.high_open)
            return f"a text with a word {text}" if test.words else text
        case LengthIn(interval):
            low = None if interval.low is None else str(_whole(interval.low, interval.low_open, 1))
            high = None if interval.high is None else str(_whole(interval.high, interval.high_open, -1))
            if low == high:
                return f"of length {low}"
            if high is None:
                return f"length >= {low}"
            return f"{f'{low} <= ' if low else ''}length <= {high}"
        case Like() | Matches() | Within() | PhraseMatch():
            return "no value at all"
        case NestedMatch() | AnyOtherField():
            raise ValueError("a condition that is best quoted")


def _whole(value: int | float, is_open: bool, step: int) -> int | float:
    return value + step if is_open else value


def _bounds(low: str | None, high: str | None, low_open: bool, high_open: bool) -> str:
    left = "" if low is None else f'"{shortened(low)}" {"<" if low_open else "<="} '
    right = "" if high is None else f' {"<" if high_open else "<="} "{shortened(high)}"'
    return f"{left}x{right}"
