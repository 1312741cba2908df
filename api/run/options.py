"""The options that apply to each rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...backends.generate.match_numbers import share
from ...backends.limits import Limits, Strategy
from ...backends.realism.population import usual_world
from ...backends.realism.world import World
from ...compiler.schema.fields import Schema
from .crash_log import CrashLog
from .result_cache import ResultCache


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """What holds for all rules of a run.

    Attributes:
        schema: field types.
        start: the time of each rule's first event, in epoch milliseconds.
        now: what ``now`` means in date math, in epoch milliseconds; None for the start.
        seed: decides all random choices.
        count: how many groups of documents each rule gets.
        strict: whether a rule with a dead alternative counts as unsatisfiable.
        format: a key of `FORMATS`.
        index: the index that bulk lines name.
        stamps: the form of times, a key of `TIMESTAMP_FORMATS`; None leaves them as they are.
        limits: what solving may cost.
        strategy: by which road rules are decided.
        smt2: the folder to write SMT-LIB files to, if any.
        history: whether matches begin with the older documents that make known what is not to be new.
        style: one of `STYLES`.
        world: what realistic documents take their entities from; None for the usual one of the seed.
        given: the values that realistic documents have wherever rules allow, by field.
        plans: whether results hold entries for a plan file.
        explain: whether results hold what explains their rules.
        near_misses: whether matches are followed by documents that only just do not match.
        part: which part of the matches to draw, and of how many; None for all of them.
        converted: a backend of pySigma whose conversion is compared with each Sigma rule; None for none.
        cache: what became of rules in earlier runs, if that is kept.
        details: where to write what is too long for a message.
    """

    schema: Schema
    start: int
    seed: int = 0
    count: int = 1
    strict: bool = False
    format: str = "ndjson"
    index: str = "triggerfish"
    stamps: str | None = None
    limits: Limits = Limits()
    strategy: Strategy = Strategy()
    smt2: Path | None = None
    history: bool = False
    style: str = "plain"
    world: World | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    now: int | None = None
    plans: bool = False
    explain: bool = False
    near_misses: bool = False
    converted: str | None = None
    part: tuple[int, int] | None = None
    cache: ResultCache | None = None
    details: CrashLog = field(default_factory=CrashLog)

    def population(self) -> World:
        """What realistic documents take their entities from."""
        return self.world or usual_world(self.seed)

    def numbers(self) -> tuple[int, int]:
        """The first and one past the last number of the matches to draw."""
        if self.part is None:
            return 0, self.count
        return share(self.count, *self.part)
