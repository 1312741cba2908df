"""The rule types of Kibana's detection engine, lowered to programs.

See "Create a detection rule" in Elastic's security documentation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...compiler.diagnostics.notes import Suppression
from ...compiler.ir.formula import Apply, FieldTerm, Not, Predicate, conjunction
from ...compiler.ir.program import Distinct, Gathering, Key, Program, Role, ShapeKind, Step
from ...compiler.languages import of_rule_type
from ...compiler.schema.fields import of_step
from ...compiler.values.literals import LiteralError, parse_date
from ...compiler.values.sets import Interval
from ..reading.attribute_locations import Path
from .rule_context import RuleContext, present

MOST_DOCUMENTS = 10_000
"""The most documents of one match: what a rule wants beyond them is refused rather than waited for."""
_LOOK_BACK = "now-6m"
"""Where a rule begins to look that does not say."""


def query(parts: RuleContext) -> tuple[Program, ...]:
    """``query`` and ``eql``: the query. One that suppresses alerts gets two documents that agree on what it groups by."""
    program = parts.query()
    suppression = parts.rule.raw.get("alert_suppression")
    if not isinstance(suppression, Mapping) or not (fields := suppression.get("group_by")):
        return (program,)
    if program.kind is not ShapeKind.EVENT:
        parts.note(Suppression(), ("alert_suppression",))
        return (program,)
    keys = [parts.key(name, ("alert_suppression", "group_by", at), ("alert_suppression",)) for at, name in enumerate(_names(fields))]
    step = replace(program.steps[0], keys=tuple(keys), runs=2)
    gathered = Gathering(1, _duration(suppression.get("duration")) or _look_back(parts))
    if suppression.get("missing_fields_strategy") == "doNotSuppress":
        gathered = replace(gathered, alone=step.formula)
        step = present(step, keys)
    return (replace(program, kind=ShapeKind.SAMPLE, steps=(step,), text=parts.rule_text.text, apart=True, gathered=gathered),)


_UNITS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _duration(table: Any) -> int:
    """The time that a suppression lasts, in milliseconds; 0 if it lasts for one run of the rule."""
    if not isinstance(table, Mapping) or not isinstance(table.get("value"), int):
        return 0
    return int(table["value"]) * _UNITS.get(str(table.get("unit")), 0)


def _look_back(parts: RuleContext) -> int:
    """How much time one run of the rule sees, in milliseconds."""
    return _before(parts, parts.rule.raw.get("from") or _LOOK_BACK, ("from",))


def saved_query(parts: RuleContext) -> tuple[Program, ...]:
    """``saved_query``: like ``query``, if the rule brings its query along."""
    if parts.rule.query is None:
        parts.unsupported("a rule of type `saved_query` without a `query`", "its query is stored in Kibana", ("saved_id",))
    return query(parts)


def threshold(parts: RuleContext) -> tuple[Program, ...]:
    """``threshold``: enough documents that agree on all its fields, with enough different values where it counts those."""
    table = parts.rule.raw.get("threshold")
    if not isinstance(table, Mapping):
        parts.invalid("a rule of type `threshold` needs a `threshold`", ("threshold",))
    program = parts.query()
    names = _names(table.get("field"))
    keys = [parts.key(name, ("threshold", "field", at), ("threshold", "field")) for at, name in enumerate(names)]
    distinct = [_distinct(parts, each, at, keys) for at, each in enumerate(_tables(table.get("cardinality")))]
    least = _count(parts, table.get("value"), ("threshold", "value"))
    runs = max([least, *(each.least for each in distinct)])
    counted = [Key(each.field, span=each.span) for each in distinct]
    step = replace(present(program.steps[0], [*keys, *counted]), keys=tuple(keys), runs=runs)
    gathered = Gathering(least, _look_back(parts))
    program = replace(program, kind=ShapeKind.SAMPLE, steps=(step,), text=parts.rule_text.text)
    return (replace(program, distinct=tuple(distinct), apart=True, gathered=gathered),)


def _distinct(parts: RuleContext, table: Mapping[str, Any], at: int, keys: Sequence[Key]) -> Distinct:
    path: Path = ("threshold", "cardinality", at)
    key = parts.key(table.get("field"), (*path, "field"), path)
    least = _count(parts, table.get("value"), (*path, "value"))
    if least > 1 and any(each.field.stored == key.field.stored for each in keys):
        message = f"documents that agree on `{key.field.name}` cannot have {least} different values of it"
        parts.invalid(message, (*path, "field"), "count the values of a field that the threshold does not group by")
    return Distinct(key.field, least, key.span)


def _count(parts: RuleContext, value: Any, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        parts.invalid(f"`{value}` is not a number of documents or values", path, "give a whole number above 0")
    if value > MOST_DOCUMENTS:
        parts.unsupported(f"{value} documents in one match", f"the limit is {MOST_DOCUMENTS}", path)
    return value


def new_terms(parts: RuleContext) -> tuple[Program, ...]:
    """``new_terms``: the query, and values of its fields that were not seen together before."""
    names, start, paths = _new_terms(parts)
    if not names:
        parts.invalid("a rule of type `new_terms` needs the names of its fields", ("new_terms",), "give them as `new_terms_fields`")
    program = parts.query()
    keys = [parts.key(name, (*paths, at), paths) for at, name in enumerate(names)]
    step = present(program.steps[0], keys)
    return (replace(program, steps=(step,), text=parts.rule_text.text, apart=True, history=_history(parts, start)),)


def _new_terms(parts: RuleContext) -> tuple[list[Any], Any, Path]:
    """The fields, the start of the history, and where the fields stand: detection-rules writes otherwise than Kibana."""
    raw = parts.rule.raw
    table = raw.get("new_terms")
    if not isinstance(table, Mapping):
        return _names(raw.get("new_terms_fields")), raw.get("history_window_start"), ("new_terms_fields",)
    if "new_terms_fields" in table:
        return _names(table["new_terms_fields"]), table.get("history_window_start"), ("new_terms", "new_terms_fields")
    start = next((each.get("value") for each in _tables(table.get("history_window_start"))), None)
    return _names(table.get("value")), start, ("new_terms", "value")


def _history(parts: RuleContext, start: Any) -> Interval:
    """How long before a match its history lies: after the window's start and before what the rule itself looks at."""
    path: Path = ("history_window_start",)
    oldest = _before(parts, start or "now-7d", path)
    newest = _look_back(parts)
    if oldest <= newest:
        parts.invalid("the history starts after the rule's own time range", path, "make `history_window_start` earlier than `from`")
    return Interval(newest, oldest)


def _before(parts: RuleContext, text: Any, path: Path) -> int:
    """How many milliseconds before ``now`` a time of date math lies."""
    try:
        low = parse_date(str(text), parts.now).low
    except LiteralError as error:
        parts.invalid(f"`{text}`: {error}", path)
    assert low is not None
    return parts.now - int(low)


def threat_match(parts: RuleContext) -> tuple[Program, ...]:
    """``threat_match``: an event and an indicator with equal values, in one way for each group of mappings."""
    groups = parts.tables("threat_mapping")
    if not groups:
        parts.invalid("a rule of type `threat_match` needs a `threat_mapping`", ("threat_mapping",))
    program = parts.query()
    event = program.steps[0]
    event_types = dict(parts.inferred)
    indicator = parts.threat_query({})
    indicator_types = dict(parts.inferred)
    programs: list[tuple[Step, Step]] = []
    for at, group in enumerate(groups):
        entries = _tables(group.get("entries"))
        if not entries:
            parts.invalid("a group of mappings has no `entries`", ("threat_mapping", at))
        paths = [("threat_mapping", at, "entries", number) for number in range(len(entries))]
        if all(entry.get("negate") for entry in entries):
            parts.invalid("a group of mappings needs one that is not negated", paths[0], "add an entry whose values are equal")
        pairs = [_mapping(parts, entry, path, event_types, indicator_types) for entry, path in zip(entries, paths, strict=True)]
        joined = [pair for pair, entry in zip(pairs, entries, strict=True) if not entry.get("negate")]
        apart = [pair for pair, entry in zip(pairs, entries, strict=True) if entry.get("negate")]
        first = present(event, [left for left, _ in joined])
        second = replace(present(indicator, [right for _, right in joined]), role=Role.INDICATOR)
        programs.append((_apart(first, apart), second))
    return tuple(replace(program, kind=ShapeKind.SAMPLE, steps=steps, text=parts.rule_text.text) for steps in programs)


def _apart(step: Step, pairs: Sequence[tuple[Key, Key]]) -> Step:
    """The event with values that the indicator does not have: those of negated mappings, which a missing field has none of."""
    same = [
        Predicate(
            Apply("==", (FieldTerm(left.field, left.span), FieldTerm(of_step(right.field, 1), right.span)), span=left.span), left.span
        )
        for left, right in pairs
    ]
    return replace(step, formula=conjunction((step.formula, *(Not(each, each.span) for each in same)), step.formula.span)) if same else step


def _mapping(
    parts: RuleContext, entry: Mapping[str, Any], path: Path, event_types: dict[str, Any], indicator_types: dict[str, Any]
) -> tuple[Key, Key]:
    parts.inferred = event_types
    left = parts.key(entry.get("field"), (*path, "field"), path)
    parts.inferred = indicator_types
    right = parts.key(entry.get("value"), (*path, "value"), path)
    return left, right


def _names(value: Any) -> list[Any]:
    """A list of names, or a single one."""
    return [] if value in (None, "") else list(value) if isinstance(value, list | tuple) else [value]


def _tables(value: Any) -> list[Mapping[str, Any]]:
    """A list of tables, or a single one."""
    return [value] if isinstance(value, Mapping) else [each for each in value or () if isinstance(each, Mapping)]


@dataclass(frozen=True, slots=True)
class RuleType:
    """A type of rule.

    Attributes:
        languages: the query languages that a rule may name; the first is meant when it names none.
        build: a rule's conditions to its programs, one for each way to match; None if rules of the type are unsupported.
        needs_query: whether a rule without a query is an error.
        unsupported: the reason why rules of the type are unsupported; empty if they are supported.
    """

    languages: tuple[str, ...]
    build: Callable[[RuleContext], tuple[Program, ...]] | None
    needs_query: bool = True
    unsupported: str = ""


_QUERY_LANGUAGES = of_rule_type("query")

RULE_TYPES: Mapping[str, RuleType] = {
    "query": RuleType(_QUERY_LANGUAGES, query),
    "saved_query": RuleType(_QUERY_LANGUAGES, saved_query, needs_query=False),
    "eql": RuleType(of_rule_type("eql"), query),
    "threshold": RuleType(_QUERY_LANGUAGES, threshold),
    "new_terms": RuleType(_QUERY_LANGUAGES, new_terms),
    "threat_match": RuleType(_QUERY_LANGUAGES, threat_match),
    "esql": RuleType(("esql",), None, needs_query=False, unsupported="ES|QL is not supported yet"),
    "machine_learning": RuleType(
        (), None, needs_query=False, unsupported="the rule fires on the anomaly score of a job, not on properties of events"
    ),
}
"""All types that Kibana's detection engine knows, by name."""

UNKNOWN = RuleType((), None, needs_query=False, unsupported=f"the rule types are {', '.join(RULE_TYPES)}")
"""Any other type."""
