"""``match_events``: from a query and a list of events to what Elasticsearch finds in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .compile import compile_query
from .ir.program import Program
from .schema.fields import Schema, ecs_schema
from .schema.load import schema_from
from .semantics.dynamic_mapping import indexed, with_dynamic_fields
from .semantics.match_stream import TIMESTAMP, StreamMatcher
from .semantics.pipes import through_pipes
from .semantics.sequences import Match

__all__ = ["Match", "match_events"]


def match_events(
    query: str | Program,
    events: Sequence[Mapping[str, Any]],
    schema: Mapping[str, Any] | Schema | None = None,
    *,
    language: str = "eql",
    size: int | None = None,
    samples_per_key: int = 1,
    timestamp: str = TIMESTAMP,
    tiebreaker: str | None = None,
    category: str = "event.category",
    now: int = 0,
) -> list[Match]:
    """The matches of a query in a list of events, as Elasticsearch finds them.

    Args:
        query: a query, or a program that one was compiled to.
        events: documents: nested JSON, or dotted names.
        schema: field types, in any form that :func:`~.schema.load.schema_from` takes; by default ECS's. What it does not
            know gets the type that Elasticsearch's dynamic mapping gives it, from the events. An optional field (``?f``) that
            neither knows is null.
        language: that of the query, a name in `LANGUAGES`.
        size: how many matches are wanted at most.
        samples_per_key: how many samples of each combination of join keys.
        timestamp, tiebreaker, category: the fields that stand for an event's time, its place among events of the same
            time, and its category.
        now: what ``now`` means in date math, in epoch milliseconds.

    Returns:
        The matches: events in the order of time, sequences in that of their last events, samples in that of their keys.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: the query does not parse, means nothing, or cannot be compiled.

    >>> match_events("any where x > 1", [{"x": 1}, {"x": 2}])
    [Match(events=(1,), keys=(), count=None)]
    """
    known = ecs_schema() if schema is None else schema_from(schema)
    flats = [indexed(event, known) for event in events]
    if isinstance(query, str):
        fields = with_dynamic_fields(known, flats)
        query = compile_query(query, fields, now, language, category, unmapped_is_null=True).program
    matcher = StreamMatcher(query, timestamp=timestamp, tiebreaker=tiebreaker, samples_per_key=samples_per_key)
    found = through_pipes(matcher.matches_of(flats), query.pipes, flats)
    return found if size is None else found[:size]
