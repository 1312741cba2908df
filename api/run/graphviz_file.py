"""Drawings of rules, in a file: by Graphviz, or as text."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from ...backends.report.rule_result import RuleResult
from ...grammar.errors import TriggerfishError
from .output_files import output

_AS_TEXT = (".txt", "")
_AS_SOURCE = (".dot", ".gv")
_BY_GRAPHVIZ = (".svg", ".png", ".pdf", ".jpg", ".webp", ".ps", ".eps")

_PACKAGE = "the Python package: pip install 'triggerfish[draw]'"
_PROGRAM = "Graphviz's program `dot`, which your system's package `graphviz` has"


class GraphvizError(TriggerfishError):
    """A drawing that cannot be made; the message says why and what to do."""


def refusal(path: str) -> str | None:
    """Why no drawing can ever be written to a path, by its suffix; None if one can."""
    suffix = _suffix(path)
    if suffix in (*_AS_TEXT, *_AS_SOURCE, *_BY_GRAPHVIZ):
        return None
    return f"`{suffix}` is not a drawing format: use {', '.join((*_BY_GRAPHVIZ, *_AS_SOURCE))} or .txt"


def draw(results: Sequence[RuleResult], path: str) -> None:
    """Draw a rule.

    Args:
        results: that of the rule, compiled with explanations wanted.
        path: what to write, in the form that its suffix names; ``-`` is standard output, as text.

    Raises:
        DrawingError: there is not one rule, it was not compiled, or what draws is missing.
        OutputError: the file cannot be written.
    """
    # Every run imports this module, and hardly any draws.
    from ...backends.report.explain.tree import dot_source, text_tree, tree_of

    if len(results) != 1:
        raise GraphvizError(f"exactly one rule can be drawn, not {len(results)}")
    (result,) = results
    if result.explanation is None:
        raise GraphvizError(f"{result.path} cannot be drawn: the rule is {result.status.value}")
    tree = tree_of(result.name or result.path, result.explanation.outlines)
    suffix = _suffix(path)
    if suffix in _AS_TEXT:
        drawn = text_tree(tree).encode("utf-8", "replace")
    elif suffix in _AS_SOURCE:
        drawn = dot_source(tree).encode("utf-8", "replace")
    elif missing := _missing():
        _fall_back(text_tree(tree))
        raise GraphvizError(f"`{path}` was not written, the tree is on standard output instead: drawing it needs {' and '.join(missing)}")
    else:
        drawn = _rendered(dot_source(tree), suffix[1:], path)
    with output(path) as stream:
        stream.write(drawn)


def _suffix(path: str) -> str:
    return "" if path == "-" else Path(path).suffix.lower()


def _missing() -> list[str]:
    found = [] if find_spec("graphviz") else [_PACKAGE]
    return found if shutil.which("dot") else [*found, _PROGRAM]


def _fall_back(text: str) -> None:
    with output("-") as stream:
        stream.write(text.encode("utf-8", "replace"))


def _rendered(source: str, kind: str, path: str) -> bytes:
    import graphviz

    try:
        drawn: bytes = graphviz.Source(source).pipe(format=kind)
        return drawn
    except (graphviz.ExecutableNotFound, subprocess.CalledProcessError, ValueError) as error:
        said = " ".join(str(getattr(error, "stderr", None) or error).split())[:200]
        raise GraphvizError(f"`{path}` was not written: graphviz failed: {said}") from None
