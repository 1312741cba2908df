"""Places: the parts of a normal form by their span in the query; one condition may become several parts.

``process*.name : x`` becomes an alternative for each field, an unquoted value of a text field an entry for each word, and
``length(f) != 2`` two ranges. A finding about a place holds only if it holds for all parts at that place.
"""

from __future__ import annotations

from collections.abc import Collection

from ...compiler.ir.formula import Atom, entries
from ...compiler.normal_form.alternatives import Path
from ...compiler.normal_form.nnf import Conj, Disj, Lit, Normal
from ...grammar.span import NOWHERE, Span


def parts_by_place(normal: Normal) -> dict[Span, list[Path]]:
    """Map each place to the paths of its parts, without those nested in a part at the same place."""
    paths: dict[Span, list[Path]] = {}
    stack: list[tuple[Path, Normal, frozenset[Span]]] = [((), normal, frozenset())]
    while stack:
        path, node, around = stack.pop()
        if node.span != NOWHERE and node.span not in around:
            paths.setdefault(node.span, []).append(path)
        inside = around | {node.span}
        match node:
            case Conj(args) | Disj(args):
                stack.extend(((*path, at), arg, inside) for at, arg in reversed(list(enumerate(args))))
            case Lit(Atom(_, test)) if len(entries(test)) > 1:
                for at, entry in enumerate(entries(test)):
                    if entry.span != NOWHERE and entry.span not in inside:
                        paths.setdefault(entry.span, []).append((*path, at))
    return paths


def is_within(path: Path, parts: Collection[Path]) -> bool:
    """Whether a path is that of one of the parts, or of a node inside it."""
    return any(path[:length] in parts for length in range(len(path) + 1))
