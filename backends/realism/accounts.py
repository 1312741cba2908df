"""Realistic accounts: name, id and domain of each user that an event mentions belong to one account of the world."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .assignment import Assignment, FieldValues
from .environment import well_known
from .vocabulary import WINDOWS
from .world import Account

_OTHERS = 12
"""The number of accounts of the world to try for a rule that restricts names or ids."""


@dataclass(frozen=True, slots=True)
class AccountRole:
    """The fields of one user in an event.

    Attributes:
        name, id, domain: the fields.
        own: whether it is usually the user to whom the event happens.
    """

    name: str
    id: str
    domain: str
    own: bool = True


def _below(prefix: str, *, own: bool = True) -> AccountRole:
    return AccountRole(f"{prefix}.name", f"{prefix}.id", f"{prefix}.domain", own)


USER = _below("user")
FURTHER = (
    AccountRole("winlog.event_data.SubjectUserName", "winlog.event_data.SubjectUserSid", "winlog.event_data.SubjectDomainName"),
    AccountRole("winlog.event_data.TargetUserName", "winlog.event_data.TargetUserSid", "winlog.event_data.TargetDomainName", own=False),
    AccountRole("winlog.event_data.TargetUserName", "winlog.event_data.TargetSid", "winlog.event_data.TargetDomainName", own=False),
    _below("user.effective"),
    _below("user.target", own=False),
    _below("user.changes", own=False),
    _below("source.user"),
    _below("client.user"),
    _below("destination.user", own=False),
    *(_below(f"{process}.{role}") for process in ("process", "process.parent") for role in ("user", "real_user", "saved_user")),
)
"""The further users of an event."""


def settle_user(assignment: Assignment, event: int) -> None:
    """Name, id and domain of the user to whom the event happens; the environment is that user's from then on."""
    environment = assignment.environment
    determined = {name for name in (USER.name, USER.id) if assignment.determined(event, name)}
    if not _settle(assignment, event, USER, (_own(assignment),), "user.id goes with user.name"):
        return
    name = assignment.text(event, USER.name)
    known = {account.name for account in well_known(environment)}
    if name and name != environment.user and name not in known and USER.name in determined:
        assignment.environment = environment.as_user(environment.world.account(name, environment.os))
    elif (user_id := assignment.text(event, USER.id)) and user_id != environment.user_id and USER.id in determined:
        account = environment.world.account_with_id(user_id, environment.os)
        if account.name not in known:
            assignment.environment = environment.as_user(account)


def settle_further_users(assignment: Assignment, event: int) -> None:
    """The same of the other users in it."""
    world, rng = assignment.environment.world, assignment.rng
    for role in FURTHER:
        fields = (role.name, role.id, role.domain)
        if all(assignment.cell(event, name) is None for name in fields):
            continue
        own = _account_of_event(assignment, event)
        others = [person for person in rng.sample(world.people, min(4, len(world.people))) if person.name != own.name]
        _settle(assignment, event, role, (own, *others) if role.own else (*others, own))


def _own(assignment: Assignment) -> Account:
    environment = assignment.environment
    ids = (environment.user_id, environment.user_id)
    return Account(environment.user, environment.full_name, environment.mail, environment.domain, environment.group, *ids)


def _account_of_event(assignment: Assignment, event: int) -> Account:
    name = assignment.text(event, USER.name)
    environment = assignment.environment
    return _own(assignment) if not name or name == environment.user else environment.world.account(name, environment.os)


def _settle(assignment: Assignment, event: int, role: AccountRole, usual: Iterable[Account], relation: str = "") -> bool:
    return assignment.settle(event, (_values(assignment, role, account) for account in _accounts(assignment, event, role, usual)), relation)


def _accounts(assignment: Assignment, event: int, role: AccountRole, usual: Iterable[Account]) -> Iterator[Account]:
    """Yields accounts that an event may name, best first."""
    environment, world = assignment.environment, assignment.environment.world
    yield from usual
    if not any(assignment.determined(event, name) for name in (role.name, role.id, role.domain)):
        return
    yield from assignment.rng.sample(world.people, min(_OTHERS, len(world.people)))
    yield from well_known(environment)
    if environment.os == WINDOWS:
        yield world.administrator()
    for name in assignment.options(event, role.name, ()):
        yield world.account(name, environment.os)
    for user_id in assignment.options(event, role.id, ()):
        yield world.account_with_id(user_id, environment.os)


def _values(assignment: Assignment, role: AccountRole, account: Account) -> FieldValues:
    environment = assignment.environment
    named = {role.name: account.name}
    if environment.os is None and environment.service:
        return named if role is not USER else {**named, role.id: environment.world.cloud_id(environment.service, account.name)}
    domain = {role.domain: account.domain} if environment.os == WINDOWS else {}
    return {**named, role.id: account.id_on(environment.os), **domain}
