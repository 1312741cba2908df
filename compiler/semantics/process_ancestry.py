"""Conditions on the processes that an event descends from: ``descendant of``, ``child of`` and ``event of``.

They belong to the Endpoint dialect; their meaning is that of the ``eql`` package's reference, with the processes told
apart by ``process.entity_id`` and their parents by ``process.parent.entity_id``. In a formula each is a marker, a field
that no document holds: a stream fills it in, and a match is generated with one more event for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.formula import MARKER, And, Atom, DualReading, Exists, Formula, Not, Or, Truth, conjunction, disjunction
from ..ir.program import Kinship, Relation
from ..schema.field_types import BOOLEAN
from ..schema.fields import FieldSpec, ecs_schema
from .document import Flat, FlatDocument
from .match_document import Reading, compile_formula

ENTITY = "process.entity_id"
PARENT = "process.parent.entity_id"


def marker(number: int) -> FieldSpec:
    """The marker of a query's relation."""
    return FieldSpec(f"{MARKER}{number}", BOOLEAN)


def with_relations(flats: Sequence[Flat], relations: Sequence[Relation]) -> list[Flat]:
    """Events with the markers filled in.

    Args:
        flats: the events in the order of time.
        relations: those inside others first.
    """
    marked: list[Flat] = [_copied(flat) for flat in flats]
    parents: dict[object, object] = {}
    for flat in marked:
        if flat.get(ENTITY) and flat.get(PARENT):
            parents.setdefault(flat[ENTITY][0], flat[PARENT][0])
    for relation in relations:
        judge = compile_formula(relation.formula, Reading.ELASTICSEARCH)
        found: set[object] = set()
        for flat in marked:
            if judge(flat) is True:
                found.update(flat.get(ENTITY, ()))
            flat[relation.marker.name] = [_related(flat, relation.kinship, found, parents)]
    return marked


def _related(flat: Flat, kinship: Kinship, found: set[object], parents: dict[object, object]) -> bool:
    if kinship is Kinship.EVENT:
        return not found.isdisjoint(flat.get(ENTITY, ()))
    above = list(flat.get(PARENT, ()))
    if kinship is Kinship.CHILD:
        return not found.isdisjoint(above)
    seen: set[object] = set()
    while above:
        process = above.pop()
        if process in found:
            return True
        if process not in seen and process in parents:
            above.append(parents[process])
        seen.add(process)
    return False


def _copied(flat: Flat) -> Flat:
    if not isinstance(flat, FlatDocument):
        return dict(flat)
    copy = FlatDocument(flat.document, flat.prefix)
    copy.update(flat)
    return copy


def generated(formula: Formula, relations: Sequence[Relation]) -> tuple[Formula, list[Relation]]:
    """A formula to generate an event for, and the relations that it needs an event more for.

    A relation that the formula asks for is left to the field that joins the two; one that it excludes, to there being no such event.
    """
    by_name = {relation.marker.name: relation for relation in relations}
    needed: list[Relation] = []

    def rewritten(formula: Formula, positive: bool) -> Formula:
        match formula:
            case Atom(spec) if spec.name in by_name:
                if not positive:
                    return Truth(False, formula.span)
                relation = by_name[spec.name]
                needed.append(relation)
                return Exists(own_field(relation.kinship), formula.span)
            case Not(arg, span):
                return Not(rewritten(arg, not positive), span)
            case And(args, span):
                return conjunction(tuple(rewritten(arg, positive) for arg in args), span)
            case Or(args, span):
                return disjunction(tuple(rewritten(arg, positive) for arg in args), span)
            case DualReading(decisive, literal, span):
                return DualReading(rewritten(decisive, positive), rewritten(literal, positive), span)
        return formula

    return (rewritten(formula, True) if relations else formula), needed


def own_field(kinship: Kinship) -> FieldSpec:
    """The field of an event that names the related process."""
    return _field(ENTITY if kinship is Kinship.EVENT else PARENT)


def other_field() -> FieldSpec:
    """The field of the related event that names its process."""
    return _field(ENTITY)


def _field(name: str) -> FieldSpec:
    spec = ecs_schema().lookup(name)
    assert spec is not None
    return spec


def alternative(formula: Formula) -> Atom | None:
    """A marker that is one of several alternatives, if there is one: whether its event is needed is open then."""

    def search(formula: Formula, positive: bool, inside: bool) -> Atom | None:
        match formula:
            case Atom(spec) if spec.name.startswith(MARKER):
                return formula if inside and positive else None
            case Not(arg):
                return search(arg, not positive, inside)
            case And(args) | Or(args):
                choice = isinstance(formula, Or) == positive and len(args) > 1
                found = (search(arg, positive, inside or choice) for arg in args)
                return next((each for each in found if each is not None), None)
        return None

    return search(formula, True, False)
