"""Sigma rules on events: the product, the second evaluator and the cases agree."""

from __future__ import annotations

import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from triggerfish import Rule, SourceEvents
from triggerfish.api.errors import UnsolvableError
from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleMember
from triggerfish.api.run.options import CompileOptions
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.rules.rule_files import members_of

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))
from benchmarks.sigma_evaluator import evaluate, flat_event  # noqa: E402

CASES = tomllib.loads((ROOT / "tests" / "cases" / "sigma.toml").read_text(encoding="utf-8"))["case"]


def text_of(case: dict[str, Any]) -> str:
    source = case.get("logsource", "{product: windows}")
    return f"title: t\nlogsource: {source}\ndetection:\n{textwrap.indent(case['detection'].strip(), '  ')}\n"


def compiled(text: str, count: int = 0) -> Any:
    (member,) = members_of(text.encode(), Path("rule.yml"))
    return compile_source(RuleMember(member), CompileOptions(built_in_schema(), 1_704_067_200_000, count=count))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_events(case: dict[str, Any]) -> None:
    text = text_of(case)
    rule = Rule.from_sigma(text)
    for event in case.get("match", ()):
        assert rule.matches(event), event
    for event in case.get("miss", ()):
        assert not rule.matches(event), event
    if case.get("evaluated", True):
        source = yaml.safe_load(text)
        assert all(evaluate(source, flat_event(event)) for event in case.get("match", ()))
        assert not any(evaluate(source, flat_event(event)) for event in case.get("miss", ()))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_documents(case: dict[str, Any]) -> None:
    text = text_of(case)
    result = compiled(text)
    assert result.status == case.get("status", "ok"), result.findings
    assert sorted({finding.code for finding in result.findings if finding.severity == "warning"}) == case.get("findings", [])
    rule = Rule.from_sigma(text)
    if result.status != "ok":
        with pytest.raises(UnsolvableError):
            SourceEvents.from_rule(rule)
        return
    source = yaml.safe_load(text)
    events = SourceEvents.from_rule(rule)
    for _ in range(10):
        (document,) = next(events)
        assert rule.matches(document)
        if case.get("evaluated", True):
            assert evaluate(source, flat_event(document)), document
