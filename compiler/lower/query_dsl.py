"""Lowering Kibana's filters: Query DSL becomes formulas over typed fields.

A rule's ``filters`` are what Kibana's filter bar makes: a ``meta`` object that says how the filter was made, whether it is negated
and whether it is switched off, and a query in Elasticsearch's Query DSL. What a query means is Elasticsearch's Query DSL reference;
what a filter is, Kibana's ``es-query`` package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...grammar.lucene import parser as lucene
from ...grammar.span import Span
from ..ir.formula import (
    And,
    Atom,
    DualReading,
    Formula,
    Lexical,
    Like,
    NestedMatch,
    Not,
    Or,
    PhraseMatch,
    Truth,
    Within,
    conjunction,
    entries,
    with_entries,
)
from ..schema.fields import FieldSpec
from ..values.origin import Writing
from ..values.patterns import exact, from_lucene, make_pattern
from ..values.regexp_parser import RegexpError, parse_regexp
from ..values.sets import Interval, Pattern, Phrase
from ..values.text_analysis import analyzer_of
from .context import Lowering
from .field_tests import alternatives, bounded, equal, holds_strings, matched_by_version, nested_object, present, refuse_keyed, wild
from .lucene import lower_lucene
from .query_dsl_scope import Body, FilterLocation, Scope, as_list, as_object, field_and_value, listed, one_field, text_of, typed


def lower_filter(found: Body, place: FilterLocation, context: Lowering) -> Formula | None:
    """The formula of one Kibana filter; None for one that is switched off.

    Raises:
        InvalidQueryError: it is none, or a value is not of its field's type.
        UnsupportedQueryError: a kind of filter or query that cannot be compiled yet.
    """
    return _filter(found, Scope(context, place))


def lower_dsl(query: Body, place: FilterLocation, context: Lowering) -> Formula:
    """The formula of a query in Query DSL, under the same errors."""
    return _query(query, Scope(context, place))


# -- filters -------------------------------------------------------------------------------------


def _filter(found: Body, scope: Scope) -> Formula | None:
    meta = found.get("meta") or {}
    if not isinstance(meta, Mapping):
        scope.invalid("`meta` is not an object")
    if meta.get("disabled"):
        return None
    formula = _combined(meta, scope) if meta.get("type") == "combined" else _query(_query_of(found, meta, scope), scope)
    return Not(formula, scope.span) if meta.get("negate") else formula


def _combined(meta: Body, scope: Scope) -> Formula:
    parts = [
        formula for each in as_list(meta.get("params"), "params", scope) if (formula := _filter(as_object(each, "params", scope), scope))
    ]
    relation = str(meta.get("relation", "AND")).upper()
    if relation not in ("AND", "OR"):
        scope.invalid(f"`{relation}` is not a relation of filters: use AND or OR")
    if not parts:
        return Truth(True, scope.span)
    return conjunction(tuple(parts), scope.span) if relation == "AND" else alternatives(parts, scope.span)


def _query_of(found: Body, meta: Body, scope: Scope) -> Body:
    """The query of a filter: its own, as old versions of Kibana wrote it, or what ``meta`` alone says."""
    if isinstance(query := found.get("query"), Mapping):
        return query
    bare = {key: value for key, value in found.items() if key not in ("meta", "$state", "query")}
    if bare:
        return bare
    key, params = meta.get("key"), meta.get("params")
    match meta.get("type"):
        case "exists" if key:
            return {"exists": {"field": key}}
        case "phrase" if key and isinstance(params, Mapping) and "query" in params:
            return {"match_phrase": {key: params["query"]}}
        case "phrases" if key and isinstance(params, list):
            return {"bool": {"should": [{"match_phrase": {key: value}} for value in params], "minimum_should_match": 1}}
        case "range" if key and isinstance(params, Mapping):
            return {"range": {key: params}}
    scope.invalid("there is no query in it")


# -- queries -------------------------------------------------------------------------------------


def _query(query: Body, scope: Scope) -> Formula:
    if not query:
        return Truth(True, scope.span)
    if len(query) > 1:
        scope.invalid(f"a query has one kind, this has {', '.join(f'`{name}`' for name in query)}")
    ((name, body),) = query.items()
    build = _QUERIES.get(name)
    if build is None:
        scope.unsupported(f"the query `{name}`", f"only {', '.join(f'`{known}`' for known in _QUERIES)} can be compiled")
    return build(body, scope)


def _bool(body: Any, scope: Scope) -> Formula:
    body = as_object(body, "bool", scope)
    parts = {name: [_query(as_object(each, name, scope), scope) for each in listed(body.get(name))] for name in _CLAUSES}
    args = [*parts["must"], *parts["filter"]]
    args += [Not(each, scope.span) for each in parts["must_not"]]
    wanted = _wanted(body.get("minimum_should_match"), len(parts["should"]), bool(parts["must"] or parts["filter"]), scope)
    if parts["should"] and wanted == 1:
        args.append(alternatives(parts["should"], scope.span))
    elif parts["should"] and wanted == len(parts["should"]):
        args += parts["should"]
    elif wanted > len(parts["should"]):
        args.append(Truth(False, scope.span))
    elif wanted > 1:
        scope.unsupported(f"`minimum_should_match` {wanted} of {len(parts['should'])}", "only one or all of them can be asked for")
    return conjunction(tuple(args), scope.span) if args else Truth(True, scope.span)


_CLAUSES = ("must", "filter", "should", "must_not")


def _wanted(written: Any, count: int, optional: bool, scope: Scope) -> int:
    """How many of the ``should`` clauses must match: by default one, unless others must anyway."""
    if written is None:
        return 0 if optional or not count else 1
    try:
        number = int(str(written))
    except ValueError:
        scope.unsupported(f"`minimum_should_match` {written}", "only whole numbers can be compiled")
    return max(0, number if number >= 0 else count + number)


def _term(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("value",), scope)
    return _verbatim(name, value, bool(options.get("case_insensitive")), scope)


def _terms(body: Any, scope: Scope) -> Formula:
    body = as_object(body, "terms", scope)
    names = [name for name in body if name != "boost"]
    if len(names) != 1:
        scope.invalid("`terms` needs one field")
    if isinstance(body[names[0]], Mapping):
        scope.unsupported("a lookup of terms", "its values stand in another index")
    values = as_list(body[names[0]], names[0], scope)
    return alternatives([_verbatim(names[0], value, False, scope) for value in values], scope.span) if values else Truth(False, scope.span)


def _verbatim(name: str, value: Any, fold: bool, scope: Scope) -> Formula:
    """A value that is not analysed: in a text, a single word exactly as it stands."""
    spec, text = typed(name, value, scope), text_of(value, scope)
    if spec.kind.traits.analysed:
        return _word(spec, exact(text, fold, scope.span), scope)
    if fold and holds_strings(spec):
        return wild(scope.context, spec, exact(text, True, scope.span), scope.span)
    return equal(scope.context, spec, text, scope.span, scope.span, phrase=True)


def _match(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("query",), scope)
    if options.get("fuzziness"):
        scope.unsupported("a fuzzy `match`", "words that differ by some characters cannot be looked for")
    spec, text = typed(name, value, scope), text_of(value, scope)
    if options.get("type") == "phrase":
        return _phrase(spec, text, scope)
    words = (
        analyzer_of(spec.analyzer).words(text)
        if spec.kind.traits.analysed and str(options.get("operator", "or")).lower() == "and"
        else [text]
    )
    parts = [equal(scope.context, spec, word, scope.span, scope.span, phrase=False) for word in words]
    return conjunction(tuple(parts), scope.span) if parts else Truth(False, scope.span)


def _match_phrase(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("query",), scope)
    spec = typed(name, value, scope)
    if options.get("slop") and spec.kind.traits.analysed:
        scope.unsupported("a phrase with `slop`", "only words that follow each other can be looked for")
    return _phrase(spec, text_of(value, scope), scope)


def _phrase(spec: FieldSpec, text: str, scope: Scope) -> Formula:
    return equal(scope.context, spec, text, scope.span, scope.span, phrase=True)


def _multi_match(body: Any, scope: Scope) -> Formula:
    body = as_object(body, "multi_match", scope)
    names = [str(name).partition("^")[0] for name in listed(body.get("fields"))]
    if not names or any("*" in name for name in names):
        scope.unsupported("a `multi_match` without named fields", "name the fields it is to look in")
    kind = "match_phrase" if body.get("type") == "phrase" else "match"
    return alternatives([_QUERIES[kind]({name: {"query": body.get("query")}}, scope) for name in names], scope.span)


def _exists(body: Any, scope: Scope) -> Formula:
    name = as_object(body, "exists", scope).get("field")
    if not isinstance(name, str):
        scope.invalid("`exists` needs a `field`")
    return present(scope.context, scope.field(name), scope.span)


def _wildcard(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("value", "wildcard"), scope)
    pattern = from_lucene(text_of(value, scope), bool(options.get("case_insensitive")), scope.span)
    return _pattern(scope.field(name), pattern, scope)


def _prefix(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("value",), scope)
    literal = exact(text_of(value, scope), bool(options.get("case_insensitive")), scope.span)
    return _pattern(scope.field(name), make_pattern((*literal.tokens, *from_lucene("*", False).tokens), literal.fold, scope.span), scope)


def _pattern(spec: FieldSpec, pattern: Pattern, scope: Scope) -> Formula:
    return _word(spec, pattern, scope) if spec.kind.traits.analysed else wild(scope.context, spec, pattern, scope.span)


def _word(spec: FieldSpec, pattern: Pattern, scope: Scope) -> Formula:
    """A single word of a text. The pattern is not analysed, but the words are, so that one with capitals or blanks finds none."""
    literals = [token for token in pattern.tokens if isinstance(token, str)]
    analyzer = analyzer_of(spec.analyzer)
    if not pattern.fold and any(token != analyzer.lower(token) for token in literals):
        return Truth(False, scope.span)
    whole = pattern.literal
    if whole is not None and analyzer.words(whole) != [analyzer.lower(whole)]:
        return Truth(False, scope.span)
    return Atom(spec, PhraseMatch((Phrase((pattern,), scope.span),)), scope.span)


def _regexp(body: Any, scope: Scope) -> Formula:
    name, value, options = field_and_value(body, ("value",), scope)
    spec = scope.field(name)
    if not holds_strings(spec) or spec.kind.traits.analysed:
        scope.unsupported(f"a regular expression on `{name}`", f"it is of type {spec.type.name}")
    if options.get("flags", "ALL") != "ALL":
        scope.unsupported(f"the flags `{options['flags']}` of a regular expression", "only `ALL`, which is the default, can be compiled")
    refuse_keyed(scope.context, spec, "a regular expression", scope.span)
    fold = bool(options.get("case_insensitive")) or spec.caseless
    try:
        return matched_by_version(spec, (parse_regexp(text_of(value, scope), fold, scope.span),), scope.span)
    except RegexpError as error:
        scope.invalid(f"not a Lucene regular expression: {error}, at character {error.offset + 1}", name)


# -- ranges --------------------------------------------------------------------------------------

_BOUNDS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FORMATS = ("strict_date_optional_time", "strict_date_optional_time||epoch_millis", "epoch_millis", "date_optional_time")
_UTC = ("UTC", "Z", "+00:00", "GMT")


def _range(body: Any, scope: Scope) -> Formula:
    name, bounds = one_field(body, "range", scope)
    bounds = _with_present_names(as_object(bounds, name, scope))
    if bounds.get("time_zone", "UTC") not in _UTC:
        scope.unsupported(f"the time zone `{bounds['time_zone']}` of a range", "write the times in UTC")
    if bounds.get("format", _FORMATS[0]) not in _FORMATS:
        scope.unsupported(f"the format `{bounds['format']}` of a range", "write dates as ISO 8601 or epoch milliseconds")
    given = {operator: bounds[key] for key, operator in _BOUNDS.items() if bounds.get(key) is not None}
    if not given:
        return present(scope.context, scope.field(name), scope.span)
    spec = typed(name, next(iter(given.values())), scope, ordered=True)
    parts = [bounded(scope.context, spec, operator, text_of(value, scope), scope.span, scope.span) for operator, value in given.items()]
    return _between(parts, scope.span)


def _with_present_names(bounds: Body) -> dict[str, Any]:
    """Bounds as they are written today: once there were ``from`` and ``to``, and whether they are included."""
    found = dict(bounds)
    if "from" in found:
        found["gte" if found.get("include_lower", True) else "gt"] = found.pop("from")
    if "to" in found:
        found["lte" if found.get("include_upper", True) else "lt"] = found.pop("to")
    return found


def _between(parts: Sequence[Formula], span: Span) -> Formula:
    """The bounds of one range hold of one and the same value."""
    match parts:
        case [Atom(spec, Within((first,))), Atom(_, Within((second,)))]:
            low, high = (first, second) if first.high is None else (second, first)
            interval = Interval(low.low, high.high, low.low_open, high.high_open, span)
            return Atom(spec, Within((interval,)), span)
        case [Atom(spec, Lexical() as from_text), Atom(_, Lexical() as to_text)]:
            if from_text.high is not None:
                from_text, to_text = to_text, from_text
            return Atom(spec, Lexical(from_text.low, to_text.high, from_text.low_open, to_text.high_open), span)
    return conjunction(tuple(parts), span)


# -- the rest ------------------------------------------------------------------------------------


def _query_string(body: Any, scope: Scope) -> Formula:
    body = as_object(body, "query_string", scope)
    text = body.get("query")
    if not isinstance(text, str):
        scope.invalid("`query_string` needs a `query`")
    unread = [name for name in body if name not in ("query", "analyze_wildcard", "time_zone", "lenient")]
    if unread:
        scope.unsupported(f"the option `{unread[0]}` of a `query_string` query", "only the query itself can be compiled")
    context = scope.context
    program, inner = lower_lucene(lucene.parse(text), text, context.schema.with_fields(context.inferred), context.now)
    context.notes += inner.notes
    return located(program.steps[0].formula, scope.span)


def _nested(body: Any, scope: Scope) -> Formula:
    body = as_object(body, "nested", scope)
    path = body.get("path")
    if not isinstance(path, str):
        scope.invalid("`nested` needs a `path`")
    spec = nested_object(scope.context, path)
    inner = _query(as_object(body.get("query"), "nested", scope), replace(scope, path=path))
    return Atom(spec if scope.path is None else replace(spec, nested_path=scope.path), NestedMatch(inner), scope.span)


def _constant_score(body: Any, scope: Scope) -> Formula:
    return _query(as_object(as_object(body, "constant_score", scope).get("filter"), "filter", scope), scope)


_QUERIES: dict[str, Callable[[Any, Scope], Formula]] = {
    "bool": _bool,
    "constant_score": _constant_score,
    "exists": _exists,
    "match": _match,
    "match_all": lambda body, scope: Truth(True, scope.span),
    "match_none": lambda body, scope: Truth(False, scope.span),
    "match_phrase": _match_phrase,
    "multi_match": _multi_match,
    "nested": _nested,
    "prefix": _prefix,
    "query_string": _query_string,
    "range": _range,
    "regexp": _regexp,
    "term": _term,
    "terms": _terms,
    "wildcard": _wildcard,
}
"""Kinds of query by their name in the DSL."""


def located(formula: Formula, span: Span) -> Formula:
    """The formula with every part at this place, for one whose own text cannot be pointed into."""
    match formula:
        case Atom(field, NestedMatch(inner)):
            return Atom(field, NestedMatch(located(inner, span)), span)
        case Atom(field, Like(patterns)):
            return Atom(field, Like(tuple(replace(pattern, span=span, writing=Writing.OTHER) for pattern in patterns)), span)
        case Atom(field, test):
            return Atom(field, with_entries(test, (replace(entry, span=span) for entry in entries(test))) if entries(test) else test, span)
        case Not(arg):
            return Not(located(arg, span), span)
        case And(args) | Or(args):
            return replace(formula, args=tuple(located(arg, span) for arg in args), span=span)
        case DualReading(decisive, literal):
            return replace(formula, decisive=located(decisive, span), literal=located(literal, span), span=span)
    return replace(formula, span=span)
