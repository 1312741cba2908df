"""A run of ``triggerfish compare``: pairs of rules in, what each catches alone out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from time import perf_counter, time

from triggerfish import __version__

from ...backends.compare.comparison import Outcome, Part, Relation
from ...backends.limits import Limits
from ...backends.report.comparison_formats import COMPARISON_FORMATS, ComparedPair, ComparedRule, ScopeChange, values_in
from ...backends.report.formats.registry import indented
from ...backends.report.formats.sarif import sarif_entry, sarif_report
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.wording import counted
from ...compiler.diagnostics.comparisons import NewlyCaught, NoLongerCaught, Uncompared
from ...compiler.diagnostics.diagnostic import Diagnostic, QueryError
from ...compiler.schema.fields import Schema
from ...compiler.stage_timer import StageTimer
from ...grammar.span import Span
from ...grammar.syntax_error import QuerySyntaxError
from ...rules import Rule, RuleError
from ...rules.rule_files import PATTERNS
from ...rules.rule_tests import ENDING
from ..compare import RuleComparison, compared
from .compare_options import CompareOptions
from .compiled_rule import compiled_rule
from .git_changes import ChangedFile, changes_since, files_at
from .inputs import BareQuery, RuleMember, Source, in_file, rule_of, rule_sources, text_of, text_sources
from .observer import Observer
from .output_files import output
from .rule_set import RuleSet, SetMember
from .schema_files import schema_with
from .selection import wanted_files

_FAILED = 1
_BAD_INPUT = 2
_UNDECIDED = 3
_MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class _Given:
    """A rule, where it comes from, and what its file holds."""

    source: Source
    rule: Rule
    text: str

    @property
    def compared(self) -> ComparedRule:
        """The rule as reports name it."""
        line = self.source.member.line if isinstance(self.source, RuleMember) else 1
        places = self.rule.places
        return ComparedRule(self.source.name, None if places is None else places.text, line or 1)


def compare(order: CompareOptions, observer: Observer) -> int:
    """Compare rules, or versions of them.

    Args:
        order: the options.
        observer: receives how it goes.

    Returns:
        The exit code: 0; 1 if a pair has a relation that was not wanted; 2 if a rule cannot be read or compiled; 3 if something is
        undecided.

    Raises:
        SchemaError, OutputError, RevisionError: the schema cannot be read, the comparison not be written, git not be asked.
    """
    began = perf_counter()
    run = _Run(order, observer)
    pairs = list(run.pairs())
    shown = [pair for pair in pairs if order.unchanged or len(pairs) == 1 or not pair.is_unchanged]
    with output(order.out) as out:
        if order.format == "sarif":
            out.write(indented(sarif_report([sarif_entry(_as_result(pair)) for pair in shown], __version__, 0)))
        else:
            out.write(COMPARISON_FORMATS[order.format](shown).encode())
    counts = [f"{number} {name}" for name in _names_of(pairs) if (number := sum(pair.relation == name for pair in pairs))]
    observer.noted(f"{counted(len(pairs), 'pair')}: {', '.join(counts) or 'nothing to compare'} in {perf_counter() - began:.2f} s")
    if run.failed:
        return _BAD_INPUT
    if any(pair.relation in order.fail_on or ("scope" in order.fail_on and pair.scope) for pair in pairs):
        return _FAILED
    return _UNDECIDED if any(pair.relation == Relation.UNKNOWN for pair in pairs) else 0


def _names_of(pairs: Sequence[ComparedPair]) -> list[str]:
    return [*dict.fromkeys([*(each.value for each in Relation), *(pair.relation for pair in pairs)])]


class _Run:
    """The comparisons of one run.

    Attributes:
        failed: whether a rule could not be read or compiled.
    """

    def __init__(self, order: CompareOptions, observer: Observer) -> None:
        self.order = order
        self.observer = observer
        self.schema: Schema = schema_with(order.schema, order.timeout)
        self.now = int(time() * 1000) if order.now is None else order.now
        self.limits = Limits(timeout=order.timeout)
        self.failed = False

    def pairs(self) -> Iterator[ComparedPair]:
        """What was compared, in order."""
        if self.order.against is not None:
            yield from self._changes(self.order.against)
            return
        sources: list[str | Source] = [*self.order.paths, *(BareQuery(query, self.order.language) for query in self.order.query)]
        old, new = (list(self._read(self._sources(each) if isinstance(each, str) else [each])) for each in sources)
        if len(old) == len(new) == 1:
            yield self._compared(old[0], new[0])
            return
        yield from self._paired(old, new)

    # -- rules ---------------------------------------------------------------------------------------

    def _sources(self, path: str) -> Iterable[Source]:
        """The rules of a file or a folder, or of one at a revision (``REV:PATH``)."""
        revision, colon, name = path.partition(":")
        if not colon or Path(path).exists():
            return rule_sources([path], wanted_files([path], self.order.exclude, deprecated=True), self.order.timeout)
        files = [(each, data) for each, data in files_at(revision, name) if each == name or _is_rule_file(each)]
        return [source for each, data in files for source in text_sources(data, f"{revision}:{each}")]

    def _read(self, sources: Iterable[Source]) -> Iterator[_Given]:
        for source in sources:
            try:
                text = text_of(source)
                yield _Given(source, rule_of(source, text, StageTimer()), text)
            except (RuleError, QuerySyntaxError):
                self._report(source)

    def _report(self, source: Source) -> None:
        """Show what is wrong with a rule."""
        self.failed = True
        found = compiled_rule(source, self.schema, self.now, self.order.timeout, StageTimer())
        if isinstance(found, RuleResult):
            self.observer.finished(in_file(found, source))

    # -- pairs ---------------------------------------------------------------------------------------

    def _paired(self, old: Sequence[_Given], new: Sequence[_Given]) -> Iterator[ComparedPair]:
        """The rules of two sets, paired by their ids, or else by the names of their files."""
        for before, after in _versions_of_rules(old, new):
            if before is not None and after is not None:
                yield self._compared(before, after)
            else:
                yield _alone(before, after)

    def _compared(self, old: _Given, new: _Given) -> ComparedPair:
        try:
            found = compared(old.rule, new.rule, self.schema, self.now, self.limits)
        except (QuerySyntaxError, QueryError) as error:
            return self._not_compared(old, new, error)
        return _pair(old, new, found)

    def _not_compared(self, old: _Given, new: _Given, error: QuerySyntaxError | QueryError) -> ComparedPair:
        problem = error.message if isinstance(error, QuerySyntaxError) else error.diagnostic.message
        for given in (old, new):
            result = compiled_rule(given.source, self.schema, self.now, self.order.timeout, StageTimer())
            if isinstance(result, RuleResult) and result.status is not Status.UNSUPPORTED:
                self.failed = True
                self.observer.finished(in_file(result, given.source))
        return ComparedPair(new.rule.name, new.rule.rule_id or None, old.compared, new.compared, problem=problem)

    # -- changes of a branch -------------------------------------------------------------------------

    def _changes(self, revision: str) -> Iterator[ComparedPair]:
        """What a branch changed."""
        paths = [Path(path) for path in self.order.paths]
        wanted = wanted_files(self.order.paths, self.order.exclude, deprecated=True)
        files = [file for file in changes_since(revision, paths) if _is_rule_file(file.path.name) and wanted(file.path)]
        alone: list[tuple[_Given | None, _Given | None]] = []
        for old, new in _versions_of_rules(list(self._versions(files, new=False)), list(self._versions(files, new=True))):
            if old is None or new is None:
                alone.append((old, new))
            elif old.text != new.text:
                yield self._compared(old, new)
        if alone:
            others = RuleSet(self.schema, self.now, self.limits)
            for source in rule_sources(self.order.paths, wanted, self.order.timeout):
                others.add(source)
            for old, new in alone:
                given = new or old
                assert given is not None
                yield replace(_alone(old, new), beside=tuple(others.beside(SetMember(given.source))))

    def _versions(self, files: Iterable[ChangedFile], *, new: bool) -> Iterator[_Given]:
        for file in files:
            data = file.new if new else file.old
            if data is not None:
                name = str(file.path) if new else f"{file.revision}:{file.path.as_posix()}"
                yield from self._read(text_sources(data, name))


def _is_rule_file(name: str) -> bool:
    return not name.endswith(ENDING) and any(fnmatch(Path(name).name, pattern.removeprefix("**/")) for pattern in PATTERNS)


def _key(given: _Given) -> str:
    """What versions of a rule have in common: its id, or else the name of its file."""
    return given.rule.rule_id or Path(given.source.name.rpartition(":")[2]).name


def _versions_of_rules(old: Sequence[_Given], new: Sequence[_Given]) -> Iterator[tuple[_Given | None, _Given | None]]:
    """The old and the new version of each rule, paired by their ids, or else by the names of their files; those that are gone last."""
    left = {_key(given): given for given in old}
    for given in new:
        yield left.pop(_key(given), None), given
    yield from ((given, None) for given in left.values())


def _alone(old: _Given | None, new: _Given | None) -> ComparedPair:
    """A rule that has no other version."""
    given = new or old
    assert given is not None
    before, after = (None if each is None else each.compared for each in (old, new))
    return ComparedPair(given.rule.name, given.rule.rule_id or None, before, after)


def _pair(old: _Given, new: _Given, found: RuleComparison) -> ComparedPair:
    scope = tuple(ScopeChange(each.what, each.removed, each.added) for each in found.scope)
    are_versions = old.rule.rule_id == new.rule.rule_id
    return ComparedPair(new.rule.name, new.rule.rule_id or None, old.compared, new.compared, found.comparison, scope, versions=are_versions)


# -- SARIF -------------------------------------------------------------------------------------------


def _as_result(pair: ComparedPair) -> RuleResult:
    rule = pair.new or pair.old
    assert rule is not None
    file = rule.path if pair.new is not None else None
    return RuleResult(
        pair.path, Status.OK, pair.rule_id, pair.name, findings=tuple(_findings(pair)), text=rule.text, file=file, line=rule.line
    )


def _findings(pair: ComparedPair) -> Iterator[Diagnostic]:
    if pair.comparison is None or pair.new is None:
        return
    lost, won = pair.comparison.lost.parts, pair.comparison.won.parts
    if lost:
        places = [part.place for part in lost if part.place is not None]
        yield NoLongerCaught(variant="one" if len(places) < 2 else "several").at(*places, notes=_examples(lost))
    if won:
        conditions = tuple(" ".join((part.condition or part.what).split()) for part in won)
        yield NewlyCaught(conditions=conditions).at(Span(0, 0), notes=_examples(won))
    for name, side in (("no longer caught", pair.comparison.lost), ("newly caught", pair.comparison.won)):
        if side.outcome is Outcome.UNKNOWN:
            yield Uncompared(side=name, why=side.why).at(Span(0, 0))


def _examples(parts: Sequence[Part]) -> tuple[str, ...]:
    """For each part, the fields of an event in which it differs from what both rules match."""
    fields_of_each = (
        ", ".join(f"{name} = {values_in(part.documents[-1], name)}" for name in part.fields) for part in parts[:_MOST_EXAMPLES]
    )
    return tuple(f"for example {fields}" for fields in fields_of_each if fields)
