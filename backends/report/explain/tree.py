"""Condition tree of a rule, as text or Graphviz: dead parts are struck out, redundant parts are marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

from ..caret_text import visible
from .outline import NOTABLE, Alternative, Block, Choice, Condition, Entry, Outline, State, sift

_MOST_CHILDREN = 40
"""The maximum number of branches to draw per node, dead and redundant ones first."""
_STROKE = "\u0336"
"""The combining character that strikes out the character before it."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of the tree.

    Attributes:
        text: its label, safe for display.
        branches: its children.
        state: the state of an alternative.
        idle: whether it is redundant.
        leaf: whether it is a condition, rather than a heading of its children.
    """

    text: str
    branches: tuple[Branch, ...] = ()
    state: State | None = None
    idle: bool = False
    leaf: bool = False


def tree_of(name: str, outlines: tuple[Outline, ...]) -> Branch:
    """Build the tree of a rule.

    Args:
        name: the label of the root.
        outlines: the outlines of its programs.
    """
    if len(outlines) == 1:
        return _way(outlines[0], visible(name))
    ways = (_way(outline, f"way {number}") for number, outline in enumerate(outlines, start=1))
    return Branch(f"{visible(name)}: one of {len(outlines)} ways", tuple(ways))


def text_tree(root: Branch) -> str:
    """Render the tree as text, one line per node, with a final line break."""
    return "\n".join(_text_rows(root, "", "")) + "\n"


def dot_source(root: Branch) -> str:
    """Render the tree as Graphviz source, with all text of the rule escaped."""
    head = [
        "digraph rule {",
        '  graph [rankdir=LR, ranksep=0.4, nodesep=0.15, fontname="Helvetica"]',
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname="Helvetica", fontsize=11, margin="0.12,0.06"]',
        '  edge [arrowhead=none, color="#666666"]',
    ]
    return "\n".join([*head, *_dot_rows(root), "}"]) + "\n"


def _way(outlined: Outline, name: str) -> Branch:
    if len(outlined.items) == 1:
        below = _block(outlined.items[0].block)
    else:
        below = tuple(Branch(visible(item.title), _block(item.block)) for item in outlined.items)
    remarks = tuple(Branch(visible(remark), leaf=True) for remark in outlined.remarks)
    return Branch(f"{name}: {visible(outlined.heading)}", (*below, *remarks))


def _block(block: Block) -> tuple[Branch, ...]:
    conditions = sorted((condition for line in block.lines for condition in line.conditions), key=lambda entry: entry.span)
    return _bounded((*map(_condition, conditions), *map(_choice, block.choices)))


def _condition(condition: Condition) -> Branch:
    notable = [entry for entry in condition.entries if entry.redundant or entry.state in NOTABLE]
    written = f"{'not ' if condition.negated else ''}{condition.written}"
    return Branch(visible(written), _bounded(tuple(map(_entry, notable))), idle=condition.redundant, leaf=True)


def _entry(entry: Entry) -> Branch:
    return Branch(visible(entry.text), (), entry.state, entry.redundant, True)


def _choice(choice: Choice) -> Branch:
    alternatives = tuple(map(_alternative, choice.alternatives))
    return Branch("one of" if choice.chosen else "at least one of", _bounded(alternatives), idle=choice.redundant)


def _alternative(alternative: Alternative) -> Branch:
    below = _block(alternative.block)
    if len(below) == 1:
        return replace(below[0], state=alternative.state or below[0].state, idle=alternative.redundant or below[0].idle)
    return Branch("all of" if below else "anything", below, alternative.state, alternative.redundant)


def _bounded(branches: tuple[Branch, ...]) -> tuple[Branch, ...]:
    shown, left = sift([branch.idle or branch.state in NOTABLE for branch in branches], _MOST_CHILDREN)
    remaining = tuple(branches[at] for at in shown)
    return (*remaining, Branch(f"… {len(left)} more")) if left else remaining


# -- as text -------------------------------------------------------------------------------------


def _text_rows(branch: Branch, first: str, rest: str, dead: bool = False) -> Iterator[str]:
    dead = dead or branch.state is State.DEAD
    text = "".join(f"{char}{_STROKE}" for char in branch.text) if dead and branch.leaf else branch.text
    yield f"{first}{text}{_remark(branch)}"
    for at, below in enumerate(branch.branches):
        last = at + 1 == len(branch.branches)
        yield from _text_rows(below, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), dead)


def _remark(branch: Branch) -> str:
    words = [branch.state.value] if branch.state in NOTABLE else []
    words += ["changes nothing"] if branch.idle else []
    return f"  ({', '.join(words)})" if words else ""


# -- for Graphviz --------------------------------------------------------------------------------


def _dot_rows(root: Branch) -> Iterator[str]:
    stack: list[tuple[Branch, str | None, bool]] = [(root, None, False)]
    number = 0
    while stack:
        branch, above, struck = stack.pop()
        struck = struck or branch.state is State.DEAD
        node, number = f"n{number}", number + 1
        yield f"  {node} [label=<{_label(branch, struck)}>{_look(branch, struck)}]"
        if above is not None:
            yield f"  {above} -> {node}{' [style=dashed, color=red]' if struck else ''}"
        stack.extend((below, node, struck) for below in reversed(branch.branches))


def _label(branch: Branch, struck: bool) -> str:
    text = escape(branch.text) or " "
    remark = escape(_remark(branch).strip())
    return (f"<S>{text}</S>" if struck else text) + (f'<BR/><FONT POINT-SIZE="9">{remark}</FONT>' if remark else "")


def _look(branch: Branch, struck: bool) -> str:
    if struck:
        return ", color=red, fontcolor=red"
    if branch.idle:
        return ', color="#b8860b", fillcolor="#fff8dc"'
    if branch.state is State.UNDECIDED:
        return ", color=purple"
    return "" if branch.leaf else ', fillcolor="#eeeeee"'
