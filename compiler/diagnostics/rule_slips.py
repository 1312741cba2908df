"""Declarations of slips in what stands round the query of a rule."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .finding import Example, Finding, FindingCode, Template

_HEAD = '[rule]\nname = "Example"\nrule_id = "00000000-0000-0000-0000-000000000000"\n'
_PROCESS = f'{_HEAD}type = "eql"\nlanguage = "eql"\n'
_SEQUENCE = 'query = "sequence by host.id with maxspan=1h [process where true] [network where true]"\n'


class ShortLookBack(Finding):
    code = FindingCode(
        "short-look-back",
        Severity.WARNING,
        "The rule looks back for less time than its sequence may take.",
        "Make `from` earlier than `maxspan` and the interval of the rule together.",
        "Of a sequence that takes longer than the look-back, no run of the rule sees all events.",
        basis="read",
        examples=(Example(f'{_PROCESS}from = "now-9m"\n{_SEQUENCE}', f'{_PROCESS}from = "now-90m"\n{_SEQUENCE}', "toml"),),
    )
    message = "the rule looks back {look_back}, but its sequence may take {maxspan}"
    help = "make `from` earlier, or `maxspan` shorter"

    look_back: str
    maxspan: str


class IndexWithoutCategory(Finding):
    code = FindingCode(
        "index-without-category",
        Severity.WARNING,
        "No index pattern of the rule has events of a category that the query asks for.",
        "Add the index pattern of the category, or correct the category.",
        "Known are the data streams of Elastic Endpoint, `logs-endpoint.events.process-*` and its like.",
        basis="read",
        examples=(
            Example(
                f'{_PROCESS}index = ["logs-endpoint.events.process-*"]\nquery = "network where destination.port == 26"\n',
                f'{_PROCESS}index = ["logs-endpoint.events.network-*"]\nquery = "network where destination.port == 26"\n',
                "toml",
            ),
        ),
    )
    message = "no index pattern of the rule has events of category `{category}`"
    notes = ("the index patterns are {patterns}",)
    help = "add `logs-endpoint.events.{category}-*`, or correct the category"

    category: str
    patterns: tuple[str, ...]


class UnsharedKey(Finding):
    code = FindingCode(
        "unshared-key",
        Severity.WARNING,
        "Two events of a sequence are joined by an id that they cannot share.",
        "Join them by another field, such as `process.parent.entity_id` of the second event.",
        "Each start of a process has a `process.entity_id` of its own.",
        basis="read",
        examples=(
            Example(
                'sequence by process.entity_id [process where event.type == "start" and process.name : "a.exe"] '
                '[process where event.type == "start" and process.name : "b.exe"]',
                'sequence [process where event.type == "start" and process.name : "a.exe"] by process.entity_id '
                '[process where event.type == "start" and process.name : "b.exe"] by process.parent.entity_id',
                "eql",
            ),
        ),
    )
    message = "two starts of a process cannot share a `{field}`"
    help = "join one of them by another field, such as `process.parent.entity_id`"

    field: str


class ThreatMapping(Finding):
    code = FindingCode(
        "threat-mapping",
        Severity.WARNING,
        "An entry of the rule's `threat` is not one of MITRE ATT&CK.",
        "Correct the id, the name or the reference.",
        basis="read",
        examples=(
            Example(
                f'{_HEAD}type = "query"\nquery = "process.name: a"\n[[rule.threat]]\nframework = "MITRE ATT&CK"\n[rule.threat.tactic]\n'
                'id = "TA0002"\nname = "Persistence"\nreference = "https://attack.mitre.org/tactics/TA0002/"\n',
                f'{_HEAD}type = "query"\nquery = "process.name: a"\n[[rule.threat]]\nframework = "MITRE ATT&CK"\n[rule.threat.tactic]\n'
                'id = "TA0003"\nname = "Persistence"\nreference = "https://attack.mitre.org/tactics/TA0003/"\n',
                "toml",
            ),
        ),
    )
    message: ClassVar[Template] = {
        "form": "`{value}` is not the id of a {what}",
        "name": "`{value}` is not the name of the tactic {expected}",
        "reference": "the reference `{value}` is not that of {expected}",
        "parent": "the subtechnique `{value}` does not belong to {expected}",
    }

    variant: Literal["form", "name", "reference", "parent"]
    value: str
    what: str
    expected: str


class RequiredFieldType(Finding):
    code = FindingCode(
        "required-field",
        Severity.WARNING,
        "An entry of the rule's `required_fields` has another type than the field.",
        "Correct the type.",
        "A note where the query does not use the field.",
        basis="read",
        examples=(
            Example(
                f'{_HEAD}type = "query"\nquery = "process.name: a"\nrequired_fields = [{{name = "process.name", type = "long"}}]\n',
                f'{_HEAD}type = "query"\nquery = "process.name: a"\nrequired_fields = [{{name = "process.name", type = "keyword"}}]\n',
                "toml",
            ),
        ),
    )
    message = "`{field}` is of type {type}, not {stated}"
    help = "write `{type}`"

    field: str
    type: str
    stated: str


class UnusedRequiredField(Finding):
    code = RequiredFieldType.code
    severity = Severity.NOTE
    message = "the query does not use the required field `{field}`"

    field: str


class DuplicateName(Finding):
    code = FindingCode("duplicate-name", Severity.WARNING, "Another rule has the same name.", "Give each rule its own name.", basis="read")
    message = "this rule has the same name as {path}"
    help = "give each rule its own name"

    path: str


class UnusedIgnore(Finding):
    code = FindingCode(
        "unused-ignore",
        Severity.WARNING,
        "A comment ignores a finding that the rule does not have.",
        "Remove the code from the comment.",
        "The comment is `# triggerfish: ignore[code]`, with one or more codes. Errors cannot be ignored.",
        basis="read",
    )
    message: ClassVar[Template] = {
        "unused": "the rule does not have the finding `{code_name}`",
        "unknown": "`{code_name}` is not a finding code",
        "error": "`{code_name}` is an error: only warnings and notes can be ignored",
    }
    help = "remove it from the comment"

    variant: Literal["unused", "unknown", "error"]
    code_name: str


RULE_SLIPS: tuple[type[Finding], ...] = tuple(
    each for each in list(vars().values()) if isinstance(each, type) and issubclass(each, Finding) and each.__module__ == __name__
)
"""In the order of their declarations."""
