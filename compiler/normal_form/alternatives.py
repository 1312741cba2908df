"""The alternatives of a normal form, as its author wrote them.

An alternative is named by its path: the positions of the children on the way to it. A last position in an atom
names one entry of its list.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from ..ir.formula import Atom, Exists, Leaf, Predicate, Test, Truth, entries, term_fields, with_entries
from .nnf import Conj, Disj, Lit, Normal, Preferred

Path = tuple[int, ...]


def only_entries(test: Test, positions: list[int]) -> Test:
    """The test with these entries of its list."""
    listed = entries(test)
    return with_entries(test, [listed[position] for position in positions])


def offers_entries(normal: Normal) -> bool:
    """Whether a literal is a list of alternatives."""
    return isinstance(normal, Lit) and normal.positive and isinstance(normal.leaf, Atom) and len(entries(normal.leaf.test)) > 1


def forced(normal: Normal, path: Path) -> Normal:
    """The normal form in which every alternative on the way of the path is the one that the path takes."""
    if not path:
        return normal
    at, rest = path[0], path[1:]
    match normal:
        case Conj(args, span):
            return Conj((*args[:at], forced(args[at], rest), *args[at + 1 :]), span)
        case Disj(args):
            return forced(args[at], rest)
        case Lit(Atom(_, test) as leaf):
            return replace(normal, leaf=replace(leaf, test=only_entries(test, [at])), span=entries(test)[at].span)
    raise ValueError("the path leads nowhere")


def paths(normal: Normal) -> list[Path]:
    """The paths of all alternatives that have none below them, in query order; the empty one when there is no alternative."""
    found: list[Path] = []
    stack: list[tuple[Path, Normal, bool]] = [((), normal, False)]
    while stack:
        path, node, chosen = stack.pop()
        below: list[tuple[Path, Normal, bool]] = []
        match node:
            case Conj(args):
                below = [((*path, place), arg, False) for place, arg in enumerate(args)]
            case Disj(args, True):
                below = [((*path, place), arg, True) for place, arg in enumerate(args)]
            case Lit(Atom(_, test)) if offers_entries(node):
                found += [(*path, place) for place in range(len(entries(test)))]
                continue
        if chosen and not any(_offers(node) for _, node, _ in below):
            found.append(path)
        stack.extend(reversed(below))
    return found or [()]


def _offers(normal: Normal) -> bool:
    match normal:
        case Conj(args):
            return any(_offers(arg) for arg in args)
        case Disj(_, chosen):
            return chosen
    return offers_entries(normal)


def at(normal: Normal, path: Path) -> Normal:
    """What stands at a path: a part of the normal form, or a literal with one entry of its list."""
    for place in path:
        match normal:
            case Conj(args) | Disj(args):
                normal = args[place]
            case Lit():
                normal = forced(normal, (place,))
    return normal


def mandatory(normal: Normal, path: Path) -> list[Lit]:
    """The literals that must hold whenever the alternatives on the way of a path are taken, in order."""
    found: list[Lit] = []
    match normal:
        case Conj(args):
            for place, arg in enumerate(args):
                found += mandatory(arg, path[1:] if path and place == path[0] else ())
        case Disj(args):
            if path:
                found += mandatory(args[path[0]], path[1:])
        case Preferred(decisive, _):
            found += mandatory(decisive, ())
        case Lit():
            found.append(normal)
    return found


def replaced(normal: Normal, path: Path, part: Normal) -> Normal:
    """The normal form with another part at a path, and every alternative on the way the one that the path takes."""
    if not path:
        return part
    place, rest = path[0], path[1:]
    match normal:
        case Conj(args, span):
            return Conj((*args[:place], replaced(args[place], rest, part), *args[place + 1 :]), span)
        case Disj(args):
            return replaced(args[place], rest, part)
    raise ValueError("the path leads nowhere")


def negated(normal: Normal) -> Normal:
    """The normal form of what is true where this one is not; literals keep their places."""
    match normal:
        case Conj(args, span):
            return Disj(tuple(negated(arg) for arg in args), False, span)
        case Disj(args, _, span):
            return Conj(tuple(negated(arg) for arg in args), span)
        case Preferred(decisive, literal, by_version=True):
            return replace(normal, decisive=negated(literal), literal=negated(decisive))
        case Preferred(decisive, literal, span):
            return Preferred(negated(decisive), negated(literal), span)
        case Lit(Truth()):
            return Conj((), normal.span)
        case Lit(_, positive):
            return replace(normal, positive=not positive)


def relaxed(normal: Normal, fields: Collection[str]) -> Normal:
    """What the normal form says of some fields (by the names under which they are stored): all else is taken for true.

    What this weaker form cannot be, the whole cannot be either.
    """
    match normal:
        case Conj(args, span):
            return Conj(tuple(part for arg in args if (part := relaxed(arg, fields)) != Conj(())), span)
        case Disj(args, chosen, span):
            parts = tuple(relaxed(arg, fields) for arg in args)
            return Conj(()) if Conj(()) in parts else Disj(parts, chosen, span)
        case Preferred(decisive, _):
            return relaxed(decisive, fields)
        case Lit(leaf):
            return normal if stored_fields(leaf) <= set(fields) else Conj(())


def without(normal: Normal, literals: Collection[Lit]) -> Normal:
    """The normal form without some of its literals; entries that are given of an excluded list are taken off the list."""
    match normal:
        case Conj(args, span):
            return Conj(tuple(without(arg, literals) for arg in args), span)
        case Disj(args, chosen, span):
            return Disj(tuple(without(arg, literals) for arg in args), chosen, span)
        case Preferred(decisive, literal):
            return replace(normal, decisive=without(decisive, literals), literal=without(literal, literals))
        case Lit(leaf, _, place):
            gone = [literal.leaf for literal in literals if literal.place == place]
            if not gone:
                return normal
            if leaf in gone or not isinstance(leaf, Atom):
                return Conj(())
            listed = {entry for other in gone if isinstance(other, Atom) for entry in entries(other.test)}
            left = [entry for entry in entries(leaf.test) if entry not in listed]
            return replace(normal, leaf=replace(leaf, test=with_entries(leaf.test, left))) if left else Conj(())


def stored_fields(leaf: Leaf | Truth) -> set[str]:
    """The names under which the fields of a leaf are stored."""
    match leaf:
        case Truth():
            return set()
        case Predicate(term):
            return {spec.stored for spec in term_fields(term)}
        case Atom(spec) | Exists(spec):
            return {spec.stored}


def with_exclusions_apart(normal: Normal) -> Normal:
    """The normal form in which every entry of an excluded list is an exclusion of its own, so that a core names the entry."""
    match normal:
        case Conj(args, span):
            return Conj(tuple(with_exclusions_apart(arg) for arg in args), span)
        case Disj(args, chosen, span):
            return Disj(tuple(with_exclusions_apart(arg) for arg in args), chosen, span)
        case Preferred(decisive):
            return replace(normal, decisive=with_exclusions_apart(decisive))
        case Lit(Atom(_, test) as leaf, False) if len(entries(test)) > 1:
            places = range(len(entries(test)))
            parts = (
                replace(normal, leaf=replace(leaf, test=only_entries(test, [place])), span=entries(test)[place].span) for place in places
            )
            return Conj(tuple(parts), normal.span)
        case Lit():
            return normal


def pruned(normal: Normal, dead: set[Path], path: Path = ()) -> Normal:
    """The normal form without its dead alternatives."""
    match normal:
        case Conj(args, span):
            return Conj(tuple(pruned(arg, dead, (*path, at)) for at, arg in enumerate(args)), span)
        case Disj(args, chosen, span):
            kept = tuple(pruned(arg, dead, (*path, at)) for at, arg in enumerate(args) if (*path, at) not in dead)
            return Disj(kept, chosen, span)
        case Lit(Atom(_, test) as leaf) if offers_entries(normal):
            live = [at for at in range(len(entries(test))) if (*path, at) not in dead]
            return normal if len(live) == len(entries(test)) else replace(normal, leaf=replace(leaf, test=only_entries(test, live)))
        case Preferred() | Lit():
            return normal
