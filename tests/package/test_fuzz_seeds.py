"""What fuzzing found: each input that once ended in a traceback, a hang or a wrong exit code, and what it gives now."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from bad_inputs import rule
from compile_rule import main
from triggerfish import SourceEvents
from triggerfish.compiler.schema.load import SchemaError, load_schema
from triggerfish.rules import Rule, RuleError
from triggerfish.rules.rule_files import members_of

QUERIES = {
    'any where a == ("x" - "y")': (2, "an operand of `-` must be a number, not `\"x\"`"),
    'any where -"x" == 1': (2, "an operand of `-` must be a number"),
    'any where "a" * a == 5': (2, "an operand of `*` must be a number"),
    'any where concat(a, "b") * 100000000 == "x"': (2, "must be a number, not `concat(a, \"b\")`"),
    'any where length(5 + a) == 1': (2, "argument 1 of `length` must be a string"),
    "any where 1e308 * 1e308 == a": (2, "the number is too large"),
    'any where substring("abc", 1.5) == "x"': (2, "argument 2 of `substring` must be an integer"),
    'any where indexOf(a, "x", 1e300) == 1': (2, "argument 3 of `indexOf` must be an integer"),
    'any where "a" < 5': (1, "no event can match"),
    "any where 5 / 0 == 1": (1, "query: `5 / 0 == 1` is never true"),
    "any where not 5 == 5": (1, "query: `5 == 5` is never false"),
    "any where length(process.name) > 9223372036854775808": (1, "requires a longer text than the type keyword indexes"),
    'any where wildcard(5, "a")': (2, "an operand of `:` must be a string, not `5`"),
    "any where a == 1 or 5 / 0 == 1": (0, "warning[dead-alternative]"),
    'any where not 5 == "x"': (1, "query: `not 5 == \"x\"` is never true"),
    'any where substring(a, process.entity_score) == "x"': (0, "1 document"),
}  # fmt: skip

FILES = {
    "a type that is a table": ("a.yaml", b"- h: a\n  type:\n    y:\n", "no rules in this file"),
    "an escape beyond all": ("a.yaml", b'- "\\U92233720', "not valid YAML"),
    "a NUL byte on the second line": ("a.yaml", b'"\n\x00l', "the file holds a NUL character"),
    "lines that only YAML ends": ("a.yaml", "a: b\u2028c: [\u0085".encode(), "not valid YAML"),
}

SCHEMAS = {
    "a factor that no float holds": ('{"a": {"type": "scaled_float", "scaling_factor": 1' + "0" * 400 + "}}", "yml"),
    "a factor of nothing": ('{"a": {"type": "scaled_float", "scaling_factor": 0}}', "json"),
    "a factor that is no number": ("a: {type: scaled_float, scaling_factor: .nan}", "yml"),
    "a template for no path": ('{"properties": {}, "dynamic_templates": [{"x": {"path_match": [5]}}]}', "json"),
}


@pytest.mark.parametrize("query", QUERIES)
def test_queries(query: str) -> None:
    code, says = QUERIES[query]
    found = CliRunner().invoke(main, ["--timeout", "2", "--language", "eql", "--query", query])
    assert (found.exit_code, says in found.stderr, "triggerfish itself" in found.stderr) == (code, True, False), found.stderr


def test_a_name_of_asterisks() -> None:
    args = ["--timeout", "5", "--language", "kuery", "--query", f"{'*' * 30}b{'*' * 30}q{'*' * 30}: x"]
    assert CliRunner().invoke(main, args).exit_code == 0


def test_arithmetic_of_fields_stays() -> None:
    for query in (
        "any where a - b == 1",
        "any where -(a) == 1",
        'any where substring(a, length(b) - 1) == "x"',
    ):
        assert SourceEvents.from_query(query).emit()


@pytest.mark.parametrize("name", FILES)
def test_files(name: str, tmp_path: Path) -> None:
    file, content, says = FILES[name]
    (member,) = members_of(content, Path(file))
    assert isinstance(member.rule, RuleError) and says in member.rule.message
    (tmp_path / file).write_bytes(content)
    (tmp_path / "good.toml").write_bytes(rule("a : b"))
    found = CliRunner().invoke(main, [str(tmp_path / file), str(tmp_path)])
    assert (found.exit_code, len(found.stdout.splitlines())) == (2, 1)
    assert "triggerfish itself" not in found.stderr


def test_a_block_that_the_file_ends_at() -> None:
    (member,) = members_of(b"type: query\nquery: |", Path("a.yaml"))
    assert isinstance(member.rule, Rule) and member.rule.query == ""


def test_a_start_that_no_date_has() -> None:
    with pytest.raises(ValueError, match="outside the years 1 to 9999"):
        SourceEvents(start=1 << 64)


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas(name: str, tmp_path: Path) -> None:
    content, suffix = SCHEMAS[name]
    (tmp_path / f"s.{suffix}").write_text(content)
    with pytest.raises(SchemaError):
        load_schema(tmp_path / f"s.{suffix}")
