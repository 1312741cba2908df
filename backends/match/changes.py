"""Change documents: other values of a field, a field less, values that satisfy a formula with everything else left as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from ...compiler.ir.formula import Atom, Exists, Formula, Leaf, Truth, Within
from ...compiler.ir.program import Program, ShapeKind, Step
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import Flat, flatten
from ...compiler.semantics.match_document import Reading, compile_formula
from ...compiler.values.kinds import json_value
from ...compiler.values.literals import LiteralError
from ..decide.witness import Witness, find_witness
from ..limits import Limits
from .conditions import fields_of_leaf, known

Document = dict[str, Any]


def with_values(document: Mapping[str, Any], name: str, values: Sequence[Any]) -> Document:
    """A copy of a document in which a field has these values, in a list if they were in one; without it if there are none."""
    copy: Document = deepcopy(dict(document))
    listed = _remove(copy, name)
    if values:
        value = list(values) if listed or len(values) > 1 else values[0]
        node = copy
        *parents, last = name.split(".")
        for at, part in enumerate(parts := parents):
            below = node.get(part)
            if below is None:
                below = node[part] = {}
            if not isinstance(below, dict):
                node[".".join((*parts[at:], last))] = value
                return copy
            node = below
        node[last] = value
    return copy


def _remove(node: Any, name: str) -> bool:
    """Remove a field wherever it stands, nested or under a dotted name; returns whether its values were in a list."""
    listed = False
    if isinstance(node, list):
        for each in node:
            listed = _remove(each, name) or listed
    if not isinstance(node, dict):
        return listed
    listed = isinstance(node.pop(name, None), list)
    for key in [key for key in node if name.startswith(f"{key}.")]:
        listed = _remove(node[key], name[len(key) + 1 :]) or listed
        if node[key] == {}:
            del node[key]
    return listed


@dataclass(frozen=True, slots=True)
class Change:
    """A document in which some fields were changed.

    Attributes:
        document: the changed document.
        fields: the fields, by the names that documents hold them under.
    """

    document: Document
    fields: tuple[str, ...]


def changed_to_satisfy(
    formula: Formula, document: Mapping[str, Any], fields: Collection[str], seed: str, limits: Limits
) -> Change | Witness | None:
    """The document with other values of some fields, so that it satisfies a formula.

    Args:
        formula: what it must satisfy.
        document: what it is now.
        fields: the fields that may change, by the names that documents hold them under.
        seed: decides which values.
        limits: what the search may cost.

    Returns:
        The changed document; None if no values of these fields do, and a witness without a document if that was not decided.
    """
    flat = flatten(document)

    def truth(place: int, leaf: Leaf) -> bool | None:
        if any(spec.stored in fields for spec in fields_of_leaf(leaf)):
            return None
        return compile_formula(leaf, Reading.ELASTICSEARCH)(flat) is True

    rest = known(formula, truth)
    if isinstance(rest, Truth):
        return Change(dict(document), ()) if rest.value else None
    witness = find_witness(Program(ShapeKind.EVENT, (Step(rest),), ""), seed, limits)
    if witness.group is None:
        return None if witness.refuted else witness
    found = flatten(witness.group[0])
    changed = dict(document)
    for name in fields:
        changed = with_values(changed, name, found.get(name, []))
    satisfies = compile_formula(formula, Reading.ELASTICSEARCH)
    if satisfies(flatten(changed)) is not True:
        return Witness(None, False)
    for name in fields:
        # One value is easier to read than several.
        for value in found.get(name, []) if len(found.get(name, [])) > 1 else []:
            simpler = with_values(changed, name, [value])
            if satisfies(flatten(simpler)) is True:
                changed = simpler
                break
    found = flatten(changed)
    return Change(changed, tuple(name for name in fields if flat.get(name) != found.get(name)))


def near_values(leaf: Leaf, positive: bool, spec: FieldSpec, flat: Flat) -> Iterator[tuple[str, list[Any]]]:
    """Values of a field that could only just fail a condition which its present ones meet, each with what was done.

    A bound and its neighbours, another case, a character more or less, the field missing.
    """
    values = flat.get(spec.stored, [])
    if not positive:
        return
    for at, value in enumerate(values):
        others = values[:at] + values[at + 1 :]
        if isinstance(value, str) and not spec.kind.traits.ordered:
            yield from ((kind, [*others, other]) for kind, other in _near_texts(value) if other != value)
    if isinstance(leaf, Atom) and isinstance(leaf.test, Within):
        for interval in leaf.test.intervals:
            for bound, step in ((interval.low, -1), (interval.high, 1)):
                if bound is not None:
                    at_bound = (interval.low_open if step < 0 else interval.high_open) is True
                    number = bound if at_bound else bound + step
                    try:
                        yield "bound", [json_value(spec, number)]
                    except (LiteralError, ValueError, OverflowError):
                        continue
    if isinstance(leaf, Atom | Exists) and values:
        yield "missing", []


def _near_texts(text: str) -> Iterator[tuple[str, str]]:
    yield "case", text.swapcase()
    yield "longer", f"{text}x"
    yield "longer", f"x{text}"
    if len(text) > 1:
        yield "shorter", text[:-1]
        yield "shorter", text[1:]
