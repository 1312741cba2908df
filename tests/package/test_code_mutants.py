"""The mutants of source code that measure how much the tests notice."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))

from benchmarks.code_mutants import code_mutants  # noqa: E402


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a == b\n", ["a != b\n"]),
        ("é and (b or\n c)\n", ["é or (b or\n c)\n", "é and (b and\n c)\n"]),
        ("a < b >= c\n", ["a <= b >= c\n", "a < b > c\n"]),
        ("a is not b\n", ["a is b\n"]),
        ("a not in (b)\n", ["a in (b)\n"]),
        ("not (a)\n", ["(a)\n"]),
        ("a = 1 - b + -c\n", ["a = 1 + b + -c\n", "a = 1 - b - -c\n"]),
        ("a += 1\n", ["a -= 1\n"]),
        ("if a:\n    b\n", ["if not a:\n    b\n"]),
        # Sums of texts and lists cannot be differences; what only a type checker reads is not run.
        ("a + 'b'\n", []),
        ("if TYPE_CHECKING:\n    a == b\n", []),
        ("assert a == b\n", []),
    ],
)
def test_one_operator_is_flipped(source: str, changed: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    mutants = code_mutants(tmp_path, "a.py")
    assert [mutant.apply(source) for mutant in mutants] == changed
    assert [mutant.line for mutant in mutants] == [source.count("\n", 0, mutant.start) + 1 for mutant in mutants]


def test_mutants_of_the_product_are_python() -> None:
    file = "compiler/semantics/match_stream.py"
    text = (ROOT / file).read_text(encoding="utf-8")
    mutants = code_mutants(ROOT, file)
    assert len(mutants) > 30
    for mutant in mutants:
        ast.parse(mutant.apply(text))
