"""Read and compile one rule: the steps before anything is decided about it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...backends.limits import TimeUpError
from ...backends.report.rule_result import RuleResult, Status
from ...compiler.diagnostics.diagnostic import QueryError, UnsupportedQueryError
from ...compiler.diagnostics.errors import Stage, TimedOut, syntax_diagnostic
from ...compiler.schema.fields import Schema
from ...compiler.stage_timer import StageTimer
from ...grammar.syntax_error import QuerySyntaxError
from ...rules import Rule, RuleError
from ...rules.lowering.compile_rule import RuleCompilation, compile_rule
from ...rules.lowering.rule_text import RuleText
from .inputs import Source, rule_of, text_of
from .locate_findings import ended, refused, seconds_of
from .time_limit import time_limit


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule and its programs.

    Attributes:
        rule: the rule.
        text: what spans of the programs point into.
        compilation: the programs, and findings about them.
        known: the result so far: what the rule is called.
    """

    rule: Rule
    text: RuleText
    compilation: RuleCompilation
    known: RuleResult


def compiled_rule(source: Source, schema: Schema, now: int, timeout: float, stopwatch: StageTimer) -> CompiledRule | RuleResult:
    """Read and compile a rule.

    Args:
        source: the rule.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        timeout: seconds for reading it, and again for compiling it.
        stopwatch: measures the stages.

    Returns:
        The rule and its programs; the result of the rule if it has none, with the findings that say why.
    """
    text: str | None = None
    try:
        with time_limit(timeout):
            text = text_of(source)
            rule = rule_of(source, text, stopwatch)
    except TimeUpError:
        return out_of_time(RuleResult(source.name, Status.UNKNOWN), "reading the rule", timeout, stopwatch)
    except RuleError as error:
        return refused(source, error, text)
    except QuerySyntaxError as error:
        finding = syntax_diagnostic(error)
        return RuleResult(
            source.name, Status.INVALID, language=error.language, seconds=seconds_of(stopwatch), findings=(finding,), text=text
        )
    rule_text = RuleText(rule.places)
    known = RuleResult(source.name, Status.OK, rule.rule_id or None, rule.name or None, rule.type, rule.language)
    try:
        with time_limit(timeout):
            compilation = compile_rule(rule, schema, now, stopwatch, rule_text)
    except TimeUpError:
        return out_of_time(known, "compiling the rule", timeout, stopwatch)
    except QuerySyntaxError as error:
        return ended(known, rule, rule_text, Status.INVALID, (syntax_diagnostic(error),), stopwatch)
    except QueryError as error:
        status = Status.UNSUPPORTED if isinstance(error, UnsupportedQueryError) else Status.INVALID
        return ended(known, rule, rule_text, status, (error.diagnostic, *error.others), stopwatch)
    return CompiledRule(rule, rule_text, compilation, known)


def out_of_time(known: RuleResult, stage: Stage, timeout: float, stopwatch: StageTimer) -> RuleResult:
    """The result of a rule whose time was over in a stage."""
    finding = TimedOut(seconds=timeout, stage=stage).at()
    return replace(known, status=Status.UNKNOWN, findings=(finding,), seconds=seconds_of(stopwatch))
