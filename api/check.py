"""``check``: what is wrong with a query or a rule, without documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..backends.decide.solve_rule import solve_rule
from ..backends.limits import Limits, Strategy
from ..compiler.diagnostics.checks.checked_query import CheckedQuery
from ..compiler.diagnostics.checks.group_entries import group_entries
from ..compiler.diagnostics.checks.table import read_findings
from ..compiler.diagnostics.diagnostic import Diagnostic as Finding
from ..compiler.diagnostics.diagnostic import QueryError
from ..compiler.diagnostics.errors import syntax_diagnostic
from ..compiler.schema.built_in import schema_or_built_in
from ..compiler.schema.fields import Schema
from ..grammar.syntax_error import QuerySyntaxError
from ..rules import Rule
from ..rules.lowering.compile_rule import compile_rule
from ..rules.lowering.rule_text import RuleText
from ..rules.rule import rule_of_query
from ..rules.rule_checks import CheckedRule, read_rule_findings
from .start_time import DEFAULT_START


def check(
    subject: Rule | str,
    *,
    language: str | None = None,
    schema: Mapping[str, Any] | Schema | None = None,
    limits: Limits | None = None,
    strategy: Strategy | None = None,
) -> list[Finding]:
    """What is wrong with a rule or a query; empty if nothing is.

    Nothing is raised for what it says: a syntax error is a finding, and so is a proof that nothing can match.

    Args:
        subject: the rule, or the text of a query.
        language: of a query, ``"kuery"``, ``"eql"`` or ``"lucene"``; by default it is guessed between the first two.
        schema: field types, as for `SourceEvents`.
        limits: what solving may cost.
        strategy: how it is decided.

    Returns:
        The findings, errors among them: their spans are places in the query, for a rule of several conditions in all of them as one
        text.

    >>> check("destination.port < 1024 and destination.port > 1024")
    [<Finding error[unsatisfiable]: no event can match this rule>]
    """
    types = schema_or_built_in(schema)
    try:
        rule = subject if isinstance(subject, Rule) else rule_of_query(subject, language)
        rule_text = RuleText(rule.places)
        compiled = compile_rule(rule, types, DEFAULT_START, rule_text=rule_text)
    except QuerySyntaxError as error:
        return [syntax_diagnostic(error)]
    except QueryError as error:
        return [error.diagnostic, *error.others]
    solution = solve_rule(compiled.programs, "check", DEFAULT_START, limits or Limits(), strategy or Strategy())
    query = CheckedQuery(compiled.programs[0], compiled.schema, rule.language, compiled.tree)
    read = (*read_findings(query), *read_rule_findings(CheckedRule(rule, query, rule_text, DEFAULT_START)))
    return [*compiled.notes, *read, *group_entries(solution.findings, query)]
