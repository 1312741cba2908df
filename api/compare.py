"""``compare``: what one rule catches and another does not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..backends.compare.comparison import Comparison, Relation, Side, located
from ..backends.compare.programs import compare_programs
from ..backends.limits import Limits
from ..compiler.schema.built_in import schema_or_built_in
from ..compiler.schema.fields import Schema
from ..rules import Rule
from ..rules.lowering.compile_together import compile_together
from ..rules.rule import rule_of_query
from ..rules.scope import ScopeDifference, scope_differences


@dataclass(frozen=True, slots=True)
class RuleComparison:
    """Two rules, compared.

    Attributes:
        first, second: the rules.
        comparison: what came of comparing the events that they match.
        scope: in what they differ beside their conditions.
    """

    first: Rule
    second: Rule
    comparison: Comparison
    scope: tuple[ScopeDifference, ...]

    @property
    def relation(self) -> Relation:
        """How what the second rule matches relates to what the first one matches: ``"narrower"`` if it matches less."""
        return self.comparison.relation

    @property
    def lost(self) -> Side:
        """What only the first rule matches: its ``outcome`` is ``"none"`` (a proof), ``"witness"`` or ``"unknown"``."""
        return self.comparison.lost

    @property
    def won(self) -> Side:
        """What only the second rule matches."""
        return self.comparison.won


def compare(
    first: Rule | str,
    second: Rule | str,
    *,
    language: str | None = None,
    schema: Mapping[str, Any] | Schema | None = None,
    now: int | None = None,
    timeout: float = 5.0,
) -> RuleComparison:
    """Compare what two rules match.

    Each direction is answered with a proof, with events that one rule matches and the other does not, or with ``unknown``. Of rules
    that match several events together, a proof says that the events of a match of one, by themselves, are a match of the other.

    Args:
        first, second: rules, or texts of queries.
        language: of queries, ``"kuery"``, ``"eql"`` or ``"lucene"``; by default it is guessed between the first two.
        schema: field types, as for `SourceEvents`.
        now: what ``now`` means in date math, in epoch milliseconds; by default the time of the call.
        timeout: seconds for each question to the solver.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: a rule cannot be compiled.

    >>> compare("process.name: (cmd.exe or powershell.exe)", "process.name: cmd.exe").relation
    <Relation.NARROWER: 'narrower'>
    """
    rules = [each if isinstance(each, Rule) else rule_of_query(each, language) for each in (first, second)]
    now = int(time.time() * 1000) if now is None else now
    return compared(rules[0], rules[1], schema_or_built_in(schema), now, Limits(timeout=timeout))


def compared(first: Rule, second: Rule, schema: Schema, now: int, limits: Limits) -> RuleComparison:
    """Compare two rules; see `compare`.

    Raises:
        QuerySyntaxError, InvalidQueryError, UnsupportedQueryError: a rule cannot be compiled.
    """
    (one, text), (other, other_text) = compile_together((first, second), schema, now)
    found = compare_programs(one.programs, other.programs, limits)
    lost = located(found.lost, other_text.text, other_text.in_file)
    won = located(found.won, text.text, text.in_file)
    return RuleComparison(first, second, replace(found, lost=lost, won=won), scope_differences(first, second))
