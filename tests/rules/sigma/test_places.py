"""Findings and errors of Sigma rules stand at their places in the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleMember
from triggerfish.api.run.options import CompileOptions
from triggerfish.backends.report.rule_result import RuleResult
from triggerfish.compiler.schema.built_in import built_in_schema
from triggerfish.rules.errors import RuleError
from triggerfish.rules.rule_files import members_of, read_members

RULE = """\
title: A rule
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    {field}: {value}
  condition: {condition}
"""


def result_of(text: str) -> RuleResult:
    (member,) = members_of(text.encode(), Path("rule.yml"))
    return compile_source(RuleMember(member), CompileOptions(built_in_schema(), 0, count=0))


def found(text: str) -> list[tuple[str, str]]:
    """The codes of findings, with the text at their first place in the file."""
    result = result_of(text)
    return [(each.code, text[each.spans[0].start : each.spans[0].end]) for each in result.findings if each.spans]


@pytest.mark.parametrize(
    ("field", "value", "condition", "code", "place"),
    [
        ("Image|ends", "x", "selection", "rule", "Image|ends"),
        ("Image", "x", "selection and other", "rule", "other"),
        ("Image", "x", "selection and 1 of filter_*", "rule", "filter_*"),
        ("Image", "x", "selection selection", "syntax", "selection"),
        ("Image", "x", "selection | count() > 5", "syntax", "|"),
        ("Image|re", r"'(a)\1'", "selection", "unsupported", r"'(a)\1'"),
        ("Image|re", r"'(?>a)b'", "selection", "unsupported", "'(?>a)b'"),
        ("Image|re", "'(a'", "selection", "rule", "'(a'"),
        ("Image|expand", "'%a%'", "selection", "unsupported", "'%a%'"),
        ("Image|cidr", "10.0.0.0/99", "selection", "rule", "10.0.0.0/99"),
        ("Image|exists", "maybe", "selection", "rule", "maybe"),
        ("Image|lt", "many", "selection", "rule", "many"),
        ("Image|week", "3", "selection", "unsupported", "Image|week"),
        ("Image|base64", "'a*'", "selection", "rule", "'a*'"),
        ("Image", "[]", "selection", "rule", "Image: []"),
        ("Image", "x", "2 of selection", "rule", "2 of selection"),
    ],
)
def test_errors(field: str, value: str, condition: str, code: str, place: str) -> None:
    assert found(RULE.format(field=field, value=value, condition=condition)) == [(code, place)]


def test_a_proof_stands_at_the_conditions() -> None:
    text = "title: t\nlogsource: {product: windows}\ndetection:\n  a:\n    X: one\n  b:\n    X|endswith: wo\n  condition: a and b\n"
    (finding,) = result_of(text).findings
    assert [text[span.start : span.end] for span in finding.spans] == ["X: one", "X|endswith: wo"]


def test_an_entry_of_a_list_has_its_own_place() -> None:
    text = "title: t\nlogsource: {product: windows}\ndetection:\n  a:\n    X|contains:\n      - abc\n      - 'b'\n  condition: a\n"
    assert found(text) == [("redundant-condition", "abc")]


def test_five_dashes_are_one_condition() -> None:
    text = "title: t\nlogsource: {product: windows}\ndetection:\n  a:\n    X|contains|windash: [' -f', ' -fo']\n  condition: a\n"
    assert found(text) == [("redundant-condition", "' -fo'")]


def test_a_search_that_is_used_twice_is_redundant_only_if_it_is_everywhere() -> None:
    detection = "  a:\n    X: 1\n  b:\n    Y: 1\n  condition: (a and b) or (a and not b) or b\n"
    text = f"title: t\nlogsource: {{product: windows}}\ndetection:\n{detection}"
    assert all(place != "X: 1" for _, place in found(text))


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("title: t\ndetection:\n  a: {b: 1}\n  condition: a\n", "a Sigma rule needs a `logsource`", 1),
        ("title: t\nlogsource: x\ndetection:\n  a: {b: 1}\n  condition: a\n", "`logsource` is not a mapping", 2),
        ("title: t\nlogsource: {product: x}\ndetection: []\n", "`detection` is not a mapping", 3),
        ("title: t\nlogsource: {product: x\ndetection: []\n", "not valid YAML: expected ',' or '}', but got ':'", 3),
    ],
)
def test_files_that_are_not_rules(text: str, message: str, line: int) -> None:
    (member,) = members_of(text.encode(), Path("rule.yml"))
    assert isinstance(member.rule, RuleError)
    assert (member.rule.message, member.rule.line) == (message, line)


def test_global_documents_and_filters() -> None:
    text = """\
action: global
title: Shared
logsource:
  product: windows
---
detection:
  a: {X: 1}
  condition: a
---
title: Second
detection:
  a: {X: [2, 3]}
  condition: a
---
title: Leave some out
logsource:
  product: windows
filter:
  rules: [Second]
  mine: {X: 2}
  condition: not mine
"""
    first, second = (member.rule for member in members_of(text.encode(), Path("rules.yml")))
    assert not isinstance(first, RuleError) and not isinstance(second, RuleError)
    assert (first.name, second.name) == ("Shared", "Second")
    assert first.matches({"X": 1}) and second.matches({"X": 3})
    assert not second.matches({"X": 2})


def test_rules_without_a_name_are_recognised() -> None:
    text = b"title: t\nlogsource: {product: windows}\ndetection:\n  a: {X: 1}\n  condition: a\n"
    (member,) = members_of(text, Path("<stdin>"))
    assert not isinstance(member.rule, RuleError)


def test_line_breaks_of_windows(tmp_path: Path) -> None:
    text = "title: t\r\nlogsource: {product: windows}\r\ndetection:\r\n  a:\r\n    X: 1\r\n  b:\r\n    X: 2\r\n  condition: a and b\r\n"
    path = tmp_path / "rule.yml"
    path.write_bytes(text.encode())
    (member,) = read_members(path)
    result = compile_source(RuleMember(member), CompileOptions(built_in_schema(), 0, count=0))
    assert [text[span.start : span.end] for span in result.findings[0].spans] == ["X: 1", "X: 2"]
