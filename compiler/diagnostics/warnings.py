"""Declarations of the warnings: what is wrong with a rule that has documents."""

from __future__ import annotations

from typing import ClassVar, Literal

from .diagnostic import Severity
from .errors import CONTRADICTION_HELP, Contradiction, TypeMismatch
from .finding import Finding, FindingCode, Template

WhyRedundant = Literal["implied", "always-true", "present-key", "excludes-nothing", "covered", "covered-exclusion"]
"""Why a condition can be removed without any change."""


class DeadAlternative(Finding):
    code = FindingCode(
        "dead-alternative",
        Severity.WARNING,
        "No matching event can take an alternative of the rule.",
        "The first place is the alternative, the others are what excludes it. It detects nothing: remove it, or relax what excludes it.",
        "An alternative is an operand of an `or` or an entry of a list. A dead one gets no documents. With `--strict` the rule counts as "
        "unsatisfiable.",
        basis="proved",
    )
    message = "no matching event can take this alternative"
    help: ClassVar[Template] = {
        **CONTRADICTION_HELP,
        "alone": "remove or correct it",
        "contradiction": "remove it, or relax what excludes it",
    }

    variant: Contradiction
    single: str | None


class DeadJoin(Finding):
    code = DeadAlternative.code
    message = "no events can match by joining these fields; the rule has other ways to match"
    help = "remove it, or relax what excludes it"


class RedundantCondition(Finding):
    code = FindingCode(
        "redundant-condition",
        Severity.WARNING,
        "A condition of the rule changes nothing.",
        "The first place is the condition, the others are why it is redundant. Remove it, or correct it if it was meant to have an effect.",
        "A condition is redundant if the rule matches the same events without it; it may be an exclusion, an alternative or an entry of a "
        "list. All that are named can be removed together; of two equal conditions the later one is named.",
        basis="proved",
    )
    message: ClassVar[Template] = {
        "implied": "this condition changes nothing: the others imply it",
        "always-true": "this condition changes nothing: every event satisfies it",
        "present-key": "this condition changes nothing: a join key is never missing",
        "excludes-nothing": "this exclusion excludes nothing: no event that satisfies the other conditions has such a value",
        "covered": "this alternative adds nothing: the others cover it",
        "covered-exclusion": "this exclusion adds nothing: the others cover it",
    }
    notes = ("because of {because}",)
    help = "remove it, or correct it"

    variant: WhyRedundant
    because: tuple[str, ...]


class RedundantEntries(Finding):
    """Several entries of one list."""

    code = RedundantCondition.code
    message: ClassVar[Template] = {
        "implied": "these {count} entries change nothing: the other conditions imply them",
        "always-true": "these {count} entries change nothing: every event satisfies them",
        "present-key": "these {count} entries change nothing: a join key is never missing",
        "excludes-nothing": "these {count} entries exclude nothing: no event that satisfies the other conditions has such a value",
        "covered": "these {count} entries add nothing: the others cover them",
        "covered-exclusion": "these {count} exclusions add nothing: the others cover them",
    }
    notes = RedundantCondition.notes
    help = "remove them, or correct them"

    variant: WhyRedundant
    count: int
    because: tuple[str, ...]


class VacuousRule(Finding):
    code = FindingCode("vacuous-rule", Severity.WARNING, "Every event matches the rule.", "Add a condition.", basis="proved")
    message = "every event matches this rule"
    help = "add a condition"


class LiteralWildcard(Finding):
    code = FindingCode(
        "literal-wildcard",
        Severity.WARNING,
        "A value contains a `*` in a comparison that has no wildcards.",
        "If a wildcard is meant, use `:` or `like` in EQL, or remove the quotes in Kuery.",
        "Comparisons without wildcards are `==` and `in` in EQL, and quoted values in Kuery.",
        basis="read",
    )
    message = "the `*` in `{value}` is a literal asterisk, not a wildcard"
    help: ClassVar[Template] = {
        "folded": "use `:` if a wildcard is meant",
        "exact": "use `like` if a wildcard is meant",
        "quoted": "remove the quotes if a wildcard is meant",
        "is": "use an entry of type `wildcard` (`matches` in Kibana) if a wildcard is meant",
        "matches": "write `\\\\*`: `\\*` is an asterisk, and `\\\\` a backslash",
    }

    variant: Literal["folded", "exact", "quoted", "is", "matches"]
    value: str
    field: str


class LiteralQuotes(Finding):
    code = FindingCode(
        "literal-quotes",
        Severity.WARNING,
        "A value is in single quotes, which are part of it.",
        "Kuery and Lucene have double quotes only. Use those if the quotes are not part of the value.",
        basis="read",
    )
    message = "the single quotes in `{value}` are part of the value"
    help = "use double quotes if the quotes are not part of the value"

    value: str
    field: str


class SplitWildcard(Finding):
    code = FindingCode(
        "split-wildcard",
        Severity.WARNING,
        "A wildcard on a text field contains a character that no word contains.",
        "A wildcard on a text field matches single words. Test the words as a quoted phrase, or use a keyword or wildcard field.",
        "The standard analyser splits texts at characters such as `-`, `\\`, `/` and `=`: the wildcard matches nothing, and its negation "
        "everything.",
        basis="read",
    )
    message = "`{value}` matches nothing: no word of the text field `{field}` contains `{char}`"
    help = "quote the words to search for a phrase, or use a keyword or wildcard field"

    value: str
    char: str
    field: str


class UnmatchedWildcard(Finding):
    code = SplitWildcard.code
    message = "`{value}` matches nothing: no word of the text field `{field}` is written so"
    help = SplitWildcard.help

    value: str
    field: str


class ValueWithoutField(Finding):
    code = FindingCode(
        "test-without-field",
        Severity.WARNING,
        "A value without a field begins with the name of a field: a test that lacks its colon.",
        "Its words are searched in all fields. Write `field : value` to test the field.",
        "Examples are `process.name == cmd.exe` and `destination.port 443` in Kuery and Lucene.",
        basis="read",
    )
    message = "`{value}` is a value without a field; its words are searched in all fields"
    help = "write `{meant}` to test the field"

    value: str
    meant: str
    field: str


class WrongCase(Finding):
    code = FindingCode(
        "wrong-case",
        Severity.WARNING,
        "A value differs only in case from an expected one, and the comparison is case-sensitive.",
        "Write the expected value.",
        "A note where the same list holds an expected value too.",
        basis="read",
    )
    message = "`{value}` differs only in case from `{usual}`, an expected value of `{field}`; the comparison is case-sensitive"
    help = "write `{usual}`"

    value: str
    usual: str
    field: str


class ValueOutside(Finding):
    code = FindingCode(
        "value-outside",
        Severity.WARNING,
        "A value that the Elastic Common Schema does not allow for the field.",
        "Correct the value, unless your own events have it.",
        "A note where the same list holds an allowed value too.",
        basis="read",
    )
    message = "`{value}` is not a value that the Elastic Common Schema allows for `{field}`"
    notes = ("allowed values: {allowed}",)
    help = "did you mean `{close}`?"

    value: str
    allowed: tuple[str, ...]
    close: str | None
    field: str


class ComparedAsText(Finding):
    code = TypeMismatch.code
    severity = Severity.WARNING
    message = "`{value}` is compared as text with `{field}`, which is of type {type}"
    help = 'write it as a string: "{value}"'

    value: str
    type: str
    field: str


class FewerDocuments(Finding):
    code = FindingCode(
        "fewer-documents",
        Severity.WARNING,
        "Fewer matches were drawn than requested.",
        "No others were found within the limits. Request fewer, or raise --timeout.",
        passing=True,
    )
    message = "{drawn} of {wanted} matches were drawn: no others were found within the limits"

    drawn: int
    wanted: int


class NoPlan(Finding):
    code = FindingCode(
        "no-plan", Severity.WARNING, "The rule is not in the requested plan file.", "The message says what a plan cannot hold."
    )
    message = "the rule is not in the plan file: {why}"

    why: str


class DuplicateId(Finding):
    code = FindingCode("duplicate-id", Severity.WARNING, "Another rule has the same id.", "Give each rule its own id.", basis="read")
    message = "this rule has the same id as {path}"
    help = "give each rule its own id"

    path: str


class FiltersLeftOut(Finding):
    code = FindingCode(
        "filters-left-out",
        Severity.WARNING,
        "The Query DSL lacks the rule's filters.",
        "Add the rule's `filters` to the query by hand.",
        "With output formats of queries.",
    )
    message = "the Query DSL is that of the query only; it does not include the rule's `filters`"


class IdleClause(Finding):
    code = FindingCode(
        "idle-clause",
        Severity.WARNING,
        "A clause of a Lucene query affects the score only.",
        "Group the alternatives in parentheses, joined with `OR`.",
        basis="read",
    )
    message = "`{clause}` affects the score only, not which documents match: other clauses are required"
    help = "group the alternatives in parentheses, joined with `OR`"

    clause: str


WARNINGS: tuple[type[Finding], ...] = tuple(
    each for each in list(vars().values()) if isinstance(each, type) and issubclass(each, Finding) and each.__module__ == __name__
)
"""In the order of their declarations."""
