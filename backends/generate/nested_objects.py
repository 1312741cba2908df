"""Drawing objects of a nested field, and values of a list: small documents that satisfy a formula of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...compiler.ir.formula import Atom, Formula, NestedMatch, Not, Test, conjunction, fields_of
from ...compiler.normal_form.nnf import normalise
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import flatten, nest
from ...compiler.semantics.match_document import Reading, compile_formula
from ..values.draw import Drawer
from ..values.fill import word
from .cells import Cell
from .walk import Goal, Walk

RESTARTS = 4
BUDGET = 200


def draw_object(drawer: Drawer, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> dict[str, Any] | None:
    """Draw an object that satisfies the wanted formulas and none of the unwanted ones; None if none was found.

    An object that satisfies its formula in both readings is preferred.
    """
    formulas = [test.formula for test in wanted if isinstance(test, NestedMatch)]
    formulas += [Not(test.formula) for test in unwanted if isinstance(test, NestedMatch)]
    formula = conjunction(tuple(formulas)) if formulas else None
    if formula is None:
        return {word(drawer.rng): word(drawer.rng)}
    normal = normalise(formula)
    predicates = [compile_formula(formula, reading) for reading in (Reading.STRICT, Reading.ELASTICSEARCH)]
    fallback: dict[str, Any] | None = None
    for attempt in range(RESTARTS):
        walk = Walk(drawer, lambda event, field: (event, field), strict=attempt < RESTARTS - 1, budget=BUDGET)
        cells = walk.run([Goal(0, normal)], {})
        if cells is None:
            continue
        rendered = render_object(formula, spec.stored, {name: cell for (_, name), cell in cells.items()})
        outcomes = [predicate(flatten(rendered, spec.stored)) is True for predicate in predicates]
        if outcomes[0]:
            return rendered
        if outcomes[1]:
            fallback = fallback or rendered
    return fallback


def draw_entry(drawer: Drawer, spec: FieldSpec, wanted: tuple[Test, ...], unwanted: tuple[Test, ...]) -> Any | None:
    """Draw an object of a nested field, or a value of another field, that passes the wanted tests and none of the unwanted ones."""
    if spec.kind.traits.nested:
        return draw_object(drawer, spec, wanted, unwanted)
    one = replace(spec, array=False, known=True)

    def condition(test: Test) -> Formula:
        return test.formula if isinstance(test, NestedMatch) else Atom(one, test)

    formula = conjunction((*map(condition, wanted), *(Not(condition(test)) for test in unwanted)))
    normal = normalise(formula)
    for _ in range(RESTARTS):
        walk = Walk(drawer, lambda event, field: (event, field), strict=False, budget=BUDGET)
        cells = walk.run([Goal(0, normal)], {(0, spec.stored): Cell(one, required=True)})
        values = cells[0, spec.stored].values if cells is not None else []
        if values and drawer.fits(spec, values[0], wanted, unwanted):
            return values[0]
    return None


def render_object(formula: Formula, path: str, cells: dict[str, Cell]) -> dict[str, Any]:
    """Returns the nested JSON of an object: the values of its cells by their names within it, in the formula's order."""
    values: list[tuple[str, Any]] = []
    for spec in {spec.stored: spec for spec in fields_of(formula).values()}.values():
        cell = cells.get(spec.stored)
        if cell is None or not cell.slots:
            continue
        name = spec.stored.removeprefix(f"{path}.")
        several = len(cell.slots) > 1 or (spec.array and spec.array_stated) or isinstance(cell.values[0], dict)
        values.append((name, cell.values if several else cell.values[0]))
    return nest(values)
