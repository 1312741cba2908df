"""``--fix`` and ``--diff``: rewrite rules where what is meant is certain, and compare what they match."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from ...backends.compare.comparison import Comparison, Outcome, Relation
from ...backends.compare.programs import compare_programs
from ...backends.decide.solve_rule import solve_rule
from ...backends.limits import Limits, Strategy, TimeUpError
from ...compiler.diagnostics.checks.checked_query import CheckedQuery
from ...compiler.diagnostics.checks.table import read_findings
from ...compiler.diagnostics.diagnostic import Diagnostic, QueryError
from ...compiler.diagnostics.fixes import FIXES, Edit, edited, edits_of
from ...compiler.schema.fields import Schema
from ...grammar.syntax_error import QuerySyntaxError
from ...rules import Rule, RuleError
from ...rules.lowering.compile_rule import RuleCompilation, compile_rule
from ...rules.reading.text_file import read_text
from ...rules.rule import parse_rule
from ..start_time import DEFAULT_START
from .rule_comments import ignored_codes
from .run_options import RunOptions
from .selection import ignored_in
from .time_limit import time_limit

_MOST_ROUNDS = 5
"""A fix can lead to another one: an entry that is a duplicate once its case is right."""


@dataclass(frozen=True, slots=True)
class FixedRule:
    """A rule with fixes.

    Attributes:
        path: its file.
        old, new: the text of the file.
        codes: the codes of the findings that were fixed, each once.
        edits: how many places were edited.
        comparison: what the fixes did to what the rule matches.
    """

    path: Path
    old: str
    new: str
    codes: tuple[str, ...]
    edits: int
    comparison: Comparison

    def diff(self) -> str:
        """The change as a unified diff."""
        old, new = (text.splitlines(keepends=True) for text in (self.old, self.new))
        return "".join(difflib.unified_diff(old, new, str(self.path), str(self.path)))

    def effect(self) -> str:
        """What the fixes did to what the rule matches, in a sentence."""
        if self.comparison.relation is Relation.EQUIVALENT:
            return "matches the same events (proved)"
        for what, side in (("gained", self.comparison.won), ("lost", self.comparison.lost)):
            if side.outcome is Outcome.WITNESS:
                events = " ".join(orjson.dumps(document, default=str).decode() for document in side.parts[0].documents)
                return f"changes which events match; {what}: {events}"
        return f"whether it matches the same events is unknown: {self.comparison.won.why or self.comparison.lost.why}"


def fix_rule(path: Path, options: RunOptions, schema: Schema) -> FixedRule | None:
    """The rule in a TOML file with fixes; None if there is nothing to fix, or if it cannot be compiled.

    Args:
        path: the file.
        options: which findings are ignored, and the limits.
        schema: field types.
    """
    try:
        with time_limit(options.timeout * _MOST_ROUNDS):
            return _fixed(path, options, schema)
    except (TimeUpError, RuleError, QuerySyntaxError, QueryError):
        return None


def _fixed(path: Path, options: RunOptions, schema: Schema) -> FixedRule | None:
    old = text = read_text(path)
    wanted = _wanted(path, old, options)
    found: dict[str, None] = {}
    count = 0
    before = _compiled(old, path, schema)
    rule, compiled = before
    for _ in range(_MOST_ROUNDS):
        query = CheckedQuery(compiled.programs[0], schema, rule.language, compiled.tree)
        findings = _findings(compiled, query, options)
        edits = edits_of(findings, query, wanted)
        changed = _in_file(text, rule, edits)
        if changed is None:
            break
        # A fix that does not compile is not one.
        rule, compiled = _compiled(changed, path, schema)
        text, count = changed, count + len(edits)
        found.update(dict.fromkeys(finding.code for finding in findings if finding.code in wanted and edits_of([finding], query, wanted)))
    if text == old:
        return None
    return FixedRule(path, old, text, tuple(found), count, compare_programs(before[1].programs, compiled.programs, most=1))


def _wanted(path: Path, text: str, options: RunOptions) -> Collection[str]:
    """The codes that are fixed in a file: those that are reported."""
    ignored = ignored_in(options, path) | ignored_codes(text)
    return [code for code in FIXES if code not in ignored and (options.select is None or code in options.select)]


def _compiled(text: str, path: Path, schema: Schema) -> tuple[Rule, RuleCompilation]:
    rule = parse_rule(text, path)
    return rule, compile_rule(rule, schema, DEFAULT_START)


def _findings(compiled: RuleCompilation, query: CheckedQuery, options: RunOptions) -> tuple[Diagnostic, ...]:
    limits = Limits(options.timeout, options.memory)
    solution = solve_rule(compiled.programs, "fix", DEFAULT_START, limits, Strategy(options.solver, findings=options.findings))
    return (*read_findings(query), *solution.findings)


def _in_file(text: str, rule: Rule, edits: tuple[Edit, ...]) -> str | None:
    """The text of the file with edits of its query; None if there are none, or if the query is not found in the file."""
    if not edits or rule.query is None or rule.query_map is None:
        return None
    within = [edit for edit in edits if edit.span.end <= len(rule.query or "")]
    placed = [Edit(rule.query_map.span(edit.span), edit.text) for edit in within]
    return edited(text, placed) if placed else None


def fixed_rules(paths: Iterator[Path], options: RunOptions, schema: Schema) -> Iterator[FixedRule]:
    """The rules of TOML files that have something to fix, in order."""
    for path in paths:
        fixed = fix_rule(path, options, schema)
        if fixed is not None:
            yield fixed
