"""Given a detection rule in Kuery or EQL, produce events that trigger it, or prove that none can and say why.

>>> from triggerfish import SourceEvents
>>> SourceEvents.from_query("destination.port: 26").emit(timestamp=False)
[{'destination': {'port': 26}}]
"""

from .backends.elasticsearch.query_dsl import to_query_dsl
from .compiler.diagnostics import Diagnostic, InvalidQueryError, QueryError, UnsupportedQueryError
from .compiler.match_events import Match, match_events
from .errors import UndecidedError, UnsolvableError, UnsolvableWarning
from .grammar.errors import QuerySyntaxError
from .rules import Rule, RuleCollection, RuleError
from .source_events import SourceEvents

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
