"""Errors of a rule: which rule, and where in its file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..compiler.diagnostics.diagnostic import QueryError
from ..grammar.errors import TriggerfishError
from ..grammar.span import LineMap, Span
from ..grammar.syntax_error import QuerySyntaxError
from ..rules import Rule
from ..rules.lowering.rule_text import RuleText
from .errors import UndecidedError, UnsolvableError


@contextmanager
def about_rule(rule: Rule, rule_text: RuleText) -> Iterator[None]:
    """Give errors in the block the rule that they are about, and the place in its file; a traceback shows both."""
    try:
        yield
    except TriggerfishError as error:
        error.rule_name, error.rule_path = rule.name, rule.path
        span = _first_span(error)
        found = rule_text.in_file(span) if span is not None and rule.places is not None and rule.query_map is not None else None
        if found is not None and rule.places is not None:
            place = LineMap(rule.places.text).position(found.start)
            error.rule_place = (place.line + rule.places.line - 1, place.column)
        where = ":".join(map(str, (rule.path, *(error.rule_place or ())))) if rule.path else ""
        error.add_note(f"in the rule `{rule.name}`{f' at {where}' if where else ''}")
        raise


def _first_span(error: TriggerfishError) -> Span | None:
    match error:
        case QuerySyntaxError(span=span):
            return span
        case QueryError(diagnostic=finding) | UnsolvableError(findings=(finding, *_)) | UndecidedError(findings=(finding, *_)):
            return finding.spans[0] if finding.spans else None
    return None
