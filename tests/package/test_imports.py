"""Imports as the tree lies: every relative import leads to a module, and modules do not import each other in circles.

Read from the syntax trees of the files, so that imports inside functions count. Those under ``TYPE_CHECKING`` must resolve too,
but are left out of the circles: they never run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("triggerfish", "api", "backends", "compiler", "grammar", "rules")


@dataclass(frozen=True, slots=True)
class Import:
    """A relative import: the file, its line, the module it leads to, the names it takes, and whether it ever runs."""

    path: Path
    line: int
    module: tuple[str, ...]
    names: tuple[str, ...]
    runs: bool


def modules() -> dict[tuple[str, ...], Path]:
    """The files by the names of their modules below the package; the package itself is the empty name."""
    found: dict[tuple[str, ...], Path] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            parts = parts[1:] if folder == "triggerfish" else parts
            found[parts[:-1] if parts[-1] == "__init__" else parts] = path
    return found


def imports_of(path: Path, name: tuple[str, ...]) -> Iterator[Import]:
    package = name if path.stem == "__init__" else name[:-1]
    yield from _imports(ast.parse(path.read_text(encoding="utf-8")), path, package, True)


def _imports(node: ast.AST, path: Path, package: tuple[str, ...], runs: bool) -> Iterator[Import]:
    if isinstance(node, ast.ImportFrom) and node.level:
        above = package[: len(package) - node.level + 1]
        module = (*above, *(node.module.split(".") if node.module else ()))
        yield Import(path, node.lineno, module, tuple(alias.name for alias in node.names), runs)
    guarded = isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
    for child in ast.iter_child_nodes(node):
        skipped = guarded and isinstance(node, ast.If) and child in node.body
        yield from _imports(child, path, package, runs and not skipped)


def graph(known: Mapping[tuple[str, ...], Path]) -> dict[str, set[str]]:
    """For each module those that it imports when it runs; the packages around a module do not count."""
    edges: dict[str, set[str]] = {}
    for name, path in known.items():
        targets = edges.setdefault(".".join(name), set())
        for each in imports_of(path, name):
            for imported in each.names if each.runs else ():
                inner = (*each.module, imported)
                targets.add(".".join(inner if inner in known else each.module))
    return edges


def cycles(edges: Mapping[str, set[str]]) -> frozenset[frozenset[str]]:
    """The sets of more than one module that reach each other, and modules that import themselves (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: set[frozenset[str]] = set()

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for target in sorted(edges.get(node, ())):
            if target not in index:
                visit(target)
                low[node] = min(low[node], low[target])
            elif target in stack:
                low[node] = min(low[node], index[target])
        if low[node] == index[node]:
            at = stack.index(node)
            component = frozenset(stack[at:])
            del stack[at:]
            if len(component) > 1 or node in edges.get(node, ()):
                found.add(component)

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return frozenset(found)


def test_every_relative_import_leads_to_a_module() -> None:
    known = modules()
    astray = [
        f"{each.path.relative_to(ROOT)}:{each.line}: {'.'.join(each.module)}"
        for name, path in known.items()
        for each in imports_of(path, name)
        if each.module not in known
    ]
    assert astray == []
    assert len(known) > 200


def test_modules_do_not_import_each_other_in_circles() -> None:
    assert cycles(graph(modules())) == frozenset()


def test_circles_are_found() -> None:
    assert cycles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set(), "e": {"e"}}) == {frozenset("abc"), frozenset("e")}


def test_imports_inside_functions_count_and_those_for_types_do_not(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        "from . import a\nif TYPE_CHECKING:\n    from .b import c\nelse:\n    from .d import e\ndef f():\n    from ..g import h\n",
        encoding="utf-8",
    )
    found = [(".".join(each.module), each.names, each.runs) for each in imports_of(path, ("p", "m"))]
    assert found == [("p", ("a",), True), ("p.b", ("c",), False), ("p.d", ("e",), True), ("g", ("h",), True)]
