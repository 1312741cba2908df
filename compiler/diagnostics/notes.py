"""Declarations of the notes: what qualifies a result, or may be intended."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .finding import Finding, FindingCode, Template


class MoreReasons(Finding):
    code = FindingCode(
        "more-reasons",
        Severity.NOTE,
        "There may be more reasons why no event can match.",
        "The search for further reasons ended early. Fix those that are listed, and compile the rule again.",
    )
    message = "there may be more reasons than the {listed} listed; fix these, and compile the rule again"

    listed: int


class ExceptionsUnknown(Finding):
    code = FindingCode(
        "exceptions-unknown",
        Severity.NOTE,
        "An exception list of the rule is not in the file.",
        "What the list excludes is unknown: the documents may include events that it excludes.",
        basis="read",
        passing=True,
    )
    message: ClassVar[Template] = {
        "items": "the exceptions of the list `{list_id}` are stored in Kibana; whether they exclude documents is unknown",
        "values": "the values of the list `{list_id}` are stored in Kibana; whether they exclude documents is unknown",
    }

    variant: Literal["items", "values"]
    list_id: str


class Suppression(Finding):
    code = FindingCode(
        "suppression",
        Severity.NOTE,
        "The alerts of a sequence are suppressed.",
        "The documents do not show it: each match would be an alert by itself.",
        basis="read",
    )
    message = "alerts of this rule are suppressed; its documents do not show that"


class Preference(Finding):
    code = FindingCode(
        "preference",
        Severity.NOTE,
        "The rule contradicts what events usually have.",
        "No action is needed; the notes list what the documents lack.",
    )
    message = "the rule contradicts some of what documents usually have"


class NoNearMiss(Finding):
    code = FindingCode(
        "no-near-miss",
        Severity.NOTE,
        "No event fails a condition alone.",
        "Where it is proved, the condition makes no difference: remove it, or correct what was meant.",
        "Reported with --near-misses only.",
        passing=True,
    )
    message: ClassVar[Template] = {
        "redundant": "no event fails this condition alone: the rule matches the same events if it always holds",
        "unknown": "no event was found that fails this condition alone, nor a proof that there is none",
    }

    variant: Literal["redundant", "unknown"]


class UnknownField(Finding):
    code = FindingCode(
        "unknown-field",
        Severity.NOTE,
        "A field is not in the schema.",
        "Its type was inferred from its use in the query, and it may hold several values. Correct its name, or declare its type with "
        "--schema.",
        "A warning where its name is nearly that of a known field or that of an object, and where another field is compared with it, as in "
        "`process.name : cmd.exe` of EQL: a value that lacks its quotes.",
        basis="read",
    )
    message = "unknown field `{field}`; assuming {type}"
    help: ClassVar[Template] = {
        "unknown": "declare its type in a schema",
        "close": "did you mean `{close}`?",
        "compared": 'write `"{field}"` if it is a value; without quotes it is the name of a field',
    }

    variant: Literal["unknown", "close", "compared"]
    field: str
    type: str
    close: str | None


class ObjectField(Finding):
    code = UnknownField.code
    severity = Severity.WARNING
    message = "`{field}` is an object in the schema and has no value of its own"
    help = "name one of its fields, such as `{inner}`"

    field: str
    inner: str


class UndecidedAlternative(Finding):
    code = FindingCode(
        "undecided-alternative",
        Severity.NOTE,
        "Neither a document nor a proof was found for an alternative.",
        "It may be dead. Raise --timeout to decide it.",
        passing=True,
    )
    message = "neither a document nor a proof was found for this alternative: {why}"

    why: str


class UndecidedJoin(Finding):
    code = UndecidedAlternative.code
    message = "one way to match this rule was not decided: {why}"

    why: str


class Unexamined(Finding):
    code = FindingCode(
        "unexamined",
        Severity.NOTE,
        "Not all alternatives or conditions were examined in time.",
        "Raise --timeout to have them all examined.",
        "Documents are then drawn from all alternatives.",
        passing=True,
    )
    message = "timed out after {seconds:.3g} s before all {what} were examined"

    seconds: float
    what: Literal["alternatives", "conditions"]


class Unchecked(Finding):
    code = FindingCode(
        "unchecked",
        Severity.NOTE,
        "A solver that was to check a verdict did not decide.",
        "Raise --timeout or --memory to have it checked.",
        "With `--cross-check`.",
        passing=True,
    )
    message = "{solver} did not decide this rule: {why}"

    solver: str
    why: str


NOTES: tuple[type[Finding], ...] = tuple(
    each for each in list(vars().values()) if isinstance(each, type) and issubclass(each, Finding) and each.__module__ == __name__
)
"""In the order of their declarations."""
