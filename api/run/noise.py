"""Noise: everyday events of the world of a run, none of which satisfies a condition of any of its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import IO, Any

import orjson

from ...backends.decide.solve_rule import solve_rule
from ...backends.plan.plan import Plan
from ...backends.realism.apply import added_fields, make_realistic
from ...backends.realism.everyday import EVERYDAY, Everyday
from ...backends.report.rule_result import RuleResult, Status
from ...compiler.alerts.engine import AlertEngine, Watched
from ...compiler.ir.program import Role
from ...compiler.schema.fields import FieldSpec
from ...compiler.semantics.document import Flat
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

_ROUND = 200
"""How many events are drawn in turn."""
_SAMPLE = 40
"""A kind of event of which none of so many is accepted is given up."""
_MOST_TRIED = 25
"""How many events of a kind are drawn at most for each that is accepted."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Everyday events.

    Attributes:
        groups: a line of the format ``spool`` for each.
        result: what reports and mappings need of them.
    """

    groups: list[dict[str, Any]]
    result: RuleResult


def noise_of(count: int, sources: Iterable[Source], settings: CompileOptions, spool: IO[bytes]) -> Noise:
    """Draw everyday events that trigger no rule; fewer where rules leave no room for more.

    An event that satisfies the condition of one step of a sequence, or counts for a threshold, is left out as well.

    Args:
        count: how many.
        sources: the rules; those that cannot be compiled are left out.
        settings: what holds for all rules.
        spool: the matches of the rules in the format ``spool``: their indicators must not match either.
    """
    engine = AlertEngine([*_watched(sources, settings)], [*_indicators(spool, settings)])
    drawn = [_Drawn(everyday, settings) for everyday in EVERYDAY]
    groups: list[dict[str, Any]] = []
    while len(groups) < count and (left := [each for each in drawn if each.useful]):
        missing, total = count - len(groups), sum(each.everyday.weight for each in left)
        for each in left:
            wanted = max(1, min(_ROUND, missing) * each.everyday.weight // total)
            groups += each.accepted(wanted, lambda flat: not engine.read(flat))
    del groups[count:]
    fields = {spec.stored: spec for each in drawn for spec in each.fields()}
    indices = {group["indices"][0] for group in groups}
    result = RuleResult(NOISE, Status.OK, documents=len(groups), fields=tuple(fields.values()), indices=tuple(sorted(indices)))
    return Noise(groups, result)


def _indicators(spool: IO[bytes], settings: CompileOptions) -> Iterator[Flat]:
    """The documents of threat intelligence among the matches."""
    spool.seek(0)
    for line in spool:
        if b'"indicator"' in line:
            group = orjson.loads(line)
            for role, document in zip(group["roles"], group["docs"], strict=True):
                if role == Role.INDICATOR.value:
                    yield indexed(document, settings.schema)


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
        self._schema = settings.schema
        self._at = self._accepted = 0

    @property
    def useful(self) -> bool:
        """Whether enough of its events have been accepted so far."""
        return self._at < _SAMPLE or self._at <= self._accepted * _MOST_TRIED

    def accepted(self, count: int, accepts: Callable[[Flat], bool]) -> Iterator[dict[str, Any]]:
        """Those of so many further events that are accepted, each as a line of the format ``spool``."""
        first, self._at = self._at, self._at + count
        for text in chain.from_iterable(self._plan.texts(first, self._at)):
            if text is None or not accepts(indexed(document := orjson.loads(text), self._schema)):
                continue
            self._accepted += 1
            yield {
                "rule": NOISE,
                "rule_id": None,
                "name": "noise",
                "match": False,
                "noise": True,
                "fixed": (),
                "roles": [Role.EVENT.value],
                "indices": [self._place(Role.EVENT, text)],
                "docs": [document],
            }

    def fields(self) -> list[FieldSpec]:
        """The fields of its events."""
        own = [spec for program in self._programs for spec in fields_of_program(program).values()]
        return [*own, *added_fields(self._sampler)]
