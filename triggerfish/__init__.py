"""Given a detection rule in Kuery or EQL, produce events that trigger it, or prove that none can and say why.

>>> from triggerfish import SourceEvents
>>> SourceEvents.from_query("destination.port: 26").emit(timestamp=False)
[{'destination': {'port': 26}}]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from triggerfish.api.errors import UndecidedError, UnsolvableError, UnsolvableWarning
    from triggerfish.api.source_events import SourceEvents
    from triggerfish.backends.elasticsearch.query_dsl import to_query_dsl
    from triggerfish.compiler.diagnostics.diagnostic import Diagnostic, InvalidQueryError, QueryError, UnsupportedQueryError
    from triggerfish.compiler.match_events import Match, match_events
    from triggerfish.grammar.syntax_error import QuerySyntaxError
    from triggerfish.rules import Rule, RuleCollection, RuleError

__version__ = "0.1.0"

__all__ = [
    "Diagnostic",
    "InvalidQueryError",
    "Match",
    "QueryError",
    "QuerySyntaxError",
    "Rule",
    "RuleCollection",
    "RuleError",
    "SourceEvents",
    "UndecidedError",
    "UnsolvableError",
    "UnsolvableWarning",
    "UnsupportedQueryError",
    "match_events",
    "to_query_dsl",
]

_MODULES = {
    "Diagnostic": ".compiler.diagnostics.diagnostic",
    "InvalidQueryError": ".compiler.diagnostics.diagnostic",
    "Match": ".compiler.match_events",
    "QueryError": ".compiler.diagnostics.diagnostic",
    "QuerySyntaxError": ".grammar.syntax_error",
    "Rule": ".rules",
    "RuleCollection": ".rules",
    "RuleError": ".rules",
    "SourceEvents": ".api.source_events",
    "UndecidedError": ".api.errors",
    "UnsolvableError": ".api.errors",
    "UnsolvableWarning": ".api.errors",
    "UnsupportedQueryError": ".compiler.diagnostics.diagnostic",
    "match_events": ".compiler.match_events",
    "to_query_dsl": ".backends.elasticsearch.query_dsl",
}
"""Everything is imported when it is first asked for: no caller pays for what it does not use, and the command can catch an
interruption before its imports begin."""


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
