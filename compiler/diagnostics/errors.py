"""Declarations of the errors: why a rule has no documents."""

from __future__ import annotations

from typing import Literal

from ...grammar.syntax_error import QuerySyntaxError
from .diagnostic import Diagnostic, Severity
from .finding import Finding, FindingCode

NOT_MINIMAL = "this core may not be minimal: the solver did not decide whether each condition is needed"
"""A note on a proof, beside its reasons."""

Contradiction = Literal["alone", "contradiction", "single-valued"]
"""What a core is: one condition, several, or several that want different values of a field that holds one."""

CONTRADICTION_HELP = {
    "alone": "remove or correct this condition",
    "contradiction": "these conditions contradict each other; remove or relax one",
    "single-valued": "the schema declares `{single}` as single-valued; use `or`, or correct the schema",
}

Stage = Literal["reading the rule", "compiling the rule", "searching for a document or a proof"]
"""What was being done when time ran out."""

_PLEA = "please report it, with the rule if you can share it"


class Unsatisfiable(Finding):
    code = FindingCode(
        "unsatisfiable",
        Severity.ERROR,
        "No event can match the rule.",
        "The conditions that are marked contradict each other; without any one of them, events can match. Remove or relax one of them.",
        "The places are a *minimal* core. Each further independent reason (up to 10) is an error of its own.",
        basis="proved",
    )
    message = "no event can match this rule"
    help = CONTRADICTION_HELP

    variant: Contradiction
    single: str | None


class UnsatisfiableToo(Unsatisfiable):
    """A reason after the first."""

    message = "no event can match this rule for another reason as well"


class TooFewValues(Finding):
    code = Unsatisfiable.code
    message = "no events can match this rule"
    help = "require fewer values, or relax the query"

    field: str


class Unknown(Finding):
    code = FindingCode(
        "unknown",
        Severity.ERROR,
        "Neither a matching event nor a proof that there is none was found.",
        "The message names the limit that ended the search. Raise --timeout or --memory, or simplify the rule.",
        shown_as=Severity.WARNING,
    )
    message = "neither a document nor a proof was found for this rule: {why}"

    why: str


class TimedOut(Finding):
    code = Unknown.code
    message = "timed out after {seconds:.3g} s while {stage}"
    help = "raise --timeout, or split the rule"

    seconds: float
    stage: Stage


class UnknownGroup(Finding):
    code = Unknown.code
    message = "neither enough documents for one match of this rule nor a proof that there are none was found"


class WorkerKilled(Finding):
    code = Unknown.code
    message = "the process that compiled this rule was killed or crashed twice"
    help = "check whether memory ran out; fewer --jobs use less"


class SolversDisagree(Finding):
    code = FindingCode(
        "disagreement",
        Severity.ERROR,
        "Two solvers, or a solver and the matcher, contradict each other.",
        "A disagreement is a bug in Triggerfish, not in the rule. Please report it, with the rule if you can share it.",
        "Found by `--cross-check`.",
        passing=True,
        ours=True,
    )
    message = "bug in Triggerfish: {solver} says {answer}, {other} says {other_answer}"
    help = _PLEA

    solver: str
    answer: str
    other: str
    other_answer: str


class MatcherDisagrees(Finding):
    code = SolversDisagree.code
    message = "bug in Triggerfish: the matcher accepts a document, {solver} says that there is none"
    help = _PLEA

    solver: str


class PairDisagrees(Finding):
    code = SolversDisagree.code
    message = "bug in Triggerfish: two conditions were found to contradict each other, the solver says that they do not"
    help = _PLEA


class FailedTest(Finding):
    code = FindingCode(
        "failed-test",
        Severity.ERROR,
        "A test of a rule did not pass.",
        "Correct the rule or the test; `triggerfish test` shows what keeps the rule from firing.",
        "Reported by `triggerfish test --sarif` only.",
    )
    message = "{test}: {why}"

    test: str
    why: str


class InternalError(Finding):
    code = FindingCode(
        "internal-error",
        Severity.ERROR,
        "An internal error: a bug in Triggerfish.",
        "The rule was not decided; other rules are not affected. Please report it, with the rule if you can share it.",
        passing=True,
        ours=True,
    )
    message = "an error in triggerfish itself: {error}"
    notes = ("{where}",)
    help = _PLEA

    error: str
    where: str


class Unsupported(Finding):
    code = FindingCode(
        "unsupported",
        Severity.ERROR,
        "The rule contains something that is not supported yet.",
        "The rule may be correct; whether events can match it was not decided.",
        shown_as=Severity.NOTE,
    )
    message = "{construct} is not supported: {why}"

    construct: str
    why: str


class NoQueryDsl(Finding):
    code = Unsupported.code
    message = "{construct} has no Query DSL: {why}"

    construct: str
    why: str


class Invalid(Finding):
    """An error whose text is that of the stage that found it."""

    message = "{text}"
    help = "{remedy}"

    text: str
    remedy: str | None


class Syntax(Invalid):
    code = FindingCode("syntax", Severity.ERROR, "The query cannot be parsed.", "Correct the query at the marked place.")
    notes = ("expected {expected}",)

    expected: str | None


class TypeMismatch(Invalid):
    code = FindingCode(
        "type-mismatch",
        Severity.ERROR,
        "A value or an operator does not fit the type of its field.",
        "Correct the value or the field, or declare the field's type with --schema.",
        "A warning where a number is compared with a text field.",
    )
    notes = ("the type of `{field}` is not in the schema: {inferred} follows from `{use}`",)

    field: str | None
    inferred: str | None
    use: str | None


class WrongArgument(Invalid):
    code = FindingCode(
        "argument", Severity.ERROR, "An argument of a function, an operator or a pipe is wrong.", "Correct it at the marked place."
    )


class WrongShape(Invalid):
    code = FindingCode(
        "shape",
        Severity.ERROR,
        "The items of a sequence or sample do not fit together.",
        "Correct its join keys, its items or its time span at the marked place.",
    )


class WrongRegexp(Invalid):
    code = FindingCode("regexp", Severity.ERROR, "Elasticsearch does not accept a regular expression.", "Correct it at the marked place.")


class UnknownFunction(Invalid):
    code = FindingCode("unknown-function", Severity.ERROR, "There is no function of this name.", "Correct its name.")


class UnknownPipe(Invalid):
    code = FindingCode("unknown-pipe", Severity.ERROR, "There is no pipe of this name.", "Correct its name.")


class NestedField(Invalid):
    code = FindingCode(
        "nested-field",
        Severity.ERROR,
        "A nested field is used as a plain field, or a plain field as a nested one.",
        "Test nested fields inside their group.",
    )


class NullValue(Invalid):
    code = FindingCode(
        "null-value", Severity.ERROR, "A query compares with null where that has no meaning.", "Test whether the field is present instead."
    )


class WrongFilter(Invalid):
    code = FindingCode("filter", Severity.ERROR, "A filter or an exception of the rule is not valid.", "Correct it at the marked place.")


class WrongAttribute(Invalid):
    code = FindingCode("rule", Severity.ERROR, "An attribute of the rule is not valid.", "Correct it at the marked place.")


class WrongFile(Invalid):
    code = FindingCode(
        "rule-file", Severity.ERROR, "The file cannot be read as a rule.", "Correct the file at the marked place, or exclude it."
    )


ERRORS: tuple[type[Finding], ...] = tuple(
    each for each in list(vars().values()) if isinstance(each, type) and issubclass(each, Finding) and hasattr(each, "code")
)
"""In the order of their declarations."""

INVALID = {each.code.name: each for each in ERRORS if issubclass(each, Invalid) and each not in (Syntax, TypeMismatch)}
"""The errors that have no other parts than the text of the stage that found them, by code."""


def syntax_diagnostic(error: QuerySyntaxError) -> Diagnostic:
    """A syntax error as a finding."""
    return Syntax(text=error.message, remedy=error.hint, expected=", ".join(error.expected) or None).at(error.span)
