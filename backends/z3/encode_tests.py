"""Encoding the tests of a field's value as Z3 formulas."""

from __future__ import annotations

import math
from itertools import pairwise

import z3

from ...compiler.ir.formula import AnyOtherField, LengthIn, Lexical, Like, Matches, PhraseMatch, Test, Within
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.literals import VERSION_SYNTAX, is_version, version_key
from ...compiler.values.regexp_parser import parse_regexp
from ...compiler.values.sets import Interval, Pattern
from ...compiler.values.stored_numbers import scaling_factor
from .encode_arithmetic import double_value
from .encode_strings import Languages, NotEncodable, lowered, string_value, utf16_length

_VERSIONS = parse_regexp(VERSION_SYNTAX)
_EMPTY = ("", "\x03")


class ValueTests:
    """Encodes tests as formulas.

    Args:
        ctx: the context of all terms.
        formulas: side conditions are appended here.

    Attributes:
        versions: the versions that occur in comparisons.
    """

    def __init__(self, ctx: z3.Context, formulas: list[z3.BoolRef]) -> None:
        self.ctx = ctx
        self.formulas = formulas
        self.versions: set[str] = set()
        self._placed: set[int] = set()
        self._compared: list[z3.SeqRef] = []

    def encode(self, spec: FieldSpec, languages: Languages, test: Test, value: z3.ExprRef, words: z3.SeqRef) -> z3.BoolRef:
        """Encodes that a value passes a test.

        Args:
            spec: the field.
            languages: the regular languages over the alphabet of its values.
            test: the test.
            value, words: the value, and its tokens, each preceded by a space.

        Raises:
            NotEncodable: the test has no encoding.
        """
        match test:
            case Within(intervals):
                exact = scaling_factor(spec) is None
                return self.any([self._within(value, interval, exact) for interval in intervals])
            case PhraseMatch(phrases):
                gap, rest = self._between_words(languages)
                return self.any(
                    [z3.InRe(words, _framed(languages, gap, [languages.pattern(p, *rest) for p in phrase.tokens])) for phrase in phrases]
                )
        if isinstance(test, AnyOtherField):
            raise NotEncodable("a value of any other field")
        if not z3.is_string(value):
            raise NotEncodable(f"this test of `{spec.name}`")
        match test:
            case Like(patterns):
                return self.any([self._like(spec, languages, value, pattern) for pattern in patterns])
            case Matches(regexps):
                return self.any([z3.InRe(value, languages.node(regexp.node)) for regexp in regexps])
            case LengthIn(interval):
                return self._within(utf16_length(value), interval)
            case Lexical(words=True):
                raise NotEncodable(f"an order of the words of `{spec.name}`")
            case Lexical(low, high, low_open, high_open) if spec.kind.traits.precedence:
                self._place(languages, value)
                parts = []
                if low is not None:
                    parts.append(self._rank(low) < self._rank(value) if low_open else self._rank(low) <= self._rank(value))
                if high is not None:
                    parts.append(self._rank(value) < self._rank(high) if high_open else self._rank(value) <= self._rank(high))
                return self.every(parts)
            case Lexical(low, high, low_open, high_open):
                parts = []
                if low is not None:
                    bound = string_value(low, self.ctx)
                    parts.append(bound < value if low_open else bound <= value)
                if high is not None:
                    bound = string_value(high, self.ctx)
                    parts.append(value < bound if high_open else value <= bound)
                return self.every(parts)

    def _like(self, spec: FieldSpec, languages: Languages, value: z3.SeqRef, pattern: Pattern) -> z3.BoolRef:
        literal = pattern.literal
        if literal is not None and (not pattern.fold or languages.lowered):
            text = literal if not pattern.fold else lowered(literal)
            if spec.kind.traits.precedence:
                self.versions.add(text)
            return value == string_value(text, self.ctx)
        return z3.InRe(value, languages.pattern(pattern))

    def _rank(self, version: str | z3.SeqRef) -> z3.ArithRef:
        """Returns a number that orders versions; :meth:`order_versions` orders the known ones."""
        if isinstance(version, str):
            self.versions.add(version)
            version = string_value(version, self.ctx)
        rank = z3.Function("rank of version", z3.StringSort(self.ctx), z3.IntSort(self.ctx))
        return rank(version)

    def _place(self, languages: Languages, value: z3.SeqRef) -> None:
        """Asserts that a string that is not a version sorts after all versions."""
        if value.get_id() not in self._placed:
            self._placed.add(value.get_id())
            self._compared.append(value)
            self.formulas.append(z3.InRe(value, languages.node(_VERSIONS.node)) == (self._rank(value) < 0))

    def order_versions(self) -> None:
        """Asserts the order of the versions that occur in comparisons."""
        ordered = sorted(self.versions, key=version_key)
        for text in ordered:
            rank = self._rank(text)
            self.formulas.append(rank < 0 if is_version(text) else rank >= 0)
        for value in self._compared:
            # No two versions rank the same, but for the empty text and the one that it is indexed as.
            self.formulas += [
                z3.Implies(self._rank(value) == self._rank(text), value == string_value(text, self.ctx))
                for text in ordered
                if text not in _EMPTY
            ]
        for before, after in pairwise(ordered):
            self.formulas.append(self._rank(before) < self._rank(after))

    def _between_words(self, languages: Languages) -> tuple[z3.ReRef, tuple[z3.ReRef, z3.ReRef]]:
        """Returns the languages of any text, and of a wildcard within one word."""
        space = z3.Re(z3.StringVal(" ", self.ctx), self.ctx)
        inside = z3.Intersect(languages.any_char, z3.Complement(space))
        return languages.anything, (z3.Star(inside), inside)

    def _within(self, value: z3.ArithRef, interval: Interval, exact: bool = True) -> z3.BoolRef:
        parts = []
        if interval.low is not None:
            low = self.number(interval.low, exact)
            parts.append(value > low if interval.low_open else value >= low)
        if interval.high is not None:
            high = self.number(interval.high, exact)
            parts.append(value < high if interval.high_open else value <= high)
        return self.every(parts)

    def every(self, parts: list[z3.BoolRef]) -> z3.BoolRef:
        """Their conjunction."""
        return z3.And(*parts) if parts else z3.BoolVal(True, self.ctx)

    def any(self, parts: list[z3.BoolRef]) -> z3.BoolRef:
        """Their disjunction."""
        return parts[0] if len(parts) == 1 else z3.Or(*parts) if parts else z3.BoolVal(False, self.ctx)

    def number(self, value: int | float, exact: bool = True) -> z3.ArithRef:
        """A constant; unless `exact`, a double is the decimal number that is written for it."""
        if value in (math.inf, -math.inf):
            # A bound that rounding moved out of its type, beyond the range of every type.
            return z3.RealVal(int(math.copysign(1, value)) * 10**400, self.ctx)
        return (
            z3.IntVal(value, self.ctx)
            if isinstance(value, int)
            else double_value(value, self.ctx)
            if exact
            else z3.RealVal(repr(value), self.ctx)
        )


def _framed(languages: Languages, gap: z3.ReRef, words: list[z3.ReRef]) -> z3.ReRef:
    """Returns the language of texts that contain the words consecutively, each word between spaces."""
    space = z3.Re(z3.StringVal(" ", languages.ctx), languages.ctx)
    parts = [gap, space]
    for word in words:
        parts += [word, space]
    return languages.joined([*parts, gap])
