"""What a value, a pattern, a bound and presence mean by the type of a field: what Kuery and Lucene queries share.

The rules are Elasticsearch's: how ``match``, ``match_phrase``, ``wildcard``, ``query_string``, ``range`` and ``exists``
queries treat each field type.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from ...grammar.span import Span
from ..diagnostics.diagnostic import QueryError
from ..diagnostics.warnings import SplitWildcard, UnmatchedWildcard
from ..ir.formula import (
    EVERYWHERE,
    AnyOtherField,
    Atom,
    DualReading,
    Exists,
    Formula,
    Lexical,
    Like,
    Matches,
    NestedMatch,
    PhraseMatch,
    Truth,
    disjunction,
    entries,
    with_entries,
)
from ..schema.field_types import FIELD_TYPES, Kind
from ..schema.fields import FieldSpec, unknown_field
from ..values.kinds import values_of
from ..values.origin import Writing
from ..values.patterns import compile_patterns, exact, make_pattern
from ..values.regexp_parser import Regexp, parse_regexp
from ..values.sets import Pattern, Phrase, Wild
from ..values.text_analysis import analyzer_of
from ..values.word_patterns import matches_no_word
from .constants import decided
from .context import Lowering

_SAMPLE_TYPES = ("keyword", "text", "long", "double", "boolean", "ip", "date", "version")
"""A type of each kind of field that a value without a field is looked for in."""

FREE_TEXT_FIELD = "message"
"""Where documents hold what a query looks for in every field."""
SPARE_TEXT_FIELDS = ("error.message",)
"""Where they hold it if they can, when the query has conditions on that field."""

_SPACE = re.compile(r"[ \t\n\r\u3000]+")
"""What separates the words of a ``query_string`` query."""


def holds_strings(spec: FieldSpec) -> bool:
    """Whether the field's values are whole strings; a flattened field has those of all keys below it."""
    return spec.kind.traits.whole_strings or spec.type.name == "flattened"


def present(context: Lowering, spec: FieldSpec, span: Span) -> Formula:
    """The field has a value; a constant_keyword whose value is known has it in every document.

    Raises:
        InvalidQueryError: the field is nested: its objects are documents of their own, in which Elasticsearch does not look.
    """
    if spec.kind.traits.nested:
        message = f"`{spec.name}` holds nested objects, which a test of the whole document does not see"
        context.invalid(message, span, code="nested-field", field=spec.name, help=f"ask inside them: `{spec.name}:{{ field : * }}`")
    exists = Exists(spec, span)
    return exists if spec.constant is None else decided(spec, True, span)


def equal(
    context: Lowering, spec: FieldSpec, text: str, span: Span, at: Span, *, phrase: bool, writing: Writing = Writing.OTHER
) -> Formula:
    """The field has the value.

    Args:
        context: the run of lowering.
        spec: the field.
        text: the value.
        span: of the condition.
        at: of the value.
        phrase: for analysed text, whether all its words are wanted in their order rather than any one.
        writing: how the query writes the value.

    Raises:
        InvalidQueryError: the value is not of the field's type.
        UnsupportedQueryError: the field's type has no values that can be tested.
    """
    if spec.kind.traits.ordered:
        interval = context.interval(spec, text, at)
        holds = not spec.kind.traits.integral or isinstance(interval.low, int)
        return context.equals(spec, [interval] if holds else [], span)
    if spec.kind.traits.analysed:
        return _words(spec, text, span, at, phrase=phrase)
    return _like(context, spec, exact(text, spec.caseless, at, writing), span)


def wild(context: Lowering, spec: FieldSpec, pattern: Pattern, span: Span) -> Formula:
    """The field has a value that the pattern matches; in analysed text, a single word that it matches.

    Raises:
        InvalidQueryError: the values are numbers, dates, addresses or booleans.
        UnsupportedQueryError: the field's type has no values that can be tested.
    """
    if spec.kind.traits.ordered:
        context.invalid(
            f"a wildcard cannot match `{spec.name}`, which is of type {spec.type.name}",
            pattern.span,
            field=spec.name,
            help="use a CIDR block such as `10.0.0.0/8`" if values_of(spec).blocks else "use a range, or list the values",
        )
    if spec.kind.traits.analysed:
        if (char := _separator(spec, pattern)) is not None:
            if spec is not EVERYWHERE and not char.isspace():
                note = SplitWildcard(value=context.text[pattern.span.start : pattern.span.end], char=char, field=spec.name)
                context.notes.append(note.at(pattern.span))
            return Truth(False, span)
        if spec.name not in _OTHER_ANALYSERS and matches_no_word(pattern, analyzer_of(spec.analyzer)):
            if spec is not EVERYWHERE:
                unmatched = UnmatchedWildcard(value=context.text[pattern.span.start : pattern.span.end], field=spec.name)
                context.notes.append(unmatched.at(pattern.span))
            return Truth(False, span)
        return Atom(spec, PhraseMatch((Phrase((_lowered(pattern, spec),), pattern.span),)), span)
    if spec.flattened_root is not None and pattern.tokens[0] is not Wild.RUN and pattern.literal is None and not _is_prefix(pattern):
        refuse_keyed(context, spec, "a wildcard that is not a prefix", pattern.span)
    return _like(context, spec, pattern, span)


def _is_prefix(pattern: Pattern) -> bool:
    return len(pattern.tokens) == 2 and pattern.tokens[1] is Wild.RUN


def refuse_keyed(context: Lowering, spec: FieldSpec, what: str, at: Span, instead: str = "use a prefix such as `a*`") -> None:
    """Refuse what finds no value of a key below a flattened field, which Elasticsearch indexes as one text with its value.

    Raises:
        InvalidQueryError: the field is such a key.
    """
    if spec.flattened_root is not None:
        message = f"{what} cannot match `{spec.name}`, a key of the flattened field `{spec.flattened_root}`"
        context.invalid(message, at, field=spec.name, help=f"{instead}, or list the values")


_OTHER_ANALYSERS = frozenset({"powershell.file.script_block_text"})
"""Text fields for which Elastic's integrations set another analyser: words of script blocks hold a `-`."""


def _separator(spec: FieldSpec, pattern: Pattern) -> str | None:
    """A character of the pattern that no word of the field holds."""
    if spec.name in _OTHER_ANALYSERS:
        return None
    return next(
        (char for token in pattern.tokens if isinstance(token, str) for char in token if analyzer_of(spec.analyzer).separates(char)), None
    )


def split_wild(context: Lowering, spec: FieldSpec, pattern: Pattern, span: Span, *, bare: bool = False) -> Formula:
    """A pattern that Kibana sends as a ``query_string`` query, which white space in it takes apart.

    Each word is then looked for on its own. Fields of type keyword get a ``wildcard`` query instead, which takes the pattern whole,
    unless it is ``bare``: looked for in every field. Other strings are to satisfy that reading as well.
    """
    whole = wild(context, spec, pattern, span)
    listed = spec.type.name == "keyword" and spec.flattened_root is None and not bare
    if listed or not any(isinstance(token, str) and _SPACE.search(token) for token in pattern.tokens):
        return whole
    parts: list[Formula] = []
    for word in _word_patterns(pattern):
        literal = word.literal
        if literal is None:
            parts.append(wild(context, spec, word, span))
        elif literal:
            parts.append(equal(context, spec, literal, span, pattern.span, phrase=False, writing=pattern.writing))
    decisive = alternatives(parts, span)
    return decisive if spec.kind.traits.analysed else DualReading(decisive, whole, span)


def _word_patterns(pattern: Pattern) -> list[Pattern]:
    """The words of a pattern; plain ones that follow each other stay together, as one value."""
    words: list[list[str | Wild]] = [[]]
    for token in pattern.tokens:
        if isinstance(token, Wild):
            words[-1].append(token)
            continue
        first, *others = _SPACE.split(token)
        words[-1].append(first)
        words += [[other] for other in others]
    joined: list[list[str | Wild]] = []
    for word in words:
        plain = not any(isinstance(token, Wild) for token in word)
        if not any(word):
            continue
        if plain and joined and not any(isinstance(token, Wild) for token in joined[-1]):
            joined[-1] += [" ", *word]
        else:
            joined.append(word)
    return [make_pattern(word, pattern.fold, pattern.span, pattern.writing) for word in joined]


def bounded(context: Lowering, spec: FieldSpec, operator: str, text: str, span: Span, at: Span) -> Formula:
    """The field compares with a value: numbers, dates and addresses by size, versions by precedence, strings by code point,
    analysed text by any of its words.

    Args:
        context, spec, text, span, at: as for :func:`equal`.
        operator: ``<``, ``<=``, ``>`` or ``>=``.

    Raises:
        InvalidQueryError: the value is not of the field's type.
        UnsupportedQueryError: the field's type has no order.
    """
    if spec.kind.traits.ordered:
        return context.bounded(spec, operator, context.interval(spec, text, at), span)
    low, high = (None, text) if operator in ("<", "<=") else (text, None)
    if holds_strings(spec) or spec.kind.traits.analysed:
        return Atom(spec, Lexical(low, high, operator == ">", operator == "<", spec.kind.traits.analysed), span)
    context.unsupported(f"a range of `{spec.name}`", span, f"fields of type {spec.type.name} have no order", field=spec.name)


def _like(context: Lowering, spec: FieldSpec, pattern: Pattern, span: Span) -> Formula:
    if not holds_strings(spec):
        why = f"fields of type {spec.type.name} can only be tested for presence"
        context.unsupported(f"a value for `{spec.name}`", span, why, field=spec.name)
    if spec.caseless and not pattern.fold:
        pattern = replace(pattern, fold=True)
    atom = Atom(spec, Like((pattern,)), span)
    return atom if spec.constant is None else decided(spec, compile_patterns((pattern,))(spec.constant), span)


def _words(spec: FieldSpec, text: str, span: Span, at: Span, *, phrase: bool) -> Formula:
    words = analyzer_of(spec.analyzer).words(text)
    if not words:
        return Truth(False, span)
    patterns = [exact(word, span=at) for word in words]
    if phrase or len(words) == 1:
        return Atom(spec, PhraseMatch((Phrase(tuple(patterns), at, text),)), span)
    return Atom(spec, PhraseMatch(tuple(Phrase((pattern,), at) for pattern in patterns)), span)


def matched_by_version(spec: FieldSpec, regexps: tuple[Regexp, ...], span: Span) -> Formula:
    """Some value matches a regular expression; beyond ASCII, whether case is ignored depends on the version of Elasticsearch."""
    narrow = Atom(spec, Matches(regexps), span)
    if all(each.text.isascii() or not each.fold for each in regexps):
        return narrow
    wide = Atom(spec, Matches(tuple(parse_regexp(each.text, each.fold, each.span, wide=True) for each in regexps)), span)
    return DualReading(narrow, wide, span, by_version=True)


def _lowered(pattern: Pattern, spec: FieldSpec) -> Pattern:
    lower = analyzer_of(spec.analyzer).lower
    return make_pattern([lower(token) if isinstance(token, str) else token for token in pattern.tokens], span=pattern.span)


# -- several fields ------------------------------------------------------------------------------


def over(context: Lowering, pieces: tuple[str, ...]) -> list[FieldSpec]:
    """The fields of the schema that a wildcard name matches, but for those that index the values of another."""
    return [spec for spec in context.schema.matching(pieces) if spec.multi_field_of is None]


def over_fields(context: Lowering, pieces: tuple[str, ...], span: Span, build: Callable[[FieldSpec], Formula]) -> Formula:
    """The disjunction over all fields that a wildcard name matches.

    Args:
        context: the run of lowering.
        pieces: the parts of the name between its wildcards.
        span: of the condition.
        build: the condition on one field; a field of whose type the value is not is left out, as Elasticsearch does where it is lenient.
    """
    if not any(pieces):
        return anywhere(context, span, build)
    specs = over(context, pieces)
    if not specs:
        # A mapping is made of what documents hold, so a field of that name will be there once a document has it.
        return build(replace(context.lookup("0".join(pieces)), made_for="*".join(pieces)))
    formulas = [inside(context, spec, formula, span) for spec in specs for formula in _lenient(build, spec)]
    return disjunction(tuple(formulas), span) if formulas else Truth(False, span)


def anywhere(context: Lowering, span: Span, build: Callable[[FieldSpec], Formula]) -> Formula:
    """A condition on every field of a document; it holds what is looked for where it is most natural, wherever that can be.

    The fields that the query names and the one that free text is put into are alternatives of their own: documents are made
    with what they ask for in one of these.
    """
    natural = _free_text_field(context)
    named = [spec for name in context.named if (spec := context.lookup(name)).name != natural.name and spec.nested_path is None]
    # A document may have to hold it elsewhere if the query has conditions on that field.
    spare = (_spare_text_field(context, natural),) if natural.name in context.named else ()
    own = [natural, *named, *(spec for spec in spare if spec is not None)]
    formulas = [formula for spec in own for formula in _lenient(build, spec)]
    if not formulas:
        return Truth(False, span)
    besides = frozenset(spec.stored for spec in own)
    others = Atom(EVERYWHERE, AnyOtherField(_templates(build), besides, context.schema), span)
    return DualReading(disjunction((*formulas, others), span), formulas[0], span)


def _templates(build: Callable[[FieldSpec], Formula]) -> tuple[tuple[Kind, Formula], ...]:
    """The condition on a field of each kind whose values it can be asked of."""
    specs = (replace(EVERYWHERE, type=FIELD_TYPES[name]) for name in _SAMPLE_TYPES)
    return tuple((spec.kind, formula) for spec in specs for formula in _lenient(build, spec))


def _lenient(build: Callable[[FieldSpec], Formula], spec: FieldSpec) -> Iterable[Formula]:
    try:
        yield build(spec)
    except QueryError:
        return


def _free_text_field(context: Lowering) -> FieldSpec:
    """``message`` where the schema has it, else a text field, else a string that the query names."""
    known = context.schema.lookup(FREE_TEXT_FIELD)
    if known is not None:
        return known
    named = [context.lookup(name) for name in context.named]
    texts = [spec for spec in named if spec.kind.traits.analysed]
    texts += [spec for name in context.schema.names() if (spec := context.schema.lookup(name)) is not None and spec.kind.traits.analysed]
    strings = [spec for spec in named if spec.kind.traits.whole_strings and not spec.kind.traits.precedence]
    return next(iter([*texts, *strings]), unknown_field(FREE_TEXT_FIELD, "text"))


def _spare_text_field(context: Lowering, natural: FieldSpec) -> FieldSpec | None:
    """A field that free text is put into where the query says otherwise of the natural one: of its kind, and not named by the query.

    Where the schema has none, documents may hold a field that no mapping names yet.
    """
    names = (name for name in (*SPARE_TEXT_FIELDS, *context.schema.names()) if name not in context.named and name != natural.name)
    specs = (spec for name in names if (spec := context.schema.lookup(name)) is not None)
    unmapped = None if FREE_TEXT_FIELD in (natural.name, *context.named) else unknown_field(FREE_TEXT_FIELD, "text")
    return next((spec for spec in specs if spec.kind is natural.kind and spec.stored == spec.name and spec.nested_path is None), unmapped)


def nested_object(context: Lowering, path: str) -> FieldSpec:
    """The nested field of that name, which holds any number of objects."""
    context.infer(path, "nested")
    return replace(context.lookup(path), array=True)


def inside(context: Lowering, spec: FieldSpec, formula: Formula, span: Span) -> Formula:
    """A condition on a field, put inside the nested object that the field lies in."""
    if spec.nested_path is None:
        return formula
    return Atom(nested_object(context, spec.nested_path), NestedMatch(formula), span)


# -- lists ---------------------------------------------------------------------------------------


def alternatives(args: list[Formula], span: Span) -> Formula:
    """A disjunction in which plain alternatives of one field, one after the other, become one set-valued atom.

    Lists of 1,500 values stay one atom that way; every value keeps its own span. What stands between two alternatives is never
    inside the atom's span, nor is one of two parentheses.
    """
    if len(args) > 1 and len({_list_key(arg, at) for at, arg in enumerate(args)}) == 1:
        return _merged(args, _around(args) if all(map(_is_single, args)) else span)
    runs: list[list[Formula]] = []
    for at, arg in enumerate(args):
        before = runs[-1][-1] if runs else None
        if before is not None and _is_single(before) and _is_single(arg) and _list_key(before, at - 1) == _list_key(arg, at):
            runs[-1].append(arg)
        else:
            runs.append([arg])
    return disjunction(tuple(run[0] if len(run) == 1 else _merged(run, _around(run)) for run in runs), span)


def _list_key(arg: Formula, number: int) -> tuple[str, type] | int:
    """What alternatives of one list share; the number of an alternative that is none."""
    return (arg.field.name, type(arg.test)) if isinstance(arg, Atom) and entries(arg.test) else number


def _is_single(arg: Formula) -> bool:
    """Whether it is a test of one value; several values may stand in parentheses that are not part of their span."""
    return isinstance(arg, Atom) and len(entries(arg.test)) == 1


def _around(args: list[Formula]) -> Span:
    return Span(min(arg.span.start for arg in args), max(arg.span.end for arg in args))


def _merged(args: list[Formula], span: Span) -> Formula:
    """One atom for plain alternatives of one field."""
    atoms = [arg for arg in args if isinstance(arg, Atom)]
    test = with_entries(atoms[0].test, tuple(entry for atom in atoms for entry in entries(atom.test)))
    return Atom(atoms[0].field, test, span)
