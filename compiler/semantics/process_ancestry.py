"""Conditions on the processes that an event descends from: ``descendant of``, ``child of`` and ``event of``.

They belong to the Endpoint dialect; their meaning is that of the ``eql`` package's reference, with the processes told
apart by ``process.entity_id`` and their parents by ``process.parent.entity_id``. In a formula each is a marker, a field
that no document holds: a stream fills it in, and a match is generated with one more event for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..ir.formula import MARKER, And, Atom, DualReading, Formula, Not, Or, Within
from ..ir.program import Kinship, Relation
from ..schema.field_types import BOOLEAN
from ..schema.fields import FieldSpec, ecs_schema
from ..values.sets import Interval
from .document import Flat, copied
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
    marked: list[Flat] = [copied(flat) for flat in flats]
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


def markers_of(formula: Formula) -> dict[str, bool | None]:
    """The markers in a formula, with the truth that the formula as a whole requires of them; None where it leaves that open."""
    found: dict[str, bool | None] = {}

    def collect(formula: Formula, positive: bool, forced: bool) -> None:
        match formula:
            case Atom(spec) if spec.name.startswith(MARKER):
                known = found.get(spec.name)
                found[spec.name] = known if known is not None or not forced else positive
            case Not(arg):
                collect(arg, not positive, forced)
            case And(args) | Or(args):
                every = isinstance(formula, And) == positive or len(args) == 1
                for arg in args:
                    collect(arg, positive, forced and every)
            case DualReading(decisive):
                collect(decisive, positive, forced)

    collect(formula, True, True)
    return found


def held(relation: Relation, truth: bool) -> Formula:
    """The condition that a relation holds, or that it does not, which stands nowhere in the query."""
    atom = Atom(relation.marker, Within((Interval(1, 1),)))
    return atom if truth else Not(atom)


_ALIKE = {
    (Kinship.CHILD, Kinship.CHILD),
    (Kinship.CHILD, Kinship.DESCENDANT),
    (Kinship.DESCENDANT, Kinship.DESCENDANT),
    (Kinship.EVENT, Kinship.EVENT),
}
"""Relations, the first of which makes the second one hold if the related event satisfies its query."""


def refused(relation: Relation, others: Sequence[Relation]) -> tuple[Formula, ...]:
    """What the event that a relation finds must not satisfy, so that none of the others holds."""
    conditions: list[Formula] = []
    for other in others:
        if (relation.kinship, other.kinship) in _ALIKE:
            conditions.append(Not(other.formula, other.span))
            if other.kinship is Kinship.DESCENDANT:
                conditions.append(held(other, False))
    return tuple(conditions)


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
