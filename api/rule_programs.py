"""From a rule to its program, by the type of the rule."""

from __future__ import annotations

from typing import NoReturn

from .compiler.compile import Compilation, compile_query
from .compiler.diagnostics import Diagnostic, Severity, UnsupportedQueryError
from .compiler.ir import Program
from .compiler.schema import Schema
from .compiler.stopwatch import Stopwatch
from .rules import Rule

_UNSUPPORTED_TYPES = {
    "threshold": "documents that agree on the threshold's fields cannot be generated yet",
    "new_terms": "values that are new to a history cannot be generated yet",
    "threat_match": "events and indicators that join cannot be generated yet",
    "saved_query": "queries that Kibana keeps apart from the rule cannot be loaded yet",
    "esql": "ES|QL is a language of its own, which has no front-end yet",
    "machine_learning": "what fires it is an anomaly score of a job, not a property of events",
}


class UnsupportedRuleError(UnsupportedQueryError):
    """A rule of which more than the query decides that it cannot be compiled yet.

    Attributes:
        key: what in its ``[rule]`` table does.
    """

    def __init__(self, diagnostic: Diagnostic, text: str, key: str) -> None:
        super().__init__(diagnostic, text)
        self.key = key


def program_of_rule(rule: Rule, schema: Schema, now: int) -> Program:
    """The program of a rule's query; see :func:`compile_rule`."""
    return compile_rule(rule, schema, now).program


def compile_rule(rule: Rule, schema: Schema, now: int, stopwatch: Stopwatch | None = None) -> Compilation:
    """Compile a rule's query.

    Args:
        rule: the rule.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        stopwatch: is told the time of the stages ``parse`` and ``compile``.

    Raises:
        QuerySyntaxError: its query does not parse.
        InvalidQueryError: its query means nothing.
        UnsupportedQueryError: its type, its language, or something in it cannot be compiled yet.
    """
    if rule.type in _UNSUPPORTED_TYPES:
        _unsupported(rule, "type", f"a rule of type `{rule.type}`", _UNSUPPORTED_TYPES[rule.type])
    if rule.language not in ("kuery", "eql"):
        _unsupported(rule, "language", f"a query in `{rule.language}`", "there is no front-end for the language yet")
    if rule.filters:
        _unsupported(rule, "filters", "a rule with `filters`", "Kibana filters cannot be compiled yet")
    if rule.timestamp_field not in (None, "@timestamp"):
        construct = f"`timestamp_field = {rule.timestamp_field}`"
        _unsupported(rule, "timestamp_field", construct, "events are ordered by @timestamp only, for now")
    assert rule.query is not None
    category = rule.event_category_override or "event.category"
    return compile_query(rule.query, schema, now, rule.language, category, stopwatch)


def _unsupported(rule: Rule, key: str, construct: str, why: str) -> NoReturn:
    message = f"{construct} is not supported: {why}"
    raise UnsupportedRuleError(Diagnostic("unsupported", Severity.ERROR, message, ()), rule.query or "", key)
