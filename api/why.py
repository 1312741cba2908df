"""``why``: what keeps a rule from firing on events."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..backends.limits import Limits
from ..backends.match.explain_silence import Silence, silence_of
from ..backends.report.why_text import why_text
from ..compiler.schema.built_in import schema_or_built_in
from ..compiler.schema.fields import Schema
from ..compiler.semantics.dynamic_mapping import indexed
from ..rules import Rule
from ..rules.lowering.compile_rule import compile_rule
from ..rules.rule import rule_of_query

Event = Mapping[str, Any]


class Explanation:
    """Why a rule does not fire on events; as a text it can be read.

    Attributes:
        rule: the rule.
        fires: whether it fires.
        silence: the parts of the explanation: the nearest event, its conditions, the smallest change, the best partial match.
    """

    def __init__(self, rule: Rule, silence: Silence) -> None:
        self.rule = rule
        self.silence = silence

    @property
    def fires(self) -> bool:
        """Whether the rule fires."""
        return self.silence.fires

    @property
    def changed(self) -> dict[str, Any] | None:
        """The nearest event with the smallest change that would make the rule fire; None if none was found."""
        return None if self.silence.change is None else self.silence.change.document

    def __str__(self) -> str:
        return why_text(self.rule.name or self.rule.rule_id or "the rule", self.silence)


def why(
    rule: Rule | str,
    events: Event | Sequence[Event],
    *,
    language: str | None = None,
    schema: Mapping[str, Any] | Schema | None = None,
    history: Iterable[Event] = (),
    indicators: Iterable[Event] = (),
    now: int | None = None,
    timeout: float = 2.0,
) -> Explanation:
    """What keeps a rule from firing on an event, or on several together.

    Args:
        rule: the rule, or the text of a query.
        events: an event, or a list of them: nested JSON, or dotted names.
        language: of a query; by default it is guessed between Kuery and EQL.
        schema: field types, as for `SourceEvents`.
        history: older events, whose values are not new.
        indicators: documents of threat intelligence.
        now: what ``now`` means in date math, in epoch milliseconds; by default the time of the call.
        timeout: seconds that the search for one change may take.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: the rule cannot be compiled.

    >>> print(why("process.pid > 4 and user.name: root", {"process": {"pid": 9}, "user": {"name": "ada"}}))
    the rule: does not fire
      nearest is event 0:
        true    process.pid > 4                             process.pid is 9
        false   user.name: root                             user.name is "ada"
      it would fire with user.name = "root"
    <BLANKLINE>
    """
    types = schema_or_built_in(schema)
    found = rule if isinstance(rule, Rule) else rule_of_query(rule, language)
    programs = compile_rule(found, types, int(time.time() * 1000) if now is None else now).programs
    given = [events] if isinstance(events, Mapping) else list(events)
    flats = [indexed(event, types) for event in given]
    others = ([indexed(each, types) for each in documents] for documents in (indicators, history))
    return Explanation(found, silence_of(programs, given, flats, Limits(timeout), *others))
