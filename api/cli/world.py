"""``triggerfish world``: the hosts and users that realistic documents share, and a world file to begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from ...backends.realism.world import World
from ...backends.realism.world_file import EXAMPLE, WorldError
from ...backends.report.wording import counted
from ..options import option
from ..run.own_values import world_of
from .terminal import fail

_BAD_USAGE = 2
_COMMANDS = ("world",)


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """What ``triggerfish world`` is given."""

    file: str | None = None
    init: str | None = option(
        "--init", default=None, value="FILE", writes=True, commands=_COMMANDS, help="Write a world file to edit; `-` is standard output."
    )
    seed: int = option("--seed", default=0, commands=_COMMANDS, lowest=-(1 << 63), highest=(1 << 63) - 1, shown=True, help="Random seed.")
    size: int | None = option(
        "--size",
        default=None,
        value="N",
        lowest=1,
        highest=100_000,
        commands=_COMMANDS,
        help="Number of hosts, and of users; default: 100, or those of FILE.",
    )
    json: bool = option("--json", default=False, commands=_COMMANDS, help="Print the whole world as JSON.")


def run(options: WorldOptions, given: Collection[str]) -> int:
    """Show a world or write a world file; returns the exit code."""
    if options.init is not None:
        return _initialised(options.init)
    try:
        world = world_of(options.file, options.size, options.seed)
    except WorldError as error:
        fail(str(error))
        return _BAD_USAGE
    if options.json:
        click.echo(orjson.dumps(_described(world), option=orjson.OPT_INDENT_2))
    else:
        _show(world)
    return 0


def _initialised(path: str) -> int:
    if path == "-":
        click.echo(EXAMPLE, nl=False)
        return 0
    try:
        with Path(path).open("x", encoding="utf-8") as file:
            file.write(EXAMPLE)
    except OSError as error:
        fail(f"{path}: {error.strerror or error}")
        return _BAD_USAGE
    return 0


def _described(world: World) -> dict[str, Any]:
    """The world as a JSON value."""
    hosts = []
    for host, users in zip(world.hosts, world.logons, strict=True):
        system = {"os": host.system.os, "version": host.system.version, "system": host.system.full}
        names = list(dict.fromkeys(world.people[user].name for user in users))
        ids = {"id": host.id, "agent_id": host.agent_id, "mac": host.mac, "instance_id": host.instance_id}
        hosts.append({"name": host.name, "address": host.address, **system, **ids, "users": names})
    attributes = ("name", "full_name", "mail", "domain", "group", "sid", "uid")
    people = [{name: getattr(person, name) for name in attributes} for person in world.people]
    network = {"resolver": world.resolver, "external": world.peers}
    cloud = {"accounts": world.accounts, "projects": world.projects, "regions": world.regions}
    domain = {"domain": world.domain, "dns_domain": world.dns_domain, "mail_domain": world.mail_domain, "domain_sid": world.domain_sid}
    return {**domain, "time_zone": world.time_zone, "hosts": hosts, "users": people, "networks": network, "cloud": cloud}


def _show(world: World) -> None:
    systems = Counter(host.system.os for host in world.hosts)
    parts = ", ".join(f"{count} {os}" for os, count in systems.most_common())
    click.echo(f"{counted(len(world.hosts), 'host')} ({parts}), {counted(len(world.people), 'user')}, domain {world.domain}")
    rows = [(host.name, host.address, host.system.full, host.system.version) for host in world.hosts]
    click.echo("\n" + _table(("host", "address", "system", "version"), rows))
    click.echo("\n" + _table(("user", "SID", "uid", "mail"), [(each.name, each.sid, each.uid, each.mail) for each in world.people]))


def _table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[at]) for row in (header, *rows)) for at in range(len(header))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (header, *rows))
    return "\n".join(lines)
