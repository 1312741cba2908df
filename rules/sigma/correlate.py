"""Correlations of Sigma to programs: counts are samples with a threshold, and rules in a time span are sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from ...compiler.ir.formula import And, Atom, Exists, Formula, conjunction, disjunction
from ...compiler.ir.program import Distinct, Gathering, Key, Program, ShapeKind, Step
from ...compiler.schema.fields import FieldSpec, Schema
from ...grammar.span import Span
from .correlation import Correlation, Named, read_correlation
from .document import SigmaRule
from .log_sources import LogSource, field_of
from .program import Detected
from .values import Faults

MOST_EVENTS = 10_000
"""The most events of one match."""
_MOST_RULES = 4
"""Rules of a `temporal` correlation: each order of them is a sequence of its own."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a correlation refers to: a rule, or a correlation that counts events of rules.

    Attributes:
        name: as the correlation writes it.
        rules: the formulas.
        source: the log source of the first rule.
        least: how many events there have to be.
        timespan: in which they have to be, in milliseconds; None for one event.
    """

    name: Named
    rules: tuple[Detected, ...]
    source: LogSource
    least: int = 1
    timespan: int | None = None

    @property
    def formula(self) -> Formula:
        """What one event satisfies."""
        return disjunction(tuple(rule.formula for rule in self.rules), self.name.span)


@dataclass(frozen=True, slots=True)
class Correlated:
    """A correlation's programs: a match of any is a match."""

    programs: tuple[Program, ...]
    schema: Schema


def correlated(rule: SigmaRule, faults: Mapping[int, Faults], detect: Callable[[SigmaRule], Detected]) -> Correlated:
    """The programs of a correlation.

    Args:
        rule: the correlation.
        faults: by the start of a document's body, what moves its places.
        detect: lowers one of the rules that it refers to.

    Raises:
        InvalidQueryError: it means nothing.
        UnsupportedQueryError: it has something that cannot be compiled.
    """
    own = faults[rule.document.body.span.start]
    correlation = read_correlation(rule.document, own)
    if rule.pipelines:
        own.unsupported("a correlation with processing pipelines", rule.document.body.span, "they do not say what becomes of `group-by`")
    parts = [_part(name, rule, correlation, faults, detect) for name in correlation.rules]
    run = _Run(correlation, own, parts, Schema(tuple(found.schema.layers[0] for part in parts for found in part.rules)))
    if correlation.type in ("event_count", "value_count"):
        return Correlated((run.counted(),), run.schema)
    if correlation.type == "temporal_ordered":
        return Correlated((run.sequence(parts),), run.schema)
    if len(parts) > _MOST_RULES:
        own.unsupported(f"a `temporal` correlation of {len(parts)} rules", correlation.span, f"the limit is {_MOST_RULES}")
    return Correlated(tuple(run.sequence(order) for order in permutations(parts)), run.schema)


def _part(name: Named, rule: SigmaRule, outer: Correlation, faults: Mapping[int, Faults], detect: Callable[[SigmaRule], Detected]) -> Part:
    own = faults[rule.document.body.span.start]
    other = next((each for called, each in rule.others if called == name.name), None)
    if other is None:
        own.unsupported(f"a reference to `{name.name}`", name.span, "no rule of this file has that name or id")
    moved = replace(name, span=own.at(name.span))
    if other.document.kind == "detection":
        return Part(moved, (detect(other),), other.document.source)
    inner = read_correlation(other.document, faults[other.document.body.span.start])
    if inner.type != "event_count" or outer.type in ("event_count", "value_count"):
        own.unsupported(f"a correlation of `{inner.type}`", name.span, "only `event_count` can be a step of a `temporal` correlation")
    if [each.name for each in inner.group_by] != [each.name for each in outer.group_by]:
        own.unsupported(f"the correlation `{name.name}`", name.span, "it groups by other fields than this one")
    if inner.timespan < outer.timespan:
        own.unsupported(f"the correlation `{name.name}`", name.span, "its time span is shorter than that of this one")
    parts = [_part(each, other, inner, faults, detect) for each in inner.rules]
    return Part(moved, tuple(found for part in parts for found in part.rules), parts[0].source, inner.least, inner.timespan)


@dataclass(frozen=True, slots=True)
class _Run:
    """One correlation being lowered."""

    correlation: Correlation
    faults: Faults
    parts: Sequence[Part]
    schema: Schema

    @property
    def assumed(self) -> tuple[Span, ...]:
        return tuple(span for part in self.parts for rule in part.rules for span in rule.assumed)

    def spec(self, named: Named, part: Part) -> FieldSpec:
        """The field that a group-by or a count names, in the events of a part."""
        name = self.correlation.aliases.get(named.name, {}).get(part.name.name, named.name)
        if named.name in self.correlation.aliases and part.name.name not in self.correlation.aliases[named.name]:
            self.faults.invalid(f"the alias `{named.name}` has no field for `{part.name.name}`", named.span)
        found = self.schema.lookup(name) or field_of(part.source, name)
        if not found.kind.traits.groupable:
            self.faults.unsupported(f"events that agree on `{name}`", named.span, f"it is of type {found.type.name}")
        return found

    def keys(self, part: Part) -> tuple[Key, ...]:
        return tuple(Key(self.spec(each, part), span=self.faults.at(each.span)) for each in self.correlation.group_by)

    def counted(self) -> Program:
        """``event_count``, ``value_count``: enough events that agree, or enough values among them."""
        correlation, span = self.correlation, self.faults.at(self.correlation.span)
        if correlation.least > MOST_EVENTS:
            self.faults.unsupported(f"{correlation.least} events in one match", correlation.span, f"the limit is {MOST_EVENTS}")
        keys = self.keys(self.parts[0])
        for part in self.parts[1:]:
            if [key.field.name for key in self.keys(part)] != [key.field.name for key in keys]:
                self.faults.unsupported("a count of events of several rules by an alias", correlation.span, "its fields differ")
        distinct: tuple[Distinct, ...] = ()
        present = keys
        if correlation.field is not None and correlation.type == "value_count":
            spec = self.spec(correlation.field, self.parts[0])
            at = self.faults.at(correlation.field.span)
            if correlation.least > 1 and any(key.field.stored == spec.stored for key in keys):
                self.faults.invalid(
                    f"events that agree on `{spec.name}` cannot have {correlation.least} different values of it",
                    correlation.field.span,
                    "count the values of a field that is not in `group-by`",
                )
            distinct = (Distinct(spec, correlation.least, at),)
            present = (*keys, Key(spec, span=at))
        formula = disjunction(tuple(part.formula for part in self.parts), span)
        # That a key must be there is a condition of its own, which a proof can name.
        optional = tuple(replace(key, optional=True) for key in keys)
        step = Step(_with_present(formula, present), optional, correlation.least, span=span)
        least = 1 if distinct else correlation.least
        return Program(
            ShapeKind.SAMPLE,
            (step,),
            self.faults.text,
            maxspan=correlation.timespan,
            distinct=distinct,
            apart=True,
            gathered=Gathering(least, correlation.timespan),
            assumed=self.assumed,
        )

    def sequence(self, parts: Sequence[Part]) -> Program:
        """``temporal_ordered``, or one order of ``temporal``: an event of each rule, one after the other."""
        steps = tuple(Step(part.formula, self.keys(part), part.least, span=part.name.span) for part in parts)
        return Program(ShapeKind.SEQUENCE, steps, self.faults.text, maxspan=self.correlation.timespan, assumed=self.assumed)


def _with_present(formula: Formula, keys: Sequence[Key]) -> Formula:
    conditions = formula.args if isinstance(formula, And) else (formula,)
    certain = {each.field.stored for each in conditions if isinstance(each, Atom | Exists)}
    there = tuple(Exists(key.field, key.span) for key in keys if key.field.stored not in certain)
    return conjunction((formula, *there), formula.span)
