"""The fields of a source: what an event gets from what collected it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any

from ....compiler.schema.field_types import BOOLEAN, KEYWORD, LONG
from ....compiler.schema.fields import FieldSpec, prefixes
from ..assignment import Assignment
from ..event_profiles import ADDED_NAMES
from .aws import identity_rows
from .choose import FIELDS, made_of, source_for
from .derived import DERIVED
from .source import Record, Source

_IDENTIFIED = ("event.dataset", "event.module", "data_stream.type", "data_stream.dataset", "data_stream.namespace", "agent.type")
ADDED = FIELDS | {
    *_IDENTIFIED,
    "event.category",
    "event.type",
    "event.action",
    "event.code",
    "event.provider",
    "event.outcome",
    "winlog.channel",
    "winlog.provider_name",
    "winlog.event_id",
    "auditd.message_type",
    "system.auth.ssh.event",
    "agent.id",
    "agent.version",
}
"""Every field that an event may get from its source."""

_STREAM = {"data_stream.type", "data_stream.dataset", "data_stream.namespace"}
_ROW_FIELDS = ("event.category", "event.type", "event.action", "event.code", "event.provider", "event.outcome")
_OWN = ("github.", "kubernetes.audit.", "gen_ai.", "aws_bedrock.", "google_workspace.", "okta.", "winlog.", "gcp.")
"""Prefixes of fields of integrations that schemas need not list."""
_NUMBERS = ("gen_ai.usage.", "gen_ai.performance.")


def unlisted(name: str) -> FieldSpec | None:
    """A field of an integration that a schema does not list."""
    if name not in FIELDS or not name.startswith(_OWN):
        return None
    kind = LONG if name.startswith(_NUMBERS) else BOOLEAN if name.endswith(".is_proxy") else KEYWORD
    return FieldSpec(name, kind)


def added_by(source: Source, names: Iterable[str], usual: Collection[str]) -> frozenset[str]:
    """The fields to add to an event of a source.

    Args:
        source: of the event.
        names: the fields that it has.
        usual: the fields that events of its category get, whatever their source.
    """
    spoken = frozenset(names)
    above = {prefix for name in spoken for prefix in prefixes(name)}
    mine = {*usual, *source.fields, *_IDENTIFIED, *_ROW_FIELDS}
    if source.agent:
        mine |= {"agent.id", "agent.version"}
    else:
        mine = {name for name in mine if not name.startswith("agent.")}
    if "winlog." in source.marks:
        mine |= {"winlog.channel", "winlog.provider_name", "winlog.event_id"}
    if source.dataset == "auditd_manager.auditd":
        mine.add("auditd.message_type")
    if source.dataset == "system.auth":
        mine |= {"system.auth.ssh.event", "process.name"}
    if not source.streams or not source.dataset:
        mine -= _STREAM
    if not source.dataset:
        mine -= {"event.dataset"}
    return frozenset(
        name for name in mine if name not in above and spoken.isdisjoint(prefixes(name)) and not name.startswith(source.lacks or "\0")
    )


_CATEGORIES = (
    ("registry.", "registry"),
    ("dll.", "library"),
    ("file.", "file"),
    ("dns.", "network"),
    ("destination.", "network"),
    ("process.", "process"),
    ("source.", "network"),
    ("network.", "network"),
)
"""The category that fields suggest, where the rule names none; the more telling first."""


def sources_of(assignment: Assignment, patterns: Sequence[str], names: Sequence[Collection[str]]) -> list[Source | None]:
    """The source of each event of a match.

    Args:
        assignment: the match.
        patterns: the rule's index patterns.
        names: for each event the fields that it has.
    """
    found: list[Source | None] = []
    for event, spoken in enumerate(names):
        said = assignment.text(event, "event.category") if assignment.asked(event, "event.category") else ""
        category = said or next((category for prefix, category in _CATEGORIES if any(name.startswith(prefix) for name in spoken)), "")
        os = assignment.text(event, "host.os.type") if assignment.asked(event, "host.os.type") else None
        source = source_for(patterns, spoken, category, partial(assignment.fits, event), os)
        if source is None and (dataset := assignment.text(event, "event.dataset") or assignment.text(event, "data_stream.dataset")):
            source = made_of(dataset)
        found.append(source)
    return found


def settle_kind(assignment: Assignment, event: int, source: Source) -> None:
    """The names of the source, and what kind of event it is: code, channel, category, type, action and outcome that belong together."""
    record = Record(assignment, event)
    names = {"event.dataset": source.dataset, "data_stream.dataset": source.dataset} if source.dataset else {}
    module = source.module or source.dataset.partition(".")[0]
    assignment.settle(event, [{**names, "event.module": module}])
    if source.agent:
        assignment.offer(event, "agent.type", (source.agent,))
    _settle_rows(assignment, event, source.rows(record))
    if source.channel and record.text("event.code") not in _STARTS:
        assignment.adds = [names - _OF_STARTS if place == event else names for place, names in enumerate(assignment.adds)]
    if source.service == "aws" and record.text(_IDENTITY) == "Root":
        assignment.offer(event, "user.name", ("root",))


_STARTS = ("1", "4688")
"""The codes of events that say how a process was started."""
_OF_STARTS = frozenset(
    name
    for name in ADDED_NAMES
    if name.startswith(("process.parent.", "process.args", "process.command_line", "process.working", "process.hash"))
)
_IDENTITY = "aws.cloudtrail.user_identity.type"


def settle_agent(assignment: Assignment, event: int, source: Source | None) -> None:
    """The id of the agent: each kind of agent on a host has its own."""
    environment = assignment.environment
    kind = (source.agent if source is not None else "") or assignment.text(event, "agent.type")
    own = DERIVED[kind](environment) if kind in DERIVED else environment.agent_id
    if assignment.concerns(event, "agent.id"):
        assignment.offer(event, "agent.id", (own, environment.agent_id))


def _settle_rows(assignment: Assignment, event: int, rows: Iterable[Any]) -> None:
    """Give the event the first of the rows that its tests allow as a whole; of the others nothing, so that no two are mixed."""
    for row in rows:
        if all(assignment.fits(event, name, value) for name, value in row.items()):
            for name, value in row.items():
                assignment.put(event, name, value)
            return


def settle_fields(assignment: Assignment, event: int, source: Source) -> None:
    """The other fields of a source, once those of processes, files, users and connections have their values."""
    record = Record(assignment, event)
    if source.dataset == "aws.cloudtrail":
        _settle_rows(assignment, event, identity_rows(record))
    for name, make in source.fields.items():
        if not assignment.concerns(event, name) or assignment.is_settled(event, name):
            continue
        own = (assignment.environment.user, assignment.environment.mail)
        values = [value if value in own else assignment.rare(name, value) for value in make(record)]
        if not values:
            continue
        whole = isinstance(values[0], tuple) or not isinstance(values[0], str)
        assignment.offer(event, name, values if whole else assignment.options(event, name, values))
