"""What the lowering of both languages shares: fields and their types, and atoms by the type of a field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NoReturn

from ...grammar.span import Span
from ..diagnostics.diagnostic import Diagnostic, InvalidQueryError, UnsupportedQueryError
from ..diagnostics.errors import INVALID, TypeMismatch, Unsupported
from ..ir.formula import Atom, Formula, Like, Within
from ..schema.fields import FieldSpec, Schema, unknown_field
from ..values.kinds import values_of
from ..values.literals import LiteralError, parse_address_block, parse_date, parse_number
from ..values.origin import Origin, Writing
from ..values.patterns import exact
from ..values.sets import Interval
from ..values.stored_numbers import bound_domain, stored_bound, stored_value

_BRACKETS = re.compile(r"[\[{].+ TO .+[\]}]")
_BRACKETS_HELP = "`[low TO high]` is a range in Lucene: name that language, or write `field >= low and field <= high`"

_WORDS = re.compile(r"(.+) (and|or) (.+)")


def _help(text: str) -> str | None:
    """What to write for a value that is a part of a query."""
    if _BRACKETS.fullmatch(text):
        return _BRACKETS_HELP
    words = _WORDS.fullmatch(text)
    return f"Lucene's operators are in capitals: write `{words[1]} {words[2].upper()} {words[3]}`" if words is not None else None


@dataclass(slots=True)
class Lowering:
    """What one run of lowering knows.

    Attributes:
        text: the query; all spans point into it.
        schema: where field types come from.
        now: what ``now`` means in date math, in epoch milliseconds.
        inferred: types found for fields that no schema knows, by name.
        inferred_at: the uses that those types follow from.
        named: the fields that the query names in full, in order.
        notes: findings that do not stop the query.
    """

    text: str
    schema: Schema
    now: int
    inferred: dict[str, FieldSpec] = field(default_factory=dict)
    inferred_at: dict[str, Span] = field(default_factory=dict)
    named: dict[str, None] = field(default_factory=dict)
    notes: list[Diagnostic] = field(default_factory=list)

    def lookup(self, name: str) -> FieldSpec:
        """The field's specification; unknown ones as inferred, else keyword."""
        spec = self.schema.lookup(name)
        if spec is None:
            spec = self.inferred.setdefault(name, unknown_field(name))
        return spec

    def known(self, name: str) -> FieldSpec | None:
        """The field's specification, unless nothing is known of its type yet."""
        return self.schema.lookup(name) or self.inferred.get(name)

    def is_nested(self, name: str) -> bool:
        """Whether the field of that name is nested, by the schema or by how the query uses it."""
        spec = self.known(name)
        return spec is not None and spec.kind.traits.nested

    def infer(self, name: str, type_name: str, at: Span | None = None) -> None:
        """Note that a use of the field wants a type; the first use that wants one decides. ``at`` is where it is used so."""
        if self.schema.lookup(name) is None:
            known = self.inferred.get(name)
            if known is None or (known.type.name == "long" and type_name == "double"):
                self.inferred[name] = unknown_field(name, type_name)
                if at is not None:
                    self.inferred_at[name] = at

    def invalid(
        self,
        message: str,
        span: Span,
        *,
        code: str = "type-mismatch",
        field: str | None = None,
        help: str | None = None,
    ) -> NoReturn:
        """Raise for a query that means nothing."""
        if code != "type-mismatch":
            raise InvalidQueryError(INVALID[code](text=message, remedy=help).at(span, field=field), self.text)
        first = self.inferred_at.get(field, span) if field is not None else span
        inferred = self.inferred[field].type.name if field is not None and first != span else None
        use = self.text[first.start : first.end]
        mismatch = TypeMismatch(text=message, remedy=help, field=field, inferred=inferred, use=use)
        raise InvalidQueryError(mismatch.at(*dict.fromkeys((span, first))), self.text)

    def unsupported(self, construct: str, span: Span, why: str, *, field: str | None = None) -> NoReturn:
        """Raise for what cannot be compiled yet."""
        raise UnsupportedQueryError(Unsupported(construct=construct, why=why).at(span, field=field), self.text)

    def interval(self, spec: FieldSpec, text: str, span: Span) -> Interval:
        """What a literal stands for on a field of an ordered type.

        Raises:
            InvalidQueryError: when the text is not of the field's type.
        """
        try:
            found = values_of(spec).parse(text, self.now)
        except LiteralError as error:
            self.invalid(
                f"`{text}` is not a value of `{spec.name}`, which is of type {spec.type.name}: {error}",
                span,
                field=spec.name,
                help=_help(text) or f"write {values_of(spec).literal}, or correct the field",
            )
        return Interval(found.low, found.high, span=span)

    def equals(self, spec: FieldSpec, intervals: list[Interval], span: Span) -> Formula:
        """The field has one of the values.

        Elasticsearch finds nothing, rather than fail, for a value outside an integer field's type: a fraction, or out of bounds.
        """
        return Atom(spec, Within(tuple(stored_value(spec, interval) for interval in intervals)), span)

    def bounded(self, spec: FieldSpec, operator: str, interval: Interval, span: Span) -> Formula:
        """The field compares with what a literal stands for.

        A literal that names a whole unit of time or an address block is compared by its nearer end for
        ``<`` and ``>=`` and by its farther one for ``<=`` and ``>``, as Elasticsearch rounds.
        """
        self.check_bound(spec, interval)
        interval = stored_bound(spec, interval)
        match operator:
            case "<":
                bound = Interval(None, interval.low, high_open=True, span=span)
            case "<=":
                bound = Interval(None, interval.high, span=span)
            case ">":
                bound = Interval(interval.high, None, low_open=True, span=span)
            case _:
                bound = Interval(interval.low, None, span=span)
        return Atom(spec, Within((bound,)), span)

    def check_bound(self, spec: FieldSpec, interval: Interval) -> None:
        """Refuse to compare a whole-number field with a literal outside its type, as Elasticsearch does.

        Raises:
            InvalidQueryError: the literal is too small or too large.
        """
        domain = bound_domain(spec)
        if domain is None or interval.low is None or domain.contains(interval.low):
            return
        written = self.text[interval.span.start : interval.span.end]
        message = f"`{written}` is out of range for `{spec.name}`, which is of type {spec.type.name}: {domain.low} to {domain.high}"
        self.invalid(message, interval.span, field=spec.name, help="correct the bound, or drop it")

    def category(self, name: str, value: str, span: Span) -> Formula:
        """An event query's category."""
        return Atom(self.lookup(name), Like((exact(value, False, span, Writing.OPERAND),)), span, Origin(category=True))


def literal_type(text: str, now: int) -> str | None:
    """The type of field that a literal suggests, or None where it could be any string."""
    if text in ("true", "false"):
        return "boolean"
    for name, parse in (("double", parse_number), ("ip", parse_address_block), ("date", lambda literal: parse_date(literal, now))):
        try:
            found = parse(text)
        except LiteralError:
            continue
        return "long" if isinstance(found, int) else name
    return None
