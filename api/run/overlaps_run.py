"""A run of ``triggerfish overlaps``: a set of rules in, those that lie in others out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, time
from typing import Any

import orjson

from triggerfish import __version__

from ...backends.compare.overlaps import Found, Overlap
from ...backends.limits import Limits
from ...backends.report.formats.registry import indented
from ...backends.report.formats.sarif import sarif_entry, sarif_report
from ...backends.report.overlap_formats import OVERLAP_FORMATS, OverlappingPair
from ...backends.report.rule_result import RuleResult, Status
from ...backends.report.wording import counted
from ...compiler.diagnostics.comparisons import InsideAnother, SameAsAnother
from ...compiler.schema.fields import TABLE_PATH, Schema
from ...grammar.span import LineMap, Span
from ...rules.scope import scope_differences
from .inputs import RuleFile, Source, digest_of, in_file, rule_sources
from .observer import Observer
from .output_files import folder, output
from .overlaps_options import OverlapsOptions
from .rule_set import RuleSet, SetMember, Summary
from .schema_files import schema_with
from .selection import wanted_files

_FAILED = 1
_BAD_INPUT = 2
_UNDECIDED = 3


def overlaps(order: OverlapsOptions, observer: Observer) -> int:
    """Find the rules of a set that lie in others.

    Args:
        order: the options.
        observer: receives how it goes.

    Returns:
        The exit code: 0; 1 if a rule lies in another one and that is to fail; 2 if a rule cannot be read or compiled; 3 if something is
        undecided.

    Raises:
        SchemaError, OutputError: the schema cannot be read, or the overlaps not be written.
    """
    began = perf_counter()
    schema = schema_with(order.schema, order.timeout)
    now = int(time() * 1000) if order.now is None else order.now
    wanted = wanted_files(order.paths, order.exclude, deprecated=False)
    sources = list(rule_sources(order.paths, wanted, order.timeout))
    known = _Known.read(order, schema)
    rules = RuleSet(schema, now, Limits(timeout=order.timeout))
    digests: list[str] = []
    unsupported: list[str] = []
    for source in sources:
        digest = digest_of(source)
        if digest in known.unsupported or not rules.add(source, known.summaries.get(digest)):
            unsupported += [digest] if digest in known.unsupported or rules.failed[-1][1].status is Status.UNSUPPORTED else []
        else:
            digests.append(digest)
    changed = {number for number, digest in enumerate(digests) if digest not in known.summaries} | set(rules.agree_on_types())
    pairs = known.pairs_among(digests, changed, rules)
    everything = len(changed) == len(digests)
    found = rules.compared(None if everything else frozenset(changed)) if changed else None
    undecided = known.undecided_among(digests, changed)
    if found is not None:
        pairs += [(each.inner, each.outer, _pair(each, rules.members)) for each in found.found]
        undecided += found.undecided
    pairs.sort(key=lambda pair: pair[:2])
    if order.cache is not None:
        _write(order, digests, rules, pairs, undecided, unsupported)
    wrong = rules.report(observer)
    shown = [pair for _, _, pair in pairs]
    with output(order.out) as out:
        if order.format == "sarif":
            results = [_as_result(pair, rules.members[inner].source) for inner, _, pair in pairs]
            out.write(indented(sarif_report(list(map(sarif_entry, results)), __version__, 0)))
        else:
            out.write(OVERLAP_FORMATS[order.format](shown).encode())
    compared = f"{counted(len(rules.members), 'rule')}, {len(changed)} of them new or changed"
    observer.noted(f"{compared}: {counted(len(shown), 'overlap')} in {perf_counter() - began:.2f} s")
    if undecided:
        observer.noted(f"{counted(len(undecided), 'pair')} undecided; increase --timeout", "warning")
    if unsupported:
        observer.noted(f"not compared: {counted(len(unsupported), 'rule')} that cannot be compiled yet")
    if wrong:
        return _BAD_INPUT
    return _FAILED if order.fail and shown else _UNDECIDED if undecided else 0


def _pair(found: Found, members: Sequence[SetMember]) -> OverlappingPair:
    inner, outer = members[found.inner], members[found.outer]
    return OverlappingPair(
        inner.name,
        outer.name,
        inner.rule.name,
        outer.rule.name,
        found.overlap,
        tuple(_condition(outer, part.span) for part in found.parts),
        tuple((each.what, each.removed, each.added) for each in scope_differences(inner.rule, outer.rule)),
    )


def _condition(member: SetMember, span: Span) -> tuple[str, int]:
    """The text of a condition, and its line in the rule's file, 0 if that is unknown."""
    assert member.compiled is not None
    text = member.compiled.text
    place = text.in_file(span)
    line = 0 if place is None or text.places is None else LineMap(text.places.text).position(place.start).line
    return text.text[span.start : span.end], line


def _as_result(pair: OverlappingPair, source: Source) -> RuleResult:
    other = f"`{pair.other}`"
    notes = tuple(f"{what} of the other: {len(removed)} fewer, {len(added)} more" for what, removed, added in pair.scope)
    if pair.overlap is Overlap.EQUIVALENT:
        finding = SameAsAnother(other=other).at(Span(0, 0), notes=notes)
    else:
        exclusions = "" if pair.overlap is Overlap.INSIDE else ", or excluded by it"
        finding = InsideAnother(other=other, exclusions=exclusions).at(Span(0, 0), notes=notes)
    text = source.path.read_text(encoding="utf-8", errors="replace") if isinstance(source, RuleFile) else ""
    return in_file(RuleResult(pair.rule, Status.OK, findings=(finding,), text=text), source)


# -- what is known from an earlier run ---------------------------------------------------------------

_Pairs = list[tuple[int, int, OverlappingPair]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What an earlier run found out, by the digests of rules.

    Attributes:
        summaries: what comparing a rule begins with.
        pairs: the pairs that were found, as stored.
        undecided: the pairs of which it is not known.
        unsupported: the rules that cannot be compiled yet.
    """

    summaries: Mapping[str, Summary]
    pairs: Sequence[Mapping[str, Any]]
    undecided: Sequence[tuple[str, str]]
    unsupported: frozenset[str]

    @classmethod
    def read(cls, order: OverlapsOptions, schema: Schema) -> _Known:
        """What is in the cache; nothing if there is none, or if it does not fit the options."""
        if order.cache is not None:
            with suppress(OSError, ValueError, KeyError, TypeError):
                checksum, _, content = _file(order).read_bytes().partition(b"\n")
                if checksum == hashlib.sha256(content).hexdigest().encode():
                    stored = orjson.loads(content)
                    summaries = {digest: Summary.restored(each) for digest, each in stored["rules"].items()}
                    undecided = [(inner, outer) for inner, outer in stored["undecided"]]
                    return cls(summaries, stored["pairs"], undecided, frozenset(stored["unsupported"]))
        return cls({}, (), (), frozenset())

    def pairs_among(self, digests: Sequence[str], changed: set[int], rules: RuleSet) -> _Pairs:
        """The pairs of rules that did not change."""
        numbers = {digest: number for number, digest in enumerate(digests) if number not in changed}
        found: _Pairs = []
        for stored in self.pairs:
            inner, outer = numbers.get(stored["inner"]), numbers.get(stored["outer"])
            if inner is not None and outer is not None:
                pair = OverlappingPair(
                    rules.members[inner].name,
                    rules.members[outer].name,
                    stored["names"][0],
                    stored["names"][1],
                    Overlap(stored["overlap"]),
                    tuple((condition, line) for condition, line in stored["conditions"]),
                    tuple((what, tuple(removed), tuple(added)) for what, removed, added in stored["scope"]),
                )
                found.append((inner, outer, pair))
        return found

    def undecided_among(self, digests: Sequence[str], changed: set[int]) -> list[tuple[int, int]]:
        """The undecided pairs of rules that did not change."""
        numbers = {digest: number for number, digest in enumerate(digests) if number not in changed}
        return [(numbers[inner], numbers[outer]) for inner, outer in self.undecided if inner in numbers and outer in numbers]


def _write(
    order: OverlapsOptions,
    digests: Sequence[str],
    rules: RuleSet,
    pairs: _Pairs,
    undecided: Sequence[tuple[int, int]],
    unsupported: Sequence[str],
) -> None:
    """Keep what was found out."""
    summaries = {
        digest: member.summary.stored() for digest, member in zip(digests, rules.members, strict=True) if member.summary is not None
    }
    content = {
        "rules": summaries,
        "pairs": [
            {
                "inner": digests[inner],
                "outer": digests[outer],
                "names": [pair.name, pair.other_name],
                "overlap": pair.overlap.value,
                "conditions": pair.conditions,
                "scope": pair.scope,
            }
            for inner, outer, pair in pairs
        ],
        "undecided": [[digests[inner], digests[outer]] for inner, outer in undecided],
        "unsupported": unsupported,
    }
    data = orjson.dumps(content, default=str)
    assert order.cache is not None
    folder(order.cache)
    with output(str(_file(order))) as out:
        out.write(hashlib.sha256(data).hexdigest().encode() + b"\n" + data)


def _file(order: OverlapsOptions) -> Path:
    """The file of the cache: another one for each version, schema and time limit."""
    paths = [Path(TABLE_PATH), *map(Path, order.schema)]
    files = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]
    key = hashlib.sha256(orjson.dumps([__version__, files, order.timeout, order.now])).hexdigest()
    assert order.cache is not None
    return Path(order.cache) / f"overlaps-{key[:16]}.json"
