"""``match``: which rules fire on which events."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..compiler.alerts.engine import AlertEngine, Watched, alerts_of
from ..compiler.schema.built_in import schema_or_built_in
from ..compiler.schema.fields import Schema
from ..compiler.semantics.document import Flat
from ..compiler.semantics.dynamic_mapping import indexed
from ..rules import Rule
from ..rules.lowering.compile_rule import compile_rule
from ..rules.rule import rule_of_query

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """A rule that fires.

    Attributes:
        rule: the rule.
        events: the positions of the events among those given, from 0; of a sequence, in its order.
    """

    rule: Rule
    events: tuple[int, ...]


def match(
    rules: Rule | str | Iterable[Rule | str],
    events: Iterable[Event],
    *,
    language: str | None = None,
    schema: Mapping[str, Any] | Schema | None = None,
    history: Iterable[Event] = (),
    indicators: Iterable[Event] = (),
    now: int | None = None,
) -> Iterator[Alert]:
    """The alerts of rules on events, each as soon as it is known of.

    An event query and a rule with values that are new fire on single events; a sequence, on those it is made of. A threshold, and a
    rule that suppresses alerts, fire once for the events that one run of the rule sees: those within its look-back (``from``).

    Args:
        rules: rules, or texts of queries.
        events: documents: nested JSON, or dotted names. They are read once, one after the other.
        language: of queries, ``"kuery"``, ``"eql"`` or ``"lucene"``; by default it is guessed between the first two.
        schema: field types, as for `SourceEvents`.
        history: older events, whose values are not new; they trigger nothing.
        indicators: documents of threat intelligence, for rules that compare events with them.
        now: what ``now`` means in date math, in epoch milliseconds; by default the time of the call.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: a rule cannot be compiled.

    >>> [alert.events for alert in match("process.pid > 4", [{"process": {"pid": 1}}, {"process.pid": 7}])]
    [(1,)]
    """
    types = schema_or_built_in(schema)
    now = int(time.time() * 1000) if now is None else now
    given = [rules] if isinstance(rules, Rule | str) else list(rules)
    found = [each if isinstance(each, Rule) else rule_of_query(each, language) for each in given]
    watched = [Watched(compile_rule(rule, types, now).programs, rule.tiebreaker_field) for rule in found]
    engine = AlertEngine(watched, [indexed(each, types) for each in indicators])
    for each in history:
        engine.learn(indexed(each, types))
    return _alerts(found, engine, (indexed(event, types) for event in events))


def _alerts(rules: list[Rule], engine: AlertEngine, flats: Iterable[Flat]) -> Iterator[Alert]:
    for alert in alerts_of(engine, flats):
        yield Alert(rules[alert.rule], alert.events)
