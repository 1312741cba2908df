"""Formats of what exceptions exclude."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from ..compare.comparison import Document
from ..compare.exceptions import Effect
from .caret_text import visible
from .comparison_formats import values_in
from .wording import counted

_MOST_RULES = 12
"""Rules of one kind that a text names."""


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What an exception excludes of what a rule matches.

    Attributes:
        rule, name: the rule's file, as the user named it, and its name.
        effect: how much.
        event: an event that is excluded, or None.
        fields: its fields that the exception is about.
        names_them: whether the rule has conditions on such fields.
    """

    rule: str
    name: str
    effect: Effect
    event: Document | None = None
    fields: tuple[str, ...] = ()
    names_them: bool = True


@dataclass(frozen=True, slots=True)
class ReportedException:
    """An exception and what it excludes.

    Attributes:
        name, place: what people call it, and where it stands.
        rules: the rules that it was compared with.
        swallowed_by: the other exceptions that exclude all that it excludes.
        expired: when it expired; None if it is in force.
        problem: why it was not compared; empty otherwise.
    """

    name: str
    place: str
    rules: tuple[RuleEffect, ...] = ()
    swallowed_by: tuple[str, ...] = ()
    expired: str | None = None
    problem: str = ""

    def of(self, effect: Effect) -> list[RuleEffect]:
        """The rules that it does something to."""
        return [each for each in self.rules if each.effect is effect]


def text(exceptions: Sequence[ReportedException], *, verbose: bool) -> str:
    """What each exception excludes, as text."""
    return "".join(f"{line}\n" for each in exceptions for line in _lines(each, verbose))


def _lines(exception: ReportedException, verbose: bool) -> Iterator[str]:
    yield f"{visible(exception.place)}: {visible(exception.name)}"
    if exception.problem:
        yield f"  not compared: {visible(exception.problem)}"
        return
    if exception.expired is not None:
        yield f"  expired at {visible(exception.expired)}: it is not applied"
        return
    for other in exception.swallowed_by:
        yield f"  swallowed: {visible(other)} excludes all that it excludes (proved)"
    yield from _listed("excludes all that is matched by", exception.of(Effect.ALL), "(proved)", all_of_them=True)
    partly = exception.of(Effect.PART)
    named = partly if verbose else [each for each in partly if each.names_them]
    yield from _listed("excludes a part of", named, "", all_of_them=verbose)
    if len(named) < len(partly):
        yield f"  excludes a part of {counted(len(partly) - len(named), 'rule')} without conditions on its fields"
    yield from _listed("unknown for", exception.of(Effect.UNKNOWN), "", all_of_them=verbose)
    unmet = exception.of(Effect.NONE)
    if unmet and len(unmet) == len(exception.rules):
        yield f"  excludes nothing that {'any of the ' if len(unmet) > 1 else 'the '}{counted(len(unmet), 'rule')} matches (proved)"
    elif verbose:
        yield from _listed("excludes nothing of", unmet, "(proved)", all_of_them=True)
    elif unmet:
        yield f"  excludes nothing of {counted(len(unmet), 'rule')} (proved)"


def _listed(words: str, rules: Sequence[RuleEffect], proved: str, *, all_of_them: bool) -> Iterator[str]:
    if not rules:
        return
    yield f"  {words} {counted(len(rules), 'rule')} {proved}".rstrip() + ":"
    shown = rules if all_of_them else rules[:_MOST_RULES]
    for each in shown:
        event = each.event
        example = "" if event is None else ", ".join(f"{name} = {values_in(event, name)}" for name in each.fields[:3])
        yield f"    {visible(each.rule)}{f' ({visible(each.name)})' if each.name else ''}{f': {example}' if example else ''}"
    if len(shown) < len(rules):
        yield f"    and {counted(len(rules) - len(shown), 'more rule')}"


def json(exceptions: Sequence[ReportedException]) -> str:
    """What each exception excludes, as a list of objects."""
    return orjson.dumps([_entry(each) for each in exceptions], default=str, option=orjson.OPT_INDENT_2).decode() + "\n"


def _entry(exception: ReportedException) -> dict[str, Any]:
    return {
        "exception": exception.name,
        "place": exception.place,
        "expired": exception.expired,
        "problem": exception.problem or None,
        "swallowed_by": exception.swallowed_by,
        "rules": [{"rule": each.rule, "name": each.name, "effect": each.effect.value, "event": each.event} for each in exception.rules],
    }
