"""The rules that are measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.ir.program import Program
from triggerfish.compiler.schema.fields import Schema
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleError, find_rule_files
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.rule import parse_rule

TYPES = ("query", "eql")
SAMPLES = Path(__file__).resolve().parents[1] / "rules"


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule whose query decides alone what matches it.

    Attributes:
        path: its file.
        language, query, rule_id: its own.
        program: what it is compiled to.
    """

    path: Path
    language: str
    query: str
    rule_id: str
    program: Program

    @property
    def seed(self) -> str:
        """What names its run with seed 0, as for the command."""
        return f"0|{self.rule_id}|{self.query}"


def schema() -> Schema:
    """The field types that everything here is measured with."""
    return SourceEvents().schema


def settings(count: int) -> CompileOptions:
    """Settings for documents that have nothing beside what their rule asks for."""
    return CompileOptions(schema(), DEFAULT_START, count=count, format="none")


def subjects(folder: Path) -> list[Subject]:
    """All rules of a folder that have one program, in the order of their files."""
    listed: list[Subject] = []
    types = schema()
    for path in find_rule_files([folder]).files:
        try:
            rule = parse_rule(path.read_text(encoding="utf-8"), path)
            if rule.type not in TYPES or rule.language not in ("kuery", "eql") or rule.filters or rule.query is None:
                continue
            programs = compile_rule(rule, types, DEFAULT_START).programs
        except (RuleError, QuerySyntaxError, QueryError):
            continue
        if len(programs) == 1:
            listed.append(Subject(path, rule.language, rule.query, rule.rule_id, programs[0]))
    return listed


def evenly(subjects: Sequence[Subject], count: int) -> list[Subject]:
    """So many of them, as far apart as can be."""
    if len(subjects) <= count:
        return list(subjects)
    return [subjects[at * len(subjects) // count] for at in range(count)]
