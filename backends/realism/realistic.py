"""The realistic style: replaces a match's values by plausible, consistent ones, and adds related fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ...compiler.ir.formula import Predicate, Within, leaves, term_fields
from ...compiler.schema.field_types import CONSTANT_KEYWORD
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.semantics.match_group import TIMESTAMP
from ...compiler.values.kinds import values_of
from ...compiler.values.literals import render_date
from ..generate.cells import Slot
from ..generate.restyle import Match, Styled
from ..generate.walk import CellName, Cells
from ..values.draw import Drawer
from .accounts import settle_further_users, settle_user
from .assignment import Assignment, addable
from .environment import ATTRIBUTES, Environment, set_environment
from .event_profiles import ADDED_NAMES, BY_CATEGORY, additions, category_of
from .field_values import EXACT, usual_of
from .files_and_registry import FILE_ROLES, settle_file, settle_registry
from .given_values import settle_given, settle_pools, spec_of, with_given
from .hosts import settle_host
from .network import settle_connection, settle_names
from .processes import (
    FURTHER_ROLES,
    ROLES,
    likely_parents,
    likely_programs,
    settle_arguments,
    settle_hashes,
    settle_identity,
    settle_program,
)
from .scene import Scene
from .sources.choose import hints
from .sources.settle import ADDED, added_by, settle_agent, settle_fields, settle_kind, sources_of, unlisted
from .sources.source import Source
from .vocabulary import ACTIONS, AWS_SERVICES, CONTAINER_WORDS, EVENT_ACTIONS, WINDOWS, WINDOWS_CHANNELS, WINDOWS_EVENTS
from .world import World


@dataclass(frozen=True, slots=True)
class Realistic:
    """The style.

    Attributes:
        schema: only fields that it knows are added.
        world: where hosts, users and addresses come from.
        given: values that documents have wherever the rule allows, by field; a tuple for several.
        patterns: the rule's index patterns, which say where its events come from.
    """

    schema: Schema
    world: World
    given: Mapping[str, Any] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()
    _specs: dict[str, FieldSpec | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def addable(self, name: str) -> FieldSpec | None:
        """A field that may be added, by its name."""
        try:
            return self._specs[name]
        except KeyError:
            spec = self.schema.lookup(name)
            if spec is None and name in self.given:
                spec = spec_of(name, self.given[name])
            elif spec is None and self.schema.lookup("event.dataset") is not None:
                spec = unlisted(name)
            elif spec is not None and isinstance(self.given.get(name), tuple):
                spec = replace(spec, array=True, array_stated=True)
            addable_spec = self._specs[name] = spec if addable(spec) or name.startswith("data_stream.") else None
            return addable_spec

    def styled(self, cells: Cells, match: Match, drawer: Drawer) -> Styled:
        """Return other values for a match.

        Every single change passes the tests of its own cell; the caller checks with the matcher that they match together.

        Args:
            cells: values that satisfy the rule.
            match: the match.
            drawer: tests values, and has the source of randomness.
        """
        assignment, sources = _draft(self, cells, match, drawer)
        for event, source in enumerate(sources):
            _settle_event(assignment, event, match.times[event], source)
        for cell_name in list(assignment.cells):
            _settle_rest(assignment, cell_name)
        kept = {match.name_of(event, name): value for event in range(len(match.events)) for name, value in self.given.items()}
        return Styled(assignment.cells, frozenset(assignment.given_up), Scene(assignment.environment, drawer.tests, kept))

    def fields(self) -> list[FieldSpec]:
        """The fields that may be added to documents."""
        specs = (self.addable(name) for name in sorted(ADDED_NAMES | ADDED | self.given.keys()))
        return [spec for spec in specs if spec is not None]


def _draft(style: Realistic, cells: Cells, match: Match, drawer: Drawer) -> tuple[Assignment, list[Source | None]]:
    names = [_spoken(cells, match, event) for event in range(len(match.events))]
    facts = [
        (name, slot.value)
        for (_, name), cell in cells.items()
        for slot in cell.slots
        if slot.wanted or cell.spec.type is CONSTANT_KEYWORD or match.fixed
    ]
    facts += [(name, value) for name, value in style.given.items() if not isinstance(value, tuple)]
    rare = bool(drawer.identifying)
    spoken = [name for event in names for name in event]

    def located(more: Sequence[tuple[str, object]]) -> Environment:
        settled, rng = [*facts, *more], Random(match.environment)
        return set_environment(
            style.world, settled, spoken, rng, rare=rare, suits=lambda environment: _suits(environment, cells, match, drawer, style.given)
        )

    nothing = [frozenset[str]() for _ in names]
    pinned = _pinned(cells, match)
    assignment = Assignment(dict(cells), drawer, match.name_of, style.schema, style.addable, pinned, located(()), nothing)
    sources = sources_of(assignment, style.patterns, names)
    if hinted := hints(sources):
        assignment.environment = located(hinted)
    assignment.adds = [
        with_given(_adds(assignment, match, event, spoken, sources[event]), style.given, spoken) for event, spoken in enumerate(names)
    ]
    for event in range(len(match.events)):
        settle_given(assignment, event, style.given)
        settle_pools(assignment, event, style.world.pools)
    return assignment, sources


def _adds(assignment: Assignment, match: Match, event: int, spoken: Sequence[str], source: Source | None) -> frozenset[str]:
    """The fields to add to an event."""
    # A rule that uses only unknown fields, of unknown indices, gives no hint for further values.
    if source is None and all(assignment.schema.lookup(name) is None for name in spoken):
        return frozenset()
    cell = assignment.cell(event, "event.category")
    said = [category for category in map(str, cell.values if cell is not None else ()) if category in BY_CATEGORY]
    category = category_of(said, spoken, assignment.environment)
    usual = _additions(assignment.cells, match, event, category, spoken, assignment.environment)
    return usual if source is None else added_by(source, spoken, usual)


def _suits(environment: Environment, cells: Cells, match: Match, drawer: Drawer, given: Mapping[str, Any]) -> bool:
    """Whether a match leaves room for the values of an environment, and they are those that are given."""
    for name, attribute in ATTRIBUTES.items():
        if name in given and given[name] != getattr(environment, attribute):
            return False
        for event in range(len(match.events)):
            cell = cells.get(match.name_of(event, name))
            if cell is None or len(cell.slots) != 1:
                continue
            if not drawer.fits(cell.spec, getattr(environment, attribute), cell.slots[0].wanted, cell.unwanted):
                return False
    return True


def _additions(cells: Cells, match: Match, event: int, category: str, spoken: Sequence[str], environment: Environment) -> frozenset[str]:
    said = (cells.get(match.name_of(event, name)) for name in ("event.kind", "event.code"))
    kind, code = (str(cell.values[0]) if cell is not None and cell.slots else "" for cell in said)
    return additions(category, spoken, environment, kind=kind, code=code)


def _spoken(cells: Cells, match: Match, event: int) -> list[str]:
    """The fields that an event's document has."""
    own = [name for number, name in cells if number == event]
    return own + [key.field.stored for key in match.events[event].keys]


def _pinned(cells: Cells, match: Match) -> frozenset[CellName]:
    """Cells whose values other fields depend on, or all fields of an index."""
    if match.fixed:
        return frozenset(cells)
    pinned = {name for name, cell in cells.items() if cell.spec.type is CONSTANT_KEYWORD or name[1] == TIMESTAMP}
    for number, event in enumerate(match.events):
        for leaf in leaves(event.formula):
            if isinstance(leaf, Predicate):
                pinned |= {match.name_of(number, spec.stored) for spec in term_fields(leaf.term)}
    return frozenset(pinned)


def _settle_event(assignment: Assignment, event: int, time: int, source: Source | None) -> None:
    if source is not None:
        settle_kind(assignment, event, source)
    settle_host(assignment, event)
    settle_agent(assignment, event, source)
    _settle_category(assignment, event)
    _settle_agent(assignment, event)
    settle_user(assignment, event)
    settle_further_users(assignment, event)
    earlier = [(other, role) for other in range(event) for role in ROLES]
    for role in ROLES:
        settle_identity(assignment, event, role, earlier)
    if any(assignment.concerns(event, name) for name in ("process.name", "process.executable", "process.parent.name")):
        scripted = any(number == event and name.startswith("powershell.") for number, name in assignment.cells)
        doing = "powershell" if scripted else assignment.text(event, "event.category")
        likely = likely_programs(assignment.environment, assignment.rng, doing)
        settle_program(assignment, event, "process", likely)
        settle_program(
            assignment,
            event,
            "process.parent",
            likely_parents(assignment.environment, assignment.rng, assignment.text(event, "process.name")),
        )
    for role in FURTHER_ROLES:
        if any(assignment.cell(event, f"{role}.{part}") is not None for part in ("name", "executable")):
            settle_program(assignment, event, role, likely_parents(assignment.environment, assignment.rng, ""))
    for role in ROLES:
        settle_arguments(assignment, event, role)
    for role in FILE_ROLES:
        settle_file(assignment, event, role)
    for role in (*ROLES, "file", "dll"):
        settle_hashes(assignment, event, role)
    settle_registry(assignment, event)
    settle_names(assignment, event)
    settle_connection(assignment, event)
    _settle_service(assignment, event)
    if source is not None:
        settle_fields(assignment, event, source)
    _settle_rest_of_additions(assignment, event, source)
    _settle_times(assignment, event, time)


def _usual(assignment: Assignment, event: int, name: str) -> None:
    if assignment.concerns(event, name):
        assignment.offer(event, name, [value for value in EXACT[name].make(assignment.environment, assignment.rng) if value is not None])


def _settle_category(assignment: Assignment, event: int) -> None:
    """``event.category``, an ``event.type`` that ECS expects with it, and what was done."""
    _usual(assignment, event, "event.kind")
    names = [name for number, name in assignment.cells if number == event]
    category = category_of(
        [assignment.text(event, "event.category")] if assignment.text(event, "event.category") else [], names, assignment.environment
    )
    if not category:
        return
    assignment.offer(event, "event.category", (category,))
    action = assignment.text(event, "event.action") if assignment.asked(event, "event.action") else ""
    expected = assignment.schema.expected_event_types(category)
    fitting = [event_type for event_type in expected if action in EVENT_ACTIONS.get((category, event_type), ())]
    usual = [event_type for listed, event_type in EVENT_ACTIONS if listed == category and event_type in expected]
    types = [*fitting, *usual[:1], *expected]
    assignment.offer(event, "event.type", [event_type for event_type in types if event_type != "info"] or types)
    if assignment.asked(event, "event.type") and assignment.text(event, "event.type") not in expected:
        assignment.given_up.add("event.type goes with event.category")
    chosen = assignment.text(event, "event.type")
    actions = EVENT_ACTIONS.get((category, chosen), ())
    assignment.offer(event, "event.action", assignment.options(event, "event.action", actions))


def _settle_agent(assignment: Assignment, event: int) -> None:
    """What collected the event."""
    names = [name for number, name in assignment.cells if number == event]
    if assignment.text(event, "event.module") == "auditd":
        names.append("auditd.")
    collected = (("winlogbeat", ("winlog.", "powershell.")), ("auditbeat", ("auditd.",)))
    listed = [agent for agent, prefixes in collected if any(name.startswith(prefixes) for name in names)]
    if not listed and assignment.text(event, "event.code") and assignment.environment.os == WINDOWS:
        listed = ["winlogbeat"]
    assignment.offer(event, "agent.type", [*listed, "endpoint"])


def _settle_service(assignment: Assignment, event: int) -> None:
    """Names of the data set and what wrote it, and the channel of Windows events."""
    code = assignment.text(event, "event.code")
    if code in WINDOWS_EVENTS and assignment.environment.os == WINDOWS:
        action, provider = WINDOWS_EVENTS[code]
        assignment.offer(event, "event.action", (action,))
        assignment.offer(event, "event.provider", (provider,))
    elif assignment.environment.os == WINDOWS and assignment.text(event, "event.action"):
        for number, (action, provider) in WINDOWS_EVENTS.items():
            if action == assignment.text(event, "event.action"):
                assignment.offer(event, "event.code", (number,))
                assignment.offer(event, "event.provider", (provider,))
    channel = WINDOWS_CHANNELS.get(assignment.text(event, "event.provider"))
    if channel is not None:
        assignment.offer(event, "winlog.channel", (channel,))
    dataset = assignment.text(event, "data_stream.dataset") or assignment.text(event, "event.dataset")
    service = assignment.environment.service
    if service == "aws":
        _settle_identity_of_cloud(assignment, event)
    if service in ACTIONS and assignment.cell(event, "event.action") is not None:
        assignment.offer(
            event,
            "event.action",
            assignment.options(event, "event.action", EXACT["event.action"].make(assignment.environment, assignment.rng)),
        )
    if assignment.cell(event, "aws.cloudtrail.error_code") is not None:
        assignment.offer(event, "event.outcome", ("failure",))
    if service == "aws":
        action = assignment.text(event, "event.action")
        assignment.offer(event, "event.provider", [f"{name}.amazonaws.com" for word, name in AWS_SERVICES.items() if word in action])
    usual = [dataset] if dataset else [_DATASETS[service]] if service in _DATASETS else []
    assignment.offer(event, "event.dataset", usual)
    assignment.offer(event, "event.module", [source.partition(".")[0] for source in usual])
    if service == "kubernetes":
        _settle_request(assignment, event)


def _settle_identity_of_cloud(assignment: Assignment, event: int) -> None:
    """The user, and their identity in the cloud."""
    kind, arn, user_id = "aws.cloudtrail.user_identity.type", "aws.cloudtrail.user_identity.arn", "user.id"
    environment = assignment.environment
    assignment.offer(event, user_id, assignment.options(event, user_id, EXACT["aws user.id"].make(environment, assignment.rng)))
    session = assignment.text(event, user_id).partition(":")[2] or environment.user
    listed = {
        "IAMUser": f"arn:aws:iam::{environment.account}:user/{environment.user}",
        "AssumedRole": f"arn:aws:sts::{environment.account}:assumed-role/{assignment.rng.choice(CONTAINER_WORDS)}-role/{session}",
        "Root": f"arn:aws:iam::{environment.account}:root",
        "FederatedUser": f"arn:aws:sts::{environment.account}:federated-user/{environment.user}",
    }
    ordered = ("AssumedRole", "IAMUser") if ":" in assignment.text(event, user_id) else ("IAMUser", "AssumedRole")
    assignment.settle(event, [{kind: identity, arn: listed[identity]} for identity in (*ordered, "Root", "FederatedUser")])


_DATASETS = {
    "aws": "aws.cloudtrail",
    "azure": "azure.activitylogs",
    "gcp": "gcp.audit",
    "o365": "o365.audit",
    "okta": "okta.system",
    "google_workspace": "google_workspace.admin",
    "github": "github.audit",
    "kubernetes": "kubernetes.audit_logs",
}


_VERBS = ("create", "get", "list", "patch", "update", "delete")


def _settle_request(assignment: Assignment, event: int) -> None:
    """A request to the API of a cluster names what it is about."""
    uri = assignment.value(event, "kubernetes.audit.requestURI")
    named = re.search("/namespaces/([^/?]+)(?:/([^/?]+))?", str(uri)) if assignment.asked(event, "kubernetes.audit.requestURI") else None
    if named is not None:
        assignment.offer(event, "kubernetes.audit.objectRef.namespace", (named[1],))
        assignment.offer(event, "kubernetes.audit.objectRef.resource", (named[2],) if named[2] else ())
    for part in ("resource", "namespace", "subresource", "name"):
        name = f"kubernetes.audit.objectRef.{part}"
        if assignment.concerns(event, name):
            usual = usual_of(name)
            assignment.offer(event, name, assignment.options(event, name, usual.make(assignment.environment, assignment.rng), usual.form))
    name = "kubernetes.audit.user.username"
    own = [assignment.text(event, "user.name")] if assignment.asked(event, "user.name") else []
    assignment.offer(event, name, assignment.options(event, name, [*own, *EXACT[name].make(assignment.environment, assignment.rng)]))
    assignment.offer(event, "kubernetes.audit.verb", [action] if (action := assignment.text(event, "event.action")) in _VERBS else _VERBS)
    parts = [assignment.text(event, f"kubernetes.audit.objectRef.{part}") for part in ("namespace", "resource", "name", "subresource")]
    namespace, resource, called, below = parts
    place = f"/api/v1/namespaces/{namespace}/{resource}" if namespace else f"/api/v1/{resource}"
    uri = "/".join(part for part in (place, called, below) if part)
    assignment.offer(event, "kubernetes.audit.requestURI", assignment.options(event, "kubernetes.audit.requestURI", (uri,)))


def _settle_rest_of_additions(assignment: Assignment, event: int, source: Source | None) -> None:
    """Added fields that depend on no other."""
    chosen = source.fields if source is not None else {}
    for name in sorted(assignment.adds[event]):
        if name in chosen:
            continue
        if assignment.cell(event, name) is not None:
            continue
        spec = assignment.schema.lookup(name)
        usual = EXACT.get(name) or (usual_of(name, spec.kind) if spec is not None and name.endswith(_ADDED_ALONE) else None)
        if usual is not None:
            assignment.offer(event, name, usual.make(assignment.environment, assignment.rng))


_ADDED_ALONE = (".sha256", "user_agent.original", "source.ip", "event.provider", "email.from.address", "email.to.address", "user.email")


def _settle_times(assignment: Assignment, event: int, time: int) -> None:
    """The times of creation and ingestion, both after the event."""
    created = time + assignment.rng.randint(1, 40)
    assignment.offer(event, "event.created", (render_date(created),))
    assignment.offer(event, "event.ingested", (render_date(created + assignment.rng.randint(800, 4000)),))
    for name in ("process.start", "process.parent.start"):
        if assignment.cell(event, name) is not None:
            assignment.offer(event, name, (render_date(time - assignment.rng.randint(10, 60_000)),))


def _near_bounds(slot: Slot, rng: Random) -> list[int]:
    """Whole numbers not far beyond the bounds that a rule sets."""
    bounds = [interval for test in slot.wanted if isinstance(test, Within) for interval in test.intervals]
    if not isinstance(slot.value, int) or isinstance(slot.value, bool):
        return []
    candidates = [int(bound.low) + rng.randint(1, max(4, abs(int(bound.low)) // 2)) for bound in bounds if bound.low is not None]
    return candidates + [int(bound.high) - rng.randint(0, max(2, abs(int(bound.high)) // 2)) for bound in bounds if bound.high is not None]


def _settle_rest(assignment: Assignment, cell_name: CellName) -> None:
    """Settles the remaining fields, one value at a time."""
    if not assignment.changeable(cell_name):
        return
    event, name = cell_name
    cell = assignment.cells[cell_name]
    usual = usual_of(name, cell.spec.kind)
    if values_of(cell.spec).blocks and name in assignment.drawer.identifying:
        return
    vocabulary: Iterable[object] = cell.spec.allowed or cell.spec.expected
    for at in range(len(cell.slots)):
        candidates = [assignment.rare(name, text) for text in usual.make(assignment.environment, assignment.rng)] if not vocabulary else []
        fresh = vocabulary or [*candidates, *_near_bounds(cell.slots[at], assignment.rng)]
        assignment.replace_slot(event, name, at, assignment.slot_options(event, name, at, fresh, usual.form))
