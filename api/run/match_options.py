"""Options of ``triggerfish match``, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import DOCUMENTS, INPUT, REPORTS, SCALE, SOLVING, option
from . import shared_options

MATCH = "match"
_COMMANDS = (MATCH,)

ALERT_FORMATS = {
    "table": "for people: the rules that fired, how often, and on which events",
    "ndjson": 'one alert per line: {"rule": path, "rule_id": ..., "name": ..., "events": [positions in the input, from 0]}',
    "matrix": "CSV: a row for each event that is part of an alert, a column for each rule that fired",
    "junit": "a test case for each rule",
}
"""The formats of alerts by name, with their content."""


@dataclass(frozen=True, slots=True)
class MatchOptions:
    """The options of one run of ``triggerfish match``. Files are paths; ``-`` is standard input or output."""

    paths: tuple[str, ...] = ()
    query: str | None = option(
        "--query", default=None, value="QUERY", section=INPUT, commands=_COMMANDS, help="A query to match instead of rules."
    )
    language: str | None = shared_options.language(_COMMANDS)
    events: tuple[str, ...] = option(
        "--events",
        default=(),
        value="EVENTS",
        repeats=True,
        section=INPUT,
        commands=_COMMANDS,
        help="File or folder of events, or `-`: NDJSON, JSON, `_bulk` bodies or search results; gzip too. May be repeated.",
    )
    history: tuple[str, ...] = option(
        "--history",
        default=(),
        value="EVENTS",
        repeats=True,
        section=INPUT,
        commands=_COMMANDS,
        help="Older events: their values are not new for rules of type new_terms, and they trigger nothing.",
    )
    indicators: tuple[str, ...] = option(
        "--indicators",
        default=(),
        value="EVENTS",
        repeats=True,
        section=INPUT,
        commands=_COMMANDS,
        help="Threat indicators that rules of type threat_match compare events with.",
    )
    schema: tuple[str, ...] = shared_options.schema_files(_COMMANDS)
    placeholders: str | None = shared_options.placeholders(_COMMANDS)
    pipeline: tuple[str, ...] = shared_options.pipelines(_COMMANDS)
    exclude: tuple[str, ...] = shared_options.exclude(_COMMANDS)
    now: int | None = shared_options.now(_COMMANDS)
    format: str = option(
        "-f",
        "--format",
        default="table",
        choices=tuple(ALERT_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_COMMANDS,
        help="Format of the alerts.",
    )
    out: str = option(
        "-o",
        "--out",
        default="-",
        value="FILE",
        section=DOCUMENTS,
        commands=_COMMANDS,
        help="Write alerts to FILE instead of standard output.",
    )
    why: bool = option(
        "--why",
        default=False,
        section=REPORTS,
        commands=_COMMANDS,
        help="For the rules that do not fire, show the nearest event with the truth of each condition, and the smallest change that would "
        "make the rule fire. Keeps all events in memory.",
    )
    expect: tuple[str, ...] = option(
        "--expect",
        default=(),
        value="RULE",
        repeats=True,
        section=REPORTS,
        commands=_COMMANDS,
        help="Fail if this rule (its rule_id, name or file) does not fire. May be repeated.",
    )
    expect_none: bool = option(
        "--expect-none", default=False, section=REPORTS, commands=_COMMANDS, help="Fail if a rule fires that --expect does not name."
    )
    verbose: bool = option(
        "-v", "--verbose", default=False, section=REPORTS, commands=_COMMANDS, help="Name the rules that were not matched."
    )
    quiet: bool = shared_options.quiet(_COMMANDS)
    timeout: float = option(
        "--timeout",
        default=10.0,
        value="SECONDS",
        shown=True,
        section=SOLVING,
        commands=_COMMANDS,
        help="Time limit per rule for each of reading and compiling.",
    )
    jobs: int = shared_options.jobs(_COMMANDS)
    reorder: int = option(
        "--reorder",
        default=50_000,
        lowest=0,
        shown=True,
        section=SCALE,
        commands=_COMMANDS,
        help="Number of hits kept to put events that come late in the order of time.",
    )
