"""Golden cases: what a query's tree is, node by node with the text it covers, or the error a user sees."""

from __future__ import annotations

import tomllib
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.eql import printer as eql_printer
from triggerfish.grammar.kuery import parser as kuery
from triggerfish.grammar.kuery import printer as kuery_printer
from triggerfish.grammar.syntax_error import QuerySyntaxError

LANGUAGES: dict[str, tuple[Any, Any]] = {"kuery": (kuery, kuery_printer), "eql": (eql, eql_printer)}


def load_cases() -> list[Any]:
    found = []
    for language in LANGUAGES:
        path = Path(__file__).parents[1] / "cases" / f"syntax_{language}.toml"
        cases = tomllib.loads(path.read_text(encoding="utf-8"))["case"]
        found += [pytest.param(language, case, id=f"{language}: {case['name']}") for case in cases]
    return found


@pytest.mark.parametrize(("language", "case"), load_cases())
def test_case(language: str, case: dict[str, str]) -> None:
    parser, printer = LANGUAGES[language]
    if "error" in case:
        with pytest.raises(QuerySyntaxError) as raised:
            parser.parse(case["query"])
        assert str(raised.value) == case["error"].rstrip("\n")
        assert raised.value.language == language
        return
    tree = parser.parse(case["query"])
    assert outline(tree, case["query"]) == case["tree"].strip("\n")
    printed = printer.render(tree)
    assert printed == case.get("printed", case["query"]).strip("\n")
    assert parser.parse(printed) == tree


def outline(node: Any, text: str, indent: str = "") -> str:
    """One line for a node: its type, its plain attributes, the text it covers; its children below."""
    covered = text[node.span.start : node.span.end]
    plain, children = [type(node).__name__], []
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        parts = value if isinstance(value, tuple) else (value,)
        if name == "span" or name.endswith("_span"):
            continue
        if parts and all(hasattr(part, "span") for part in parts):
            children += [outline(part, text, indent + "  ") for part in parts]
        elif value is not None and value is not False and value != ():
            shown = value.value if isinstance(value, Enum) else value
            plain.append(f"{name}={shown!r}")
    escaped = covered.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
    return "\n".join([f"{indent}{' '.join(plain)} | {escaped}".rstrip(), *children])
