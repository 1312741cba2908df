"""Plan files: compiled and solved rules, from which documents are drawn without parsing, compiling or solving again.

A file is JSON. Reading it executes none of its content: only known classes are instantiated, the matcher checks every match
in it, and every skeleton is proved again. A modified file can at worst describe another rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...compiler.ir.formula import fields_of
from ...compiler.ir.program import Program
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Preferred
from ...compiler.schema.field_types import YEAR_1_MS, YEAR_9999_END_MS
from ...compiler.schema.fields import FieldSpec, Schema
from ...grammar.eql.tree import MAX_RUNS
from ...grammar.errors import TriggerfishError
from ..generate.cells import Cell
from ..generate.sampler import Proposal, Sampler
from ..generate.walk import Cells
from .ndjson import text_of
from .node_codec import CodecError, Writer, read
from .plan import Plan

FORMAT = "triggerfish plan"
VERSION = 2
"""Incremented when older files would be misread, or would produce other documents."""
SKELETONS = 8
"""The number of skeletons per rule in a file; walks create further ones."""
_NORMALS = (Lit, Conj, Disj, Preferred)


class PlanFileError(TriggerfishError, ValueError):
    """The file is not a plan file, or cannot be used here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A rule in a plan file.

    Attributes:
        program: the compiled rule.
        plan: draws its documents.
        name, rule_id: the rule's; None for a bare query.
        of_log_source: whether its fields are those of a log source, which a plan file does not describe.
    """

    program: Program
    plan: Plan
    name: str | None = None
    rule_id: str | None = None
    of_log_source: bool = False


def write_plans(rules: Sequence[Mapping[str, Any]], seed: object) -> bytes:
    """Serialise a plan file.

    Args:
        rules: the entries of the rules; see :func:`entry_of`.
        seed: the run's seed.
    """
    body = {"seed": seed, "rules": rules}
    return _bytes({"format": FORMAT, "version": VERSION, "digest": _digest(body), **body})


def read_plans(data: bytes, schema: Schema) -> tuple[list[Planned], Any]:
    """Read the rules of a plan file, and the seed of its run.

    Args:
        data: the file's content.
        schema: field types; the rules must have been compiled with the same ones.

    Raises:
        PlanFileError: the file is not a plan file, is damaged, has another version or schema, or contains a match that does not match.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        raise PlanFileError("this is not a plan: it is no JSON") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PlanFileError("this is not a plan")
    if content.get("version") != VERSION:
        raise PlanFileError(
            f"this plan is of version {content.get('version')}, and version {VERSION} is read here: compile the rules again"
        )
    body = {name: content.get(name) for name in ("seed", "rules")}
    if content.get("digest") != _digest(body):
        raise PlanFileError("this plan was damaged or changed: its digest is not that of its content")
    if not isinstance(body["rules"], list) or not isinstance(body["seed"], str | int):
        raise PlanFileError("this plan does not hold what a plan holds")
    return [_planned(rule, schema) for rule in body["rules"]], body["seed"]


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_bytes(body)).hexdigest()


def _bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


# -- writing -------------------------------------------------------------------------------------


def entry_of(rule: Planned) -> dict[str, Any]:
    """Serialise one rule for a plan file.

    Raises:
        PlanFileError: the rule cannot be planned.
    """
    plan = rule.plan
    if not plan.planned or not isinstance(plan.source, Sampler):
        raise PlanFileError(f"there is no plan to save: {plan.refusal}")
    sampler = plan.source
    if rule.of_log_source:
        raise PlanFileError("there is no plan to save: the fields of a Sigma rule are those of its log source")
    if sampler.style is not None:
        raise PlanFileError("there is no plan to save: realistic documents depend on the world of their run")
    writer = Writer()
    return {
        "name": rule.name,
        "rule_id": rule.rule_id,
        "plan_seed": plan.seed,
        "start": sampler.start,
        "program": writer.write(rule.program),
        "normals": [writer.write(normal) for normal in sampler.normals],
        "known": [_cells(proposal.cells, writer) for proposal in sampler.pool],
        "skeletons": [_cells(base.cells, writer) for base in plan.bases(SKELETONS)],
        # Writing the others extends this list.
        "nodes": writer.entries,
    }


def _cells(cells: Cells, writer: Writer) -> list[list[Any]]:
    return [[event, field, writer.write(cell)] for (event, field), cell in cells.items()]


# -- reading -------------------------------------------------------------------------------------


def _planned(rule: object, schema: Schema) -> Planned:
    match rule:
        case {
            "name": str() | None as name,
            "rule_id": str() | None as rule_id,
            "plan_seed": str(seed),
            "start": int(start),
            "program": int(program),
            "normals": list(normals),
            "known": list(known),
            "skeletons": list(skeletons),
            "nodes": list(entries),
        }:
            pass
        case _:
            raise PlanFileError("this plan does not hold what a plan holds")
    try:
        nodes = read(entries, schema)
        compiled = _entry(nodes, program, Program)
        _check_fields(compiled, schema)
        if not YEAR_1_MS <= start <= YEAR_9999_END_MS:
            raise PlanFileError("this plan cannot be read: it does not start in the years 1 to 9999")
        if not all(1 <= step.runs <= MAX_RUNS for step in compiled.steps):
            raise PlanFileError(f"this plan cannot be read: a step is repeated otherwise than 1 to {MAX_RUNS} times")
        sampler = Sampler(compiled, start, [_entry(nodes, normal, *_NORMALS) for normal in normals])
        if len(sampler.normals) != len(sampler.events):
            raise PlanFileError("this plan has not one form for each event of its rule")
        sampler.pool = [_matching(sampler, entry, nodes) for entry in known]
        plan = Plan(sampler, seed, [_matching(sampler, entry, nodes) for entry in skeletons])
    except CodecError as error:
        raise PlanFileError(f"this plan cannot be read: {error}") from None
    except PlanFileError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, AssertionError, RecursionError) as error:
        raise PlanFileError(f"this plan cannot be read: {type(error).__name__}") from None
    return Planned(compiled, plan, name, rule_id)


def _entry(nodes: Sequence[Any], number: object, *classes: type) -> Any:
    if type(number) is not int or not 0 <= number < len(nodes) or not isinstance(nodes[number], classes):
        raise CodecError("a node is not of the class that it must be")
    return nodes[number]


def _matching(sampler: Sampler, entries: object, nodes: Sequence[Any]) -> Proposal:
    """Reads a match and checks it with the matcher."""
    cells: Cells = {}
    if not isinstance(entries, list):
        raise CodecError("a match is not one")
    for entry in entries:
        match entry:
            case [int(event), str(field), int(cell)]:
                cells[event, field] = _entry(nodes, cell, Cell)
            case _:
                raise CodecError("a match is not one")
    proposal = sampler.from_cells(cells, 0)
    if proposal is None:
        raise PlanFileError("this plan holds documents that do not match its rule")
    # Values that JSON cannot represent raise TypeError.
    text_of(proposal.group)
    return proposal


def _check_fields(program: Program, schema: Schema) -> None:
    steps = [*program.steps, *((program.until,) if program.until is not None else ())]
    used = [spec for step in steps for spec in (*fields_of(step.formula).values(), *(key.field for key in step.keys))]
    for spec in used:
        known = schema.lookup(spec.name)
        if known is None and not spec.known:
            continue
        if known is None or _described(known) != _described(spec):
            here = "is not known" if known is None else f"is of type {known.type}"
            if known is not None and known.type is spec.type:
                here = "is described in another way"
            said = f"`{spec.name}` is of type {spec.type} in it, and {here} here"
            raise PlanFileError(f"this plan was made for another schema: {said}; compile the rules again")


def _described(spec: FieldSpec) -> tuple[object, ...]:
    return (spec.type, spec.several, spec.stored, spec.caseless, spec.constant, spec.nested_path, spec.flattened_root)
