"""Given a detection rule in Kuery or EQL, produce events that trigger it, or prove that none can and say why.

>>> from triggerfish import SourceEvents
>>> SourceEvents.from_query("destination.port: 26").emit(timestamp=False)
[{'destination': {'port': 26}}]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triggerfish.api.check import check
    from triggerfish.api.compare import RuleComparison, compare
    from triggerfish.api.errors import UndecidedError, UnsolvableError, UnsolvableWarning
    from triggerfish.api.match import Alert, match
    from triggerfish.api.source_events import SourceEvents
    from triggerfish.api.why import why
    from triggerfish.backends.elasticsearch.query_dsl import to_query_dsl
    from triggerfish.backends.plan.plan_file import PlanFileError
    from triggerfish.compiler.diagnostics.diagnostic import Diagnostic as Finding
    from triggerfish.compiler.diagnostics.diagnostic import InvalidQueryError, QueryError, UnsupportedQueryError
    from triggerfish.compiler.match_events import Match, match_events
    from triggerfish.compiler.schema.load import SchemaError
    from triggerfish.grammar.errors import TriggerfishError
    from triggerfish.grammar.syntax_error import QuerySyntaxError
    from triggerfish.rules import Rule, RuleCollection, RuleError

__version__ = "0.1.0"

__all__ = [
    "Alert",
    "Finding",
    "InvalidQueryError",
    "Match",
    "PlanFileError",
    "QueryError",
    "QuerySyntaxError",
    "Rule",
    "RuleCollection",
    "RuleComparison",
    "RuleError",
    "SchemaError",
    "SourceEvents",
    "TriggerfishError",
    "UndecidedError",
    "UnsolvableError",
    "UnsolvableWarning",
    "UnsupportedQueryError",
    "check",
    "compare",
    "match",
    "match_events",
    "to_query_dsl",
    "why",
]

_PLACES = {
    "Alert": ".api.match:Alert",
    "Finding": ".compiler.diagnostics.diagnostic:Diagnostic",
    "InvalidQueryError": ".compiler.diagnostics.diagnostic:InvalidQueryError",
    "Match": ".compiler.match_events:Match",
    "PlanFileError": ".backends.plan.plan_file:PlanFileError",
    "QueryError": ".compiler.diagnostics.diagnostic:QueryError",
    "QuerySyntaxError": ".grammar.syntax_error:QuerySyntaxError",
    "Rule": ".rules:Rule",
    "RuleCollection": ".rules:RuleCollection",
    "RuleComparison": ".api.compare:RuleComparison",
    "RuleError": ".rules:RuleError",
    "SchemaError": ".compiler.schema.load:SchemaError",
    "SourceEvents": ".api.source_events:SourceEvents",
    "TriggerfishError": ".grammar.errors:TriggerfishError",
    "UndecidedError": ".api.errors:UndecidedError",
    "UnsolvableError": ".api.errors:UnsolvableError",
    "UnsolvableWarning": ".api.errors:UnsolvableWarning",
    "UnsupportedQueryError": ".compiler.diagnostics.diagnostic:UnsupportedQueryError",
    "check": ".api.check:check",
    "compare": ".api.compare:compare",
    "match": ".api.match:match",
    "match_events": ".compiler.match_events:match_events",
    "why": ".api.why:why",
    "to_query_dsl": ".backends.elasticsearch.query_dsl:to_query_dsl",
}
"""Everything is imported when it is first asked for: no caller pays for what it does not use, and the command can catch an
interruption before its imports begin."""


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    return getattr(import_module(module, __name__), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
