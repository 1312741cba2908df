"""Noise: everyday events of the world of a run, none of which satisfies a condition of any of its rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from ...backends.decide.solve_rule import solve_rule
from ...backends.plan.plan import Plan
from ...backends.realism.apply import added_fields, make_realistic
from ...backends.realism.everyday import EVERYDAY, Everyday
from ...backends.report.rule_result import RuleResult, Status
from ...compiler.alerts.engine import AlertEngine, Watched
from ...compiler.ir.program import Role
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.dynamic_mapping import indexed
from ...compiler.semantics.match_group import fields_of_program
from ...compiler.stage_timer import StageTimer
from ...rules import Rule
from ...rules.lowering.compile_rule import compile_rule
from .compiled_rule import CompiledRule, compiled_rule
from .inputs import Source
from .options import CompileOptions
from .placement import placement_of

NOISE = "<noise>"
"""What stands for the rule of such events."""

_TRIED = 4
"""How many events are drawn at most for each that is wanted."""
_ROUND = 200


@dataclass(frozen=True, slots=True)
class Noise:
    """Everyday events.

    Attributes:
        groups: a line of the format ``spool`` for each.
        result: what reports and mappings need of them.
    """

    groups: list[dict[str, Any]]
    result: RuleResult


def noise_of(count: int, sources: Iterable[Source], settings: CompileOptions) -> Noise:
    """Draw everyday events that trigger no rule; fewer where rules leave no room for more.

    An event that satisfies the condition of one step of a sequence, or counts for a threshold, is left out as well.

    Args:
        count: how many.
        sources: the rules; those that cannot be compiled are left out.
        settings: what holds for all rules.
    """
    engine = AlertEngine([*_watched(sources, settings)])
    drawn = [_Drawn(everyday, settings) for everyday in EVERYDAY]
    groups: list[dict[str, Any]] = []
    tried = 0
    while len(groups) < count and tried < count * _TRIED:
        size = min(_ROUND, count - len(groups))
        total = sum(each.everyday.weight for each in drawn)
        for each in drawn:
            for group in each.next(max(1, round(size * each.everyday.weight / total))):
                tried += 1
                flat = indexed(group["docs"][0], settings.schema)
                if len(groups) < count and not engine.index.satisfied(flat):
                    groups.append(group)
    fields = {spec.stored: spec for each in drawn for spec in each.fields()}
    indices = {group["indices"][0] for group in groups}
    result = RuleResult(NOISE, Status.OK, documents=len(groups), fields=tuple(fields.values()), indices=tuple(sorted(indices)))
    return Noise(groups, result)


def _watched(sources: Iterable[Source], settings: CompileOptions) -> Iterator[Watched]:
    now = settings.start if settings.now is None else settings.now
    for source in sources:
        found = compiled_rule(source, settings.schema, now, settings.limits.timeout, StageTimer())
        if isinstance(found, CompiledRule):
            yield Watched(found.compilation.programs, found.rule.tiebreaker_field)


class _Drawn:
    """A kind of everyday event, and what it is drawn from."""

    def __init__(self, everyday: Everyday, settings: CompileOptions) -> None:
        self.everyday = everyday
        rule = Rule.from_dict({"name": "noise", "type": "eql", "language": "eql", "query": everyday.query, "index": [everyday.pattern]})
        compiled = compile_rule(rule, settings.schema, settings.start)
        seed = f"{settings.seed}|noise|{everyday.query}"
        strategy = replace(settings.strategy, findings=False, cross_check=False)
        solution = solve_rule(compiled.programs, seed, settings.start, settings.limits, strategy)
        assert solution.sampler is not None
        self._sampler = solution.sampler
        make_realistic(self._sampler, settings.schema, settings.population(), settings.given, rule.index)
        self._plan = Plan(self._sampler, seed)
        self._programs = compiled.programs
        self._place = placement_of(rule, settings.index)
        self._at = 0

    def next(self, count: int) -> Iterator[dict[str, Any]]:
        """So many further events, each as a line of the format ``spool``."""
        first, self._at = self._at, self._at + count
        for texts in self._plan.texts(first, self._at):
            for text in texts:
                if text is not None:
                    index = self._place(Role.EVENT, text)
                    yield {
                        "rule": NOISE,
                        "rule_id": None,
                        "name": "noise",
                        "match": False,
                        "noise": True,
                        "fixed": (),
                        "roles": [Role.EVENT.value],
                        "indices": [index],
                        "docs": [orjson.loads(text)],
                    }

    def fields(self) -> list[FieldSpec]:
        """The fields of its events."""
        own = [spec for program in self._programs for spec in fields_of_program(program).values()]
        return [*own, *added_fields(self._sampler)]
