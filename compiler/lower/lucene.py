"""Lowering Lucene query strings: their trees become formulas over typed fields.

Meaning follows Elasticsearch's ``query_string`` query: ``OR`` by default, white space between plain words joins them to one
value, and a list of prohibited clauses alone matches everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...grammar.lucene import tree as tree
from ...grammar.span import Span
from ..diagnostics.diagnostic import Diagnostic
from ..diagnostics.warnings import IdleClause
from ..ir.formula import Atom, DualReading, Formula, Lexical, Matches, Not, Truth, Within, conjunction
from ..ir.program import Program, ShapeKind, Step
from ..schema.fields import FieldSpec, Schema
from ..values.origin import Writing
from ..values.patterns import make_pattern
from ..values.regexp_parser import RegexpError, parse_regexp
from ..values.sets import Interval, Wild
from .context import Lowering, literal_type
from .field_tests import alternatives, anywhere, bounded, equal, holds_strings, over, over_fields, present, refuse_keyed, wild

_OPERATORS = ("<=", ">=", "<", ">")
_EXISTS = "_exists_"
_WILD = {tree.Wildcard.RUN: Wild.RUN, tree.Wildcard.ONE: Wild.ONE}


def lower_lucene(query: tree.Query, text: str, schema: Schema, now: int) -> tuple[Program, Lowering]:
    """Lower a Lucene query string.

    Args:
        query: its tree.
        text: the query it was parsed from.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.

    Raises:
        InvalidQueryError: a value that is not of its field's type, a wrong regular expression.
        UnsupportedQueryError: a fuzzy word, words at a distance, or a type of field that cannot be tested.
    """
    context = Lowering(text, schema, now)
    for field, value in _tests(query.clauses, None):
        _infer(field, value, context)
    formula = _clauses(query.clauses, None, query.span, context) if query.clauses else Truth(True, query.span)
    return Program(ShapeKind.EVENT, (Step(formula, span=query.span),), text), context


# -- types of unknown fields ---------------------------------------------------------------------


def _tests(clauses: tuple[tree.Clause, ...], field: tree.Name | None) -> Iterator[tuple[tree.Name | None, tree.Value]]:
    """All values with the fields that they are looked for in."""
    for clause in clauses:
        match clause.node:
            case tree.Test(own, value):
                yield own or field, value
            case tree.Group(own, inner):
                yield from _tests(inner, own or field)


def _infer(field: tree.Name | None, value: tree.Value, context: Lowering) -> None:
    if field is None or field.literal == _EXISTS:
        return
    if len(field.pieces) > 1:
        if any(field.pieces):
            context.named.update(dict.fromkeys(spec.name for spec in over(context, field.pieces)))
        return
    name = field.literal
    context.named.setdefault(name)
    match value:
        case tree.Range(low, high):
            texts = [bound for bound in (low, high) if bound is not None]
        case tree.Term(text) if (found := _operator(text)) is not None:
            texts = [found[1]]
        case tree.Term(text) | tree.Phrase(text) if text in ("true", "false") or "/" in text:
            texts = [text] if literal_type(text, context.now) in ("boolean", "ip") else []
        case _:
            texts = []
    for text in texts:
        if kind := literal_type(text, context.now):
            context.infer(name, kind, value.span)


def _operator(text: str) -> tuple[str, str] | None:
    """A word such as ``>=10`` in its two parts."""
    for operator in _OPERATORS:
        if text.startswith(operator) and len(text) > len(operator):
            return operator, text[len(operator) :]
    return None


# -- clauses -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Part:
    """A clause with what it is to the list it stands in: required, prohibited or, with neither, one of those that may match."""

    clauses: list[tree.Clause]
    required: bool = False
    prohibited: bool = False

    @property
    def span(self) -> Span:
        return self.clauses[0].span.to(self.clauses[-1].span)


def _clauses(clauses: tuple[tree.Clause, ...], field: tree.Name | None, span: Span, context: Lowering) -> Formula:
    """A list of clauses: ``AND`` makes its two neighbours required, and where some are required the others only rank."""
    parts = _parts(clauses)
    formulas = [_part(part, field, context) for part in parts]
    required = [formula for part, formula in zip(parts, formulas, strict=True) if part.required]
    optional = [formula for part, formula in zip(parts, formulas, strict=True) if not part.required and not part.prohibited]
    prohibited = [Not(formula, part.span) for part, formula in zip(parts, formulas, strict=True) if part.prohibited]
    if required:
        for part in parts:
            if not part.required and not part.prohibited:
                context.notes.append(_idle(part, context.text))
        return conjunction((*required, *prohibited), span)
    if optional:
        return conjunction((alternatives(optional, span), *prohibited), span)
    return conjunction(tuple(prohibited), span)


def _parts(clauses: tuple[tree.Clause, ...]) -> list[_Part]:
    parts: list[_Part] = []
    at = 0
    while at < len(clauses):
        clause = clauses[at]
        if clause.conjunction is tree.Conjunction.AND and not parts[-1].prohibited:
            parts[-1].required = True
        prohibited = clause.modifier is tree.Modifier.PROHIBITED
        required = clause.modifier is tree.Modifier.REQUIRED or (clause.conjunction is tree.Conjunction.AND and not prohibited)
        taken = [clause]
        if _is_bare(clause):
            while at + 1 < len(clauses) and _is_bare(clauses[at + 1]) and (at + 2 == len(clauses) or clauses[at + 2].conjunction is None):
                at += 1
                taken.append(clauses[at])
        parts.append(_Part(taken, required, prohibited))
        at += 1
    return parts


def _is_bare(clause: tree.Clause) -> bool:
    """Whether a clause is a plain word with nothing in front of it: such words follow each other as one value."""
    match clause:
        case tree.Clause(tree.Test(None, tree.Term()), None, None):
            return True
    return False


def _idle(part: _Part, text: str) -> Diagnostic:
    return IdleClause(clause=text[part.span.start : part.span.end]).at(part.span)


def _part(part: _Part, field: tree.Name | None, context: Lowering) -> Formula:
    if len(part.clauses) > 1:
        words = [clause.node.value for clause in part.clauses if isinstance(clause.node, tree.Test)]
        return _over_fields(field, part.span, context, lambda spec: _several_words(spec, words, part.span, context))
    match part.clauses[0].node:
        case tree.Group(own, inner, span):
            return _clauses(inner, own or field, span, context)
        case tree.Test(own, value, span):
            return _test(own or field, value, span, context)


# -- tests ---------------------------------------------------------------------------------------


def _test(field: tree.Name | None, value: tree.Value, span: Span, context: Lowering) -> Formula:
    everything = isinstance(value, tree.Wild) and value.parts == (tree.Wildcard.RUN,)
    if everything and (field is None or not any(field.pieces)):
        return Truth(True, span)
    if field is not None and field.literal == _EXISTS and isinstance(value, tree.Term | tree.Phrase):
        context.named.setdefault(value.text)
        return _over_fields(tree.Name((value.text,), value.span), span, context, lambda spec: present(context, spec, span))
    return _over_fields(field, span, context, lambda spec: _value(spec, value, span, context))


def _over_fields(field: tree.Name | None, span: Span, context: Lowering, build: Callable[[FieldSpec], Formula]) -> Formula:
    if field is None:
        return anywhere(context, span, build)
    if len(field.pieces) > 1:
        return over_fields(context, field.pieces, span, build)
    spec = context.lookup(field.literal)
    if spec.nested_path is not None:
        # The query looks at the document, and the field is in the documents of its own that nested objects are.
        message = f"`{spec.name}` lies inside the nested object `{spec.nested_path}`, where a Lucene query does not look"
        help = f"write the rule in Kuery: `{spec.nested_path}:{{ ... }}`"
        context.invalid(message, field.span, code="nested-field", field=spec.name, help=help)
    return build(spec)


def _value(spec: FieldSpec, value: tree.Value, span: Span, context: Lowering) -> Formula:
    match value:
        case tree.Term(text, at):
            if (found := _operator(text)) is not None:
                return bounded(context, spec, found[0], found[1], span, at)
            return equal(context, spec, text, span, at, phrase=False, writing=Writing.BARE)
        case tree.Phrase(text, slop, at):
            if slop and spec.kind.traits.analysed:
                context.unsupported("words at a distance (`~`)", at, "only phrases whose words follow each other can be looked for")
            writing = Writing.ESCAPED if value.escaped else Writing.QUOTED
            return equal(context, spec, text, span, at, phrase=True, writing=writing)
        case tree.Wild(parts, at):
            if parts == (tree.Wildcard.RUN,):
                return present(context, spec, span)
            tokens = [_WILD[part] if isinstance(part, tree.Wildcard) else part for part in parts]
            return wild(context, spec, make_pattern(tokens, spec.caseless, at, Writing.BARE), span)
        case tree.Regexp(text, at):
            return _regexp(spec, text, span, at, context)
        case tree.Range():
            return _range(spec, value, span, context)
        case tree.Fuzzy(_, _, at):
            context.unsupported("a fuzzy word (`~`)", at, "words that differ by some characters cannot be looked for")


def _several_words(spec: FieldSpec, words: list[tree.Value], span: Span, context: Lowering) -> Formula:
    """Words in a row: any of them in analysed text; elsewhere one value, though their author most likely meant any of them."""
    terms = [word for word in words if isinstance(word, tree.Term)]
    whole = equal(context, spec, " ".join(term.text for term in terms), span, span, phrase=False, writing=Writing.BARE)
    if not holds_strings(spec):
        return whole
    each = [equal(context, spec, term.text, span, term.span, phrase=False, writing=Writing.BARE) for term in terms]
    return DualReading(whole, alternatives(each, span), span)


def _regexp(spec: FieldSpec, text: str, span: Span, at: Span, context: Lowering) -> Formula:
    if not holds_strings(spec):
        why = f"`{spec.name}` is of type {spec.type.name}" + (", whose words it would be tried on" if spec.kind.traits.analysed else "")
        context.unsupported("this regular expression", at, why, field=spec.name)
    refuse_keyed(context, spec, "a regular expression", at)
    try:
        return Atom(spec, Matches((parse_regexp(text, spec.caseless, at),)), span)
    except RegexpError as error:
        message = f"not a Lucene regular expression: {error.message}, at character {error.offset + 1} of the pattern"
        context.invalid(message, at, code="regexp", field=spec.name)


def _range(spec: FieldSpec, value: tree.Range, span: Span, context: Lowering) -> Formula:
    if value.low is None and value.high is None:
        return present(context, spec, span)
    if spec.kind.traits.ordered:
        low = None if value.low is None else context.interval(spec, value.low, value.span)
        high = None if value.high is None else context.interval(spec, value.high, value.span)
        for end in (low, high):
            if end is not None:
                context.check_bound(spec, end)
        # A literal that names a whole unit of time or a block counts with the end that the bracket leaves out or takes in.
        least = None if low is None else low.high if value.low_open else low.low
        most = None if high is None else high.low if value.high_open else high.high
        bounds = Interval(least, most, value.low_open and low is not None, value.high_open and high is not None, value.span)
        return Atom(spec, Within((bounds,)), span)
    if holds_strings(spec) or spec.kind.traits.analysed:
        return Atom(spec, Lexical(value.low, value.high, value.low_open, value.high_open, spec.kind.traits.analysed), span)
    context.unsupported(f"a range of `{spec.name}`", span, f"fields of type {spec.type.name} have no order", field=spec.name)
