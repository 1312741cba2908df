"""The cases under ``cases/kuery`` and ``cases/eql``: a query with documents, or with the error that it gives."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.lower.context import Lowering
from triggerfish.compiler.lower.eql.program import lower_eql
from triggerfish.compiler.lower.kuery import lower_kuery
from triggerfish.compiler.schema.fields import Schema, ecs_schema
from triggerfish.compiler.schema.load import schema_from
from triggerfish.grammar.eql import parser as eql
from triggerfish.grammar.kuery import parser as kuery

NOW = 1_704_067_200_000
"""2024-01-01T00:00:00Z."""


def load_cases(*, errors: bool) -> list[Any]:
    """The cases of both languages that have an error, or those that have documents, as parameters (language, case)."""
    found = []
    for path in sorted(Path(__file__).with_name("cases").glob("*/*.toml")):
        if path.parent.name in ("kuery", "eql"):
            for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
                if ("error" in case) == errors:
                    found.append(pytest.param(path.parent.name, case, id=f"{path.parent.name}/{path.stem}: {case['name']}"))
    return found


def schema_of(case: dict[str, Any]) -> Schema:
    """The case's schema (``{field = "type"}``, or what the field table has for a field), else ECS."""
    if "schema" not in case:
        return ecs_schema()
    return schema_from({name: entry if isinstance(entry, dict) else {"type": entry} for name, entry in case["schema"].items()})


def lower_case(language: str, case: dict[str, Any]) -> tuple[Formula, Lowering]:
    """The formula of a case's query, which has one event."""
    query, schema = case["query"], schema_of(case)
    if language == "eql":
        program, context = lower_eql(eql.parse(query), query, schema, NOW)
    else:
        program, context = lower_kuery(kuery.parse(query), query, schema, NOW)
    return program.steps[0].formula, context
