"""Mutants of source code: one comparison, ``and`` or ``or``, ``+`` or ``-``, or ``not`` flipped."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_FLIPPED = {
    "==": "!=",
    "!=": "==",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "is": "is not",
    "is not": "is",
    "in": "not in",
    "not in": "in",
    "and": "or",
    "or": "and",
    "+": "-",
    "-": "+",
    "+=": "-=",
    "-=": "+=",
}
_NO_NUMBERS = (ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp)


@dataclass(frozen=True, slots=True)
class CodeMutant:
    """One change of a file.

    Attributes:
        file: relative to the tree.
        line: where the operator stands, from 1.
        lines: the first and the last line of the expression that the operator belongs to.
        statement: the first line of the statement around it.
        start, end: what is replaced, as offsets into the text.
        before, after: the text that is replaced, and its replacement.
    """

    file: str
    line: int
    lines: tuple[int, int]
    statement: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, text: str) -> str:
        """The text of the file with the change."""
        return text[: self.start] + self.after + text[self.end :]


def code_mutants(root: Path, file: str) -> list[CodeMutant]:
    """All mutants of a file, in the order of their positions."""
    text = (root / file).read_text(encoding="utf-8")
    source = _Source(text)
    found: set[CodeMutant] = set()
    for node, statement in _nodes(ast.parse(text)):
        for start, end, after in source.changes(node):
            line = text.count("\n", 0, start) + 1
            whole = node.test if isinstance(node, ast.If) else node
            lines = (whole.lineno, whole.end_lineno or whole.lineno)
            found.add(CodeMutant(file, line, lines, statement, start, end, text[start:end], after))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end))


_Node = ast.expr | ast.AugAssign | ast.If


def _nodes(tree: ast.AST, statement: int = 1) -> Iterator[tuple[_Node, int]]:
    """Nodes that may have an operator, each with the first line of its statement. Assertions and imports for types do not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            continue
        inner = node.lineno if isinstance(node, ast.stmt) else statement
        if isinstance(node, _Node):
            yield node, inner
        yield from _nodes(node, inner)


class _Source:
    """A text with its tokens, addressed as `ast` addresses it."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))
        self._operators = [
            (self._starts[token.start[0] - 1] + token.start[1], token.string)
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
            if token.string in _FLIPPED or token.string == "not"
        ]

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())

    def _start(self, node: ast.AST) -> int:
        return self._offset(node.lineno, node.col_offset)  # type: ignore[attr-defined]

    def _end(self, node: ast.AST) -> int:
        return self._offset(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def _between(self, left: ast.AST, right: ast.AST) -> tuple[int, int, str] | None:
        """The operator between two operands, flipped."""
        first, last = self._end(left), self._start(right)
        tokens = [(at, text) for at, text in self._operators if first <= at < last]
        if not tokens:
            return None
        start, end = tokens[0][0], tokens[-1][0] + len(tokens[-1][1])
        return start, end, _FLIPPED[" ".join(text for _, text in tokens)]

    def changes(self, node: _Node) -> Iterator[tuple[int, int, str]]:
        """Start, end and replacement of each change to the operators of a node."""
        pairs: list[tuple[ast.AST, ast.AST]] = []
        match node:
            case ast.Compare(left=left, comparators=comparators):
                pairs = list(zip((left, *comparators), comparators, strict=False))
            case ast.BoolOp(values=values):
                pairs = list(pairwise(values))
            case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right) if _may_be_numbers(left, right):
                pairs = [(left, right)]
            case ast.AugAssign(target=target, op=ast.Add() | ast.Sub(), value=value) if _may_be_numbers(value):
                pairs = [(target, value)]
            case ast.UnaryOp(op=ast.Not()):
                yield self._start(node), self._start(node) + len("not "), ""
            case ast.If(test=ast.Name() | ast.Call() | ast.Attribute() as test):
                yield self._start(test), self._start(test), "not "
        yield from filter(None, (self._between(left, right) for left, right in pairs))


def _may_be_numbers(*operands: ast.AST) -> bool:
    return not any(
        isinstance(operand, _NO_NUMBERS) and not (isinstance(operand, ast.Constant) and isinstance(operand.value, (int, float)))
        for operand in operands
    )
