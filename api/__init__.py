"""Given a detection rule in Kuery or EQL, produce events that trigger it, or prove that none can and say why.

>>> from triggerfish import SourceEvents
>>> SourceEvents.from_query("destination.port: 26").emit(timestamp=False)
[{'destination': {'port': 26}}]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .compiler.diagnostics import Diagnostic, InvalidQueryError, QueryError, UnsupportedQueryError
from .errors import UndecidedError, UnsolvableError, UnsolvableWarning
from .grammar.errors import QuerySyntaxError
from .rules import Rule, RuleCollection, RuleError
from .source_events import SourceEvents

if TYPE_CHECKING:
    from .backends.elasticsearch.query_dsl import to_query_dsl
    from .compiler.match_events import Match, match_events

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

_LATER = {
    "Match": ".compiler.match_events",
    "match_events": ".compiler.match_events",
    "to_query_dsl": ".backends.elasticsearch.query_dsl",
}
"""What the command does not need is imported when it is first asked for."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name], __name__), name)
