"""Options of ``triggerfish compare``, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from ..options import DOCUMENTS, INPUT, REPORTS, SOLVING, option
from . import shared_options

COMPARE = "compare"
_COMMANDS = (COMPARE,)

COMPARE_FORMATS = {
    "text": "for people: what is no longer caught and what is newly caught, field by field",
    "markdown": "the same for a comment on a pull request",
    "json": 'a list with an object per pair: {"relation": ..., "scope": ..., "lost": {"outcome": ..., "parts": ...}, "won": ...}',
    "sarif": "SARIF 2.1.0, for code scanning",
}
"""The formats by name, with their content."""
RELATIONS = ("equivalent", "narrower", "wider", "overlapping", "disjoint", "unknown", "scope", "new", "deleted")
"""What `--fail-on` can name: the relations, and a difference outside the conditions, a new rule, a deleted one."""


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """The options of one run of ``triggerfish compare``."""

    paths: tuple[str, ...] = ()
    query: tuple[str, ...] = option(
        "--query",
        default=(),
        value="QUERY",
        repeats=True,
        section=INPUT,
        commands=_COMMANDS,
        help="A query in place of a rule. Given twice, the first is the old one; beside a PATH, the query is the new one.",
    )
    language: str | None = shared_options.language(_COMMANDS)
    against: str | None = option(
        "--against",
        default=None,
        value="REV",
        section=INPUT,
        commands=_COMMANDS,
        help="Compare each rule that changed under the PATHs since the branch left this revision; new and deleted rules are compared with "
        "all others there.",
    )
    schema: tuple[str, ...] = shared_options.schema_files(_COMMANDS)
    exclude: tuple[str, ...] = shared_options.exclude(_COMMANDS)
    now: int | None = shared_options.now(_COMMANDS)
    format: str = option(
        "-f",
        "--format",
        default="text",
        choices=tuple(COMPARE_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_COMMANDS,
        help="Format of the comparison.",
    )
    out: str = shared_options.out(_COMMANDS)
    unchanged: bool = option(
        "--unchanged",
        default=False,
        section=REPORTS,
        commands=_COMMANDS,
        help="Also list pairs that match the same events and have the same scope.",
    )
    fail_on: tuple[str, ...] = option(
        "--fail-on",
        default=(),
        value="RELATIONS",
        section=REPORTS,
        commands=_COMMANDS,
        help=f"Exit with 1 if a pair has one of these relations, separated by commas: {', '.join(RELATIONS)}.",
    )
    quiet: bool = shared_options.quiet(_COMMANDS)
    timeout: float = option(
        "--timeout",
        default=5.0,
        value="SECONDS",
        shown=True,
        section=SOLVING,
        commands=_COMMANDS,
        help="Time limit for each question to the solver; there is one for each condition that makes a difference.",
    )


def known_relations(names: tuple[str, ...]) -> None:
    """Check what `--fail-on` names.

    Raises:
        ValueError: one is not known.
    """
    for name in names:
        if name not in RELATIONS:
            near = get_close_matches(name, RELATIONS, 1)
            raise ValueError(f"`{name}` is not one of {', '.join(RELATIONS)}{f'; did you mean `{near[0]}`?' if near else ''}")
