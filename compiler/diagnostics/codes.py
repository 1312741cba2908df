"""The codes of findings: what each says, whatever rule it is said of. ``docs/findings.md`` lists them for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .diagnostic import Diagnostic, Severity


@dataclass(frozen=True, slots=True)
class FindingCode:
    """A kind of finding.

    Attributes:
        severity: the usual one.
        summary: one sentence on what it says.
        advice: what it means for the rule, and what to do.
        shown_as: how serious it is to those who look after rules, where that is not the severity: an error that ends a rule may be
            no fault of it.
        passing: whether another run might not have it: with more time, on a quicker machine, beside other files.
        ours: whether it says nothing of the rule, but that this program failed on it.
    """

    severity: Severity
    summary: str
    advice: str
    shown_as: Severity | None = None
    passing: bool = False
    ours: bool = False


def level(finding: Diagnostic) -> Severity:
    """How serious a finding is to those who look after rules."""
    return FINDING_CODES[finding.code].shown_as or finding.severity


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

FINDING_CODES: Mapping[str, FindingCode] = {
    "unsatisfiable": FindingCode(
        _E,
        "No event can match the rule.",
        "The places named are conditions that exclude each other; without any one of them events can match. Drop or widen one of them.",
    ),
    "more-reasons": FindingCode(
        _N,
        "There may be more reasons why no event can match.",
        "The search for further reasons ended early. Mend those that are named, and compile the rule again.",
    ),
    "unknown": FindingCode(
        _E,
        "Neither a matching event nor a proof that there is none was found.",
        "The message names the limit that ended the search: raise --timeout or --memory, or simplify the rule.",
        _W,
    ),
    "disagreement": FindingCode(
        _E,
        "Two solvers, or a solver and the matcher, contradict each other.",
        "This is an error of Triggerfish, not of the rule. Please report it, with the rule if you can share it.",
        passing=True,
        ours=True,
    ),
    "internal-error": FindingCode(
        _E,
        "An error in Triggerfish itself.",
        "Nothing is known of this rule; the others are not affected. Please report it, with the rule if you can share it.",
        passing=True,
        ours=True,
    ),
    "unsupported": FindingCode(
        _E,
        "Something in the rule cannot be compiled yet.",
        "The rule may be right: nothing is said of whether events can match it.",
        _N,
    ),
    "syntax": FindingCode(_E, "The query cannot be parsed.", "Correct the query at the place named."),
    "type-mismatch": FindingCode(
        _E,
        "A value or an operator does not fit the type of its field.",
        "Correct the value or the field, or give the field's type with --schema.",
    ),
    "argument": FindingCode(_E, "An argument of a function, an operator or a pipe is wrong.", "Correct it at the place named."),
    "shape": FindingCode(
        _E, "The items of a sequence or sample do not go together.", "Correct its join keys, its items or its time span at the place named."
    ),
    "regexp": FindingCode(_E, "A regular expression is not one that Elasticsearch takes.", "Correct it at the place named."),
    "unknown-function": FindingCode(_E, "There is no function of this name.", "Correct its name."),
    "unknown-pipe": FindingCode(_E, "There is no pipe of this name.", "Correct its name."),
    "nested-field": FindingCode(
        _E, "A nested field is used as a plain one, or the other way round.", "Ask for nested fields inside their group."
    ),
    "null-value": FindingCode(_E, "A query compares with null where that means nothing.", "Ask whether the field is there instead."),
    "filter": FindingCode(_E, "A filter or an exception of the rule means nothing as it stands.", "Correct it at the place named."),
    "rule": FindingCode(_E, "An attribute of the rule means nothing as it stands.", "Correct it at the place named."),
    "rule-file": FindingCode(_E, "The file cannot be read as a rule.", "Correct the file at the place named, or leave it out."),
    "dead-alternative": FindingCode(
        _W,
        "No matching event can take an alternative of the rule.",
        "The first place is the alternative, the others are what excludes it. It detects nothing: drop it, or widen what excludes it.",
    ),
    "redundant-condition": FindingCode(
        _W,
        "A condition of the rule changes nothing.",
        "The first place is the condition, the others are what makes it idle. Drop it, or correct it if it was meant to do something.",
    ),
    "vacuous-rule": FindingCode(_W, "Every event matches the rule.", "Add a condition."),
    "literal-wildcard": FindingCode(
        _W,
        "A value with a `*` in a comparison that takes it literally.",
        "Use a comparison that knows wildcards if one is meant: `:` or `like` in EQL, no quotes in Kuery.",
    ),
    "literal-quotes": FindingCode(
        _W,
        "A value between single quotes, which are part of it.",
        "Kuery and Lucene know double quotes only: use those if the value is meant without quotes.",
    ),
    "test-without-field": FindingCode(
        _W,
        "A value without a field begins with the name of one: a test that lacks its colon.",
        "Its words are looked for in all fields. Write `field : value` if the field is meant.",
    ),
    "wrong-case": FindingCode(
        _W, "A value differs only in case from the field's usual one, and the comparison heeds case.", "Write the usual value."
    ),
    "value-outside": FindingCode(
        _W,
        "A value that the Elastic Common Schema does not allow for the field.",
        "Correct the value, unless events of your own have it.",
    ),
    "fewer-documents": FindingCode(
        _W,
        "Fewer matches were drawn than asked for.",
        "No others were found within the limits: ask for fewer, or raise --timeout.",
        passing=True,
    ),
    "no-plan": FindingCode(_W, "The rule is not in the plan file that was asked for.", "The message says what a plan cannot hold."),
    "duplicate-id": FindingCode(_W, "Another rule has the same id.", "Give each rule an id of its own."),
    "filters-left-out": FindingCode(
        _W, "The Query DSL that was written lacks the rule's filters.", "Add the rule's `filters` to the query by hand."
    ),
    "idle-clause": FindingCode(
        _W, "A part of a Lucene query decides nothing, it only ranks.", "Group the alternatives in parentheses, joined with `OR`."
    ),
    "exceptions-unknown": FindingCode(
        _N,
        "An exception list that the rule names is not in the file.",
        "What the list excludes is not known: events that it excludes may be among the documents.",
        passing=True,
    ),
    "suppression": FindingCode(
        _N, "The alerts of a sequence are suppressed.", "The documents do not show it: each match is one that would be an alert by itself."
    ),
    "preference": FindingCode(
        _N, "What is usual of events was given up because the rule says otherwise.", "Nothing needs to be done; the notes say what it was."
    ),
    "unknown-field": FindingCode(
        _N,
        "The schema does not know a field.",
        "Its type was inferred from how the query uses it. Correct its name, or give its type with --schema.",
    ),
    "undecided-alternative": FindingCode(
        _N, "Neither a document nor a proof was found for an alternative.", "It may be dead: raise --timeout to find out.", passing=True
    ),
    "unexamined": FindingCode(
        _N, "Time ended before all alternatives or conditions were examined.", "Raise --timeout to have them all examined.", passing=True
    ),
    "unchecked": FindingCode(
        _N, "A solver that was to check a verdict gave no answer.", "Raise --timeout or --memory to have it checked.", passing=True
    ),
}
"""By code."""
