"""Declarations of what is found by comparing rules: with another version, with other rules of a set, with exceptions."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .finding import Finding, FindingCode, Template

_BY_COMPARE = "Reported by `triggerfish compare --format sarif` only."
_BY_OVERLAPS = "Reported by `triggerfish overlaps --format sarif` only."
_BY_EXCEPTIONS = "Reported by `triggerfish exceptions --format sarif` only."


class NoLongerCaught(Finding):
    code = FindingCode(
        "no-longer-caught",
        Severity.WARNING,
        "A change of a rule makes it miss events that it matched before.",
        "The places are the conditions that they fail. Relax them if the events should still be caught.",
        _BY_COMPARE,
        basis="proved",
    )
    message: ClassVar[Template] = {
        "one": "events that fail this condition are no longer caught",
        "several": "events that fail one of these conditions are no longer caught",
    }

    variant: Literal["one", "several"]


class NewlyCaught(Finding):
    code = FindingCode(
        "newly-caught",
        Severity.NOTE,
        "A change of a rule makes it match events that it did not match before.",
        "The message names the conditions of the old rule that they fail.",
        _BY_COMPARE,
        basis="proved",
    )
    message = "events that fail {conditions} of the old rule are newly caught"

    conditions: tuple[str, ...]


class Uncompared(Finding):
    code = FindingCode(
        "uncompared",
        Severity.NOTE,
        "It is unknown what a change of a rule gains or loses.",
        "Neither events nor a proof were found. Try it with more time (`--timeout`).",
        _BY_COMPARE,
        passing=True,
    )
    message = "whether anything is {side} is unknown: {why}"

    side: str
    why: str


class InsideAnother(Finding):
    code = FindingCode(
        "inside-another",
        Severity.WARNING,
        "Every event that a rule matches is matched by another rule.",
        "The rule alerts on nothing that the other does not. Remove it, make it more specific in what the other excludes, or keep it for "
        "its severity or its text.",
        _BY_OVERLAPS,
        basis="proved",
    )
    message = "all that this rule matches is matched by {other}{exclusions}"

    other: str
    exclusions: str


class SameAsAnother(Finding):
    code = FindingCode(
        "same-as-another",
        Severity.WARNING,
        "Two rules match the same events.",
        "Remove one of them.",
        _BY_OVERLAPS,
        basis="proved",
    )
    message = "this rule matches the same events as {other}"

    other: str


class Silenced(Finding):
    code = FindingCode(
        "silenced",
        Severity.WARNING,
        "An exception excludes everything that a rule matches.",
        "The rule can never fire. Narrow the exception, or remove the rule.",
        _BY_EXCEPTIONS,
        basis="proved",
    )
    message = "{item} excludes all that this rule matches"

    item: str


class UnmetException(Finding):
    code = FindingCode(
        "unmet-exception",
        Severity.NOTE,
        "An exception excludes nothing that any of the rules matches.",
        "Remove it, or correct it.",
        _BY_EXCEPTIONS,
        basis="proved",
    )
    message = "{item} excludes nothing: no event that one of the rules matches meets it"

    item: str


class SwallowedException(Finding):
    code = FindingCode(
        "swallowed-exception",
        Severity.NOTE,
        "Another exception excludes all that an exception excludes.",
        "Remove the narrower one.",
        _BY_EXCEPTIONS,
        basis="proved",
    )
    message = "all that {item} excludes, {other} excludes as well"

    item: str
    other: str


class ExpiredException(Finding):
    code = FindingCode(
        "expired-exception",
        Severity.NOTE,
        "An exception is past its expiry: it is not applied.",
        "Remove it, or give it a later `expire_time`.",
        _BY_EXCEPTIONS,
        basis="read",
    )
    message = "{item} expired at {time}"

    item: str
    time: str


COMPARISONS: tuple[type[Finding], ...] = (
    NoLongerCaught,
    NewlyCaught,
    Uncompared,
    InsideAnother,
    SameAsAnother,
    Silenced,
    UnmetException,
    SwallowedException,
    ExpiredException,
)
