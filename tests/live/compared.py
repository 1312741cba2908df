"""Witnesses of comparisons put to an engine: it matches the query that they are said to match, and not the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from common_index import mappings_of
from engine import Engine
from triggerfish.api.source_events import SourceEvents
from triggerfish.backends.elasticsearch.formula_dsl import program_dsl
from triggerfish.backends.elasticsearch.mappings import MappingError
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.ir.formula import Formula, fields_of
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.schema.fields import FieldSpec

INDEX = "compared"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a comparison says of an event.

    Attributes:
        document: the event.
        matched: the formula that it matches.
        unmatched: the formula that it does not match; None where the event matches both.
    """

    document: Mapping[str, Any]
    matched: Formula
    unmatched: Formula | None


@dataclass(slots=True)
class Outcome:
    """What the engine says of claims.

    Attributes:
        decisions: how many it decided.
        differences: a line for each that it contradicts.
        left_out: why claims could not be put to it, and how many.
    """

    decisions: int = 0
    differences: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def put(engine: Engine, claims: Iterable[Claim]) -> Outcome:
    """Put claims to an engine; those whose fields have the same types share an index."""
    outcome = Outcome()
    for fields, batch in _batches(claims):
        try:
            mappings = mappings_of(fields.values(), SourceEvents().schema)
        except MappingError as error:
            outcome.left_out[str(error)] = outcome.left_out.get(str(error), 0) + len(batch)
            continue
        refused = engine.index(INDEX, mappings, [claim.document for claim in batch])
        for number, claim in enumerate(batch):
            if number in refused:
                outcome.differences.append(f"refused: {refused[number]}: {orjson.dumps(claim.document).decode()[:300]}")
                continue
            for formula, expected in ((claim.matched, True), (claim.unmatched, False)):
                if formula is not None:
                    _decide(engine, outcome, formula, number, expected, claim)
    return outcome


def _decide(engine: Engine, outcome: Outcome, formula: Formula, number: int, expected: bool, claim: Claim) -> None:
    try:
        dsl = program_dsl(Program(ShapeKind.EVENT, (Step(formula),), ""))
    except QueryError as error:
        why = error.diagnostic.message
        outcome.left_out[why] = outcome.left_out.get(why, 0) + 1
        return
    hits = engine.hits(INDEX, {"bool": {"filter": [dsl, {"ids": {"values": [str(number)]}}]}})
    outcome.decisions += 1
    if isinstance(hits, str) or (number in hits) is not expected:
        said = hits if isinstance(hits, str) else f"{'no hit' if expected else 'a hit'}"
        outcome.differences.append(f"{said}: {orjson.dumps(claim.document).decode()[:300]}")


def _batches(claims: Iterable[Claim]) -> Sequence[tuple[dict[str, FieldSpec], list[Claim]]]:
    """The claims by index: a field has one type in each."""
    batches: list[tuple[dict[str, FieldSpec], list[Claim]]] = []
    for claim in claims:
        formulas = [claim.matched, *([claim.unmatched] if claim.unmatched is not None else [])]
        needed = {name: spec for formula in formulas for name, spec in fields_of(formula).items()}
        for fields, batch in batches:
            if all(fields.get(name, spec) == spec for name, spec in needed.items()):
                fields.update(needed)
                batch.append(claim)
                break
        else:
            batches.append((dict(needed), [claim]))
    return batches
