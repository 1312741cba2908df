"""What the report of a rule holds to explain it."""

from __future__ import annotations

from ...backends.decide.solve_program import Solution
from ...backends.report.explain.outline import Explanation, State, alternatives, outline
from ...grammar.span import Span
from ...rules.lowering.rule_text import RuleText


def explanation_of(solution: Solution, rule_text: RuleText, in_file: bool) -> Explanation:
    """What the report of a rule needs to explain it.

    Args:
        solution: what was found out about the programs of the rule.
        rule_text: what their spans point into.
        in_file: whether the result's text is the file's rather than that of ``rule_text``.
    """
    outlines = tuple(outline(examined) for examined in solution.examined)

    def placed(span: Span) -> Span | None:
        return rule_text.in_file(span) if in_file else span

    live = {each.span for each in alternatives(outlines[0]) if each.state is State.LIVE}
    places = (placed(span) for span in sorted(live) if span.start < span.end)
    parts = (placed(span) for span in rule_text.spans)
    return Explanation(tuple(span for span in parts if span), tuple(span for span in places if span), outlines)
