"""Realistic hosts: all that an event says of its machine belongs to one host of the world, or to the one that the rule names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .assignment import Assignment
from .environment import ATTRIBUTES, Environment, seated

_HOSTS_TRIED = 40
_KEPT = {"host.id": "id", "agent.id": "agent_id", "host.ip": "address"}
"""By field that identifies a host: the attribute of a derived host that takes the rule's value."""

_FIELDS = (
    "host.os.type", "host.os.family", "host.os.platform", "host.os.name", "host.os.version", "host.os.full", "host.name", "host.hostname",
    "host.id", "host.ip", "host.mac",
)  # fmt: skip


def settle_host(assignment: Assignment, event: int) -> None:
    """Name, system, id and addresses of the machine; the environment is that machine's from then on."""
    _settle_system(assignment, event)
    assignment.environment = _named(assignment, event) or _identified(assignment, event) or assignment.environment
    for name in _FIELDS:
        value = getattr(assignment.environment, ATTRIBUTES.get(name, "os"))
        if value is not None and assignment.concerns(event, name):
            assignment.offer(event, name, (value,))


def _settle_system(assignment: Assignment, event: int) -> None:
    """The system of the environment if the rule allows it, else a machine with another."""
    environment, os = assignment.environment, assignment.text(event, "host.os.type")
    if os and environment.os is not None and assignment.may_take_over(event, "host.os.type", environment.os):
        assignment.put(event, "host.os.type", environment.os)
    elif os and os != environment.os and assignment.determined(event, "host.os.type"):
        available = environment.world.seats(os)
        if available:
            assignment.environment = seated(environment.world, os, environment.service, assignment.rng.choice(available))


def _named(assignment: Assignment, event: int) -> Environment | None:
    """The environment on the host whose name the rule restricts; None if it does not, or allows the present one."""
    if not assignment.determined(event, "host.name"):
        return None
    environment, world = assignment.environment, assignment.environment.world
    others = [host.name for host in assignment.rng.sample(world.hosts, min(_HOSTS_TRIED, len(world.hosts)))]
    names = list(assignment.options(event, "host.name", [environment.host, *others]))
    if not assignment.drawer.identifying.isdisjoint(_KEPT):
        # Matches that differ in what identifies a host must differ in its name.
        names = [f"{name}-{assignment.rng.getrandbits(32):08x}" for name in names] + names
    name = next((name for name in names if assignment.fits(event, "host.name", name)), environment.host)
    return environment if name == environment.host else environment.on_host(world.host(name, environment.os))


def _identified(assignment: Assignment, event: int) -> Environment | None:
    """The environment on the host whose id, agent or address the rule restricts; None if it does not, or allows the present one."""
    environment = assignment.environment
    for name, attribute in _KEPT.items():
        value = assignment.text(event, name)
        if value and assignment.determined(event, name) and not assignment.fits(event, name, getattr(environment, ATTRIBUTES[name])):
            kept: dict[str, Any] = {attribute: value}
            return environment.on_host(replace(environment.world.host_with(value, environment.os), **kept))
    return None
