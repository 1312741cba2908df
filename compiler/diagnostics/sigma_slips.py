"""Declarations of slips in Sigma rules."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .finding import Example, Finding, FindingCode, Template

_HEAD = "title: Example\nlogsource:\n  product: windows\n  category: process_creation\ndetection:\n"


class ForeignField(Finding):
    code = FindingCode(
        "foreign-field",
        Severity.WARNING,
        "A condition is about a field that events of the rule's log source do not have.",
        "Correct the name of the field, or the log source.",
        "Known are the fields of the categories and services that SigmaHQ lists. An agent that adds fields of its own may have it.",
        basis="read",
        examples=(
            Example(
                f"{_HEAD}  selection:\n    TargetFilename|endswith: '\\a.exe'\n  condition: selection\n",
                f"{_HEAD}  selection:\n    Image|endswith: '\\a.exe'\n  condition: selection\n",
                "sigma",
            ),
        ),
    )
    message = "`{field}` is not a field of `{source}`"
    help = "did you mean `{close}`?"

    field: str
    source: str
    close: str | None


class UnusedSearch(Finding):
    code = FindingCode(
        "unused-search",
        Severity.WARNING,
        "No condition names a search of the detection.",
        "Name it in the condition, or remove it.",
        basis="read",
        examples=(
            Example(
                f"{_HEAD}  selection:\n    Image: a\n  filter:\n    User: b\n  condition: selection\n",
                f"{_HEAD}  selection:\n    Image: a\n  filter:\n    User: b\n  condition: selection and not filter\n",
                "sigma",
            ),
        ),
    )
    message = "no condition names the search `{name}`"
    help = "name it in the condition, or remove it"

    name: str


class AllOfAlternatives(Finding):
    code = FindingCode(
        "all-of-alternatives",
        Severity.WARNING,
        "Searches that `all of` joins exclude each other.",
        "Write `1 of`, or correct the searches.",
        "The searches want different values of a field that has one.",
        basis="read",
        examples=(
            Example(
                f"{_HEAD}  sel_one:\n    Image: a\n  sel_two:\n    Image: b\n  condition: all of sel_*\n",
                f"{_HEAD}  sel_one:\n    Image: a\n  sel_two:\n    Image: b\n  condition: 1 of sel_*\n",
                "sigma",
            ),
        ),
    )
    message = "`{one}` and `{other}` want different values of `{field}`: no event has both"
    help = "write `1 of`"

    one: str
    other: str
    field: str


class Conversion(Finding):
    code = FindingCode(
        "conversion",
        Severity.WARNING,
        "What a backend of pySigma makes of the rule catches other events (`--converted`).",
        "Correct the query by hand, or use a backend whose queries mean the same.",
        "Of each difference an event is shown. The rule and its conversion are compared with the same fields; for Lucene, differences of "
        "case are left out, which the mapping decides.",
    )
    message: ClassVar[Template] = {
        "lost": "the conversion to {backend} misses events that the rule catches",
        "gained": "the conversion to {backend} catches events that the rule does not",
        "invalid": "the conversion to {backend} is not a query that means something: {why}",
        "failed": "the rule cannot be converted to {backend}: {why}",
        "unknown": "whether the conversion to {backend} catches the same events was not decided: {why}",
    }
    notes = ("such as {event}", "it is {query}")

    variant: Literal["lost", "gained", "invalid", "failed", "unknown"]
    backend: str
    query: str | None
    event: str | None
    why: str


SIGMA_SLIPS: tuple[type[Finding], ...] = (ForeignField, UnusedSearch, AllOfAlternatives, Conversion)
