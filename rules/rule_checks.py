"""Checks of what stands round the query of a rule: its time range, index patterns, required fields and threats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..compiler.diagnostics.checks.checked_query import CheckedQuery
from ..compiler.diagnostics.checks.field_names import nearest_dataset
from ..compiler.diagnostics.checks.outline import Comparison, Event, required
from ..compiler.diagnostics.diagnostic import Diagnostic
from ..compiler.diagnostics.finding import Finding
from ..compiler.diagnostics.rule_slips import IndexWithoutCategory, RequiredFieldType, ShortLookBack, ThreatMapping, UnusedRequiredField
from ..compiler.diagnostics.slips import UnknownDataset
from ..compiler.ir.program import ShapeKind
from ..compiler.semantics.match_group import fields_of_program
from ..compiler.values.literals import LiteralError, parse_date
from .lowering.rule_text import RuleText
from .reading.attribute_locations import Path
from .rule import Rule


@dataclass(frozen=True, slots=True)
class CheckedRule:
    """A rule to check: its attributes, and its query as written and compiled.

    Attributes:
        rule: the rule.
        query: its query.
        rule_text: the text that spans point into.
        now: what ``now`` means in date math, in epoch milliseconds.
    """

    rule: Rule
    query: CheckedQuery
    rule_text: RuleText
    now: int

    def at(self, finding: Finding, *paths: Path) -> Diagnostic:
        """A finding at the first of the paths that the file has."""
        return finding.at(self.rule_text.add_value(str(paths[0][-1]), *paths))


def read_rule_findings(subject: CheckedRule) -> tuple[Diagnostic, ...]:
    """The findings of all checks of a rule's attributes."""
    return tuple(finding for check in CHECKS for finding in check(subject))


def look_back(subject: CheckedRule) -> Iterator[Diagnostic]:
    """A look-back that is shorter than `maxspan`."""
    maxspan, text = subject.query.program.maxspan, subject.rule.raw.get("from")
    if subject.query.program.kind is not ShapeKind.SEQUENCE or maxspan is None or not isinstance(text, str):
        return
    try:
        earliest = parse_date(text, subject.now).low
    except LiteralError:
        return
    if earliest is None:
        return
    span = subject.now - int(earliest)
    if 0 < span < maxspan:
        yield subject.at(ShortLookBack(look_back=_duration(span), maxspan=_duration(maxspan)), ("from",))


def _duration(milliseconds: int) -> str:
    """A time span in its largest whole unit."""
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)):
        if milliseconds % length == 0:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"


_ENDPOINT = re.compile(r"(?:\*:)?logs-endpoint\.events\.(?P<kind>process|file|network|registry|library)(?:-[\w.*-]+|\*)?")
"""The data streams of Elastic Endpoint that hold events of one category."""


def index_patterns(subject: CheckedRule) -> Iterator[Diagnostic]:
    """Categories of events that no index pattern has."""
    patterns = [_ENDPOINT.fullmatch(pattern) for pattern in subject.rule.index]
    if not patterns or None in patterns:
        return
    kinds = {pattern["kind"] for pattern in patterns if pattern is not None}
    wanted = {category for event in subject.query.events if (category := _category(event)) is not None}
    for category in sorted(wanted & {"process", "file", "network", "registry", "library"} - kinds):
        yield subject.at(IndexWithoutCategory(category=category, patterns=subject.rule.index), ("index",))


def index_names(subject: CheckedRule) -> Iterator[Diagnostic]:
    """Index patterns whose data set is nearly a known one, or that no data stream of Elastic Endpoint matches."""
    for number, pattern in enumerate(subject.rule.index):
        path: Path = ("index", number)
        stream = _STREAM.fullmatch(pattern)
        if (wrong := _ENDPOINT_DOT.match(pattern)) is not None:
            found = UnknownDataset(value=pattern, meant=f"{wrong[1]}-*", field="index")
        elif stream is not None and (close := nearest_dataset(stream["dataset"], subject.query.schema)) is not None:
            found = UnknownDataset(value=pattern, meant=pattern.replace(stream["dataset"], close), field="index")
        else:
            continue
        yield subject.at(found, path, path[:1])


_STREAM = re.compile(r"(?:\*:)?logs-(?P<dataset>[a-z0-9_]+\.[a-z0-9_]+)-[\w.*-]*")
_ENDPOINT_DOT = re.compile(r"((?:\*:)?logs-endpoint\.events\.(?:process|file|network|registry|library|security|api))\.")
"""After the name of a data set, a data stream has a hyphen."""


def _category(event: Event) -> str | None:
    """The one category that an event must have."""
    if event.category is not None:
        return event.category
    for each in required(event.condition):
        if isinstance(each, Comparison) and each.field == "event.category" and len(each.values) == 1 and not each.values[0].wild:
            return each.values[0].text
    return None


def required_fields(subject: CheckedRule) -> Iterator[Diagnostic]:
    """Entries of `required_fields` with a wrong type, or that the query does not use."""
    listed = subject.rule.raw.get("required_fields")
    if not isinstance(listed, list):
        return
    used = fields_of_program(subject.query.program)
    for number, entry in enumerate(listed):
        name, stated = (entry.get("name"), entry.get("type")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(name, str) or not isinstance(stated, str):
            continue
        spec, path = subject.query.schema.lookup(name), ("required_fields", number)
        if spec is not None and stated not in (spec.type.name, "unknown") and not _related(stated, spec.type.name):
            yield subject.at(RequiredFieldType(field=name, type=spec.type.name, stated=stated), path, path[:1])
        elif name not in used and not any(spec is not None and name == each.stored for each in used.values()):
            yield subject.at(UnusedRequiredField(field=name), path, path[:1])


_FAMILIES = (
    ("keyword", "wildcard", "constant_keyword"),
    ("text", "match_only_text"),
    ("long", "integer", "short", "byte", "unsigned_long"),
)


def _related(one: str, other: str) -> bool:
    """Whether integrations declare a field of the one type with the other, too."""
    return any(one in family and other in family for family in _FAMILIES)


TACTICS: Mapping[str, str] = {
    "TA0001": "Initial Access",
    "TA0002": "Execution",
    "TA0003": "Persistence",
    "TA0004": "Privilege Escalation",
    "TA0005": "Defense Evasion",
    "TA0006": "Credential Access",
    "TA0007": "Discovery",
    "TA0008": "Lateral Movement",
    "TA0009": "Collection",
    "TA0010": "Exfiltration",
    "TA0011": "Command and Control",
    "TA0040": "Impact",
    "TA0042": "Resource Development",
    "TA0043": "Reconnaissance",
}
"""The tactics of MITRE ATT&CK for enterprises."""


def threats(subject: CheckedRule) -> Iterator[Diagnostic]:
    """Ids, names and references of `threat` that do not fit."""
    listed = subject.rule.raw.get("threat")
    for number, entry in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(entry, Mapping) or "ATT&CK" not in str(entry.get("framework", "MITRE ATT&CK")):
            continue
        path: Path = ("threat", number)
        tactic = entry.get("tactic")
        if isinstance(tactic, Mapping):
            yield from _tactic(subject, tactic, (*path, "tactic"))
        for at, technique in enumerate(_tables(entry.get("technique"))):
            yield from _technique(subject, technique, (*path, "technique", at))


def _tactic(subject: CheckedRule, tactic: Mapping[str, Any], path: Path) -> Iterator[Diagnostic]:
    id_, name = str(tactic.get("id", "")), str(tactic.get("name", ""))
    if id_ not in TACTICS:
        yield _wrong(subject, "form", id_, (*path, "id"), what="tactic of MITRE ATT&CK")
        return
    if name != TACTICS[id_]:
        yield _wrong(subject, "name", name, (*path, "name"), expected=f"{id_}, {TACTICS[id_]}")
    yield from _reference(subject, tactic, f"tactics/{id_}", path)


def _technique(subject: CheckedRule, technique: Mapping[str, Any], path: Path) -> Iterator[Diagnostic]:
    id_ = str(technique.get("id", ""))
    if not re.fullmatch(r"T\d{4}", id_):
        yield _wrong(subject, "form", id_, (*path, "id"), what="technique")
        return
    yield from _reference(subject, technique, f"techniques/{id_}", path)
    for at, inner in enumerate(_tables(technique.get("subtechnique"))):
        place, inner_id = (*path, "subtechnique", at), str(inner.get("id", ""))
        if not re.fullmatch(r"T\d{4}\.\d{3}", inner_id):
            yield _wrong(subject, "form", inner_id, (*place, "id"), what="subtechnique")
        elif not inner_id.startswith(f"{id_}."):
            yield _wrong(subject, "parent", inner_id, (*place, "id"), expected=id_)
        else:
            yield from _reference(subject, inner, f"techniques/{inner_id.replace('.', '/')}", place)


def _reference(subject: CheckedRule, table: Mapping[str, Any], expected: str, path: Path) -> Iterator[Diagnostic]:
    reference = table.get("reference")
    if isinstance(reference, str) and not reference.rstrip("/").endswith(f"/{expected}"):
        yield _wrong(subject, "reference", reference, (*path, "reference"), expected=str(table.get("id")))


def _wrong(
    subject: CheckedRule,
    variant: Literal["form", "name", "reference", "parent"],
    value: str,
    path: Path,
    what: str = "",
    expected: str = "",
) -> Diagnostic:
    found = ThreatMapping(variant=variant, value=value, what=what, expected=expected)
    return subject.at(found, path, path[:-1], ("threat",))


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


CHECKS: tuple[Callable[[CheckedRule], Iterator[Diagnostic]], ...] = (look_back, index_patterns, index_names, required_fields, threats)
