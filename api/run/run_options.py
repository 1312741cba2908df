"""Options of a run, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass

from ...backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from ...backends.limits import SOLVERS
from ..options import COMMAND, DOCUMENTS, EXPLANATION, INPUT, PUSH, REPORTS, SCALE, SOLVING, option, rows
from ..start_time import DEFAULT_START
from . import shared_options

CHECK, GENERATE, NEAR_MISSES, EXPLAIN, BATCH = "check", "generate", "near-misses", "explain", "compile-rule"
_ALL = (CHECK, GENERATE, NEAR_MISSES, EXPLAIN, BATCH)
_REPORTING = (CHECK, GENERATE, BATCH)
_MAKING = (GENERATE, BATCH)
_DRAWING = (GENERATE, NEAR_MISSES, BATCH)

STYLES = ("plain", "realistic")
TIMESTAMP_FORMATS = ("iso", "epoch")
DOCUMENT_FORMATS = {
    "ndjson": "one document per line",
    "groups": 'one match per line: {"rule": path, "rule_id": ..., "name": ..., "match": true, "docs": [...]}, and "roles" if some are not '
    'events; of a near miss "match" is false, and "miss" says what it fails',
    "json": "one array of all documents",
    "bulk": "the body of an Elasticsearch _bulk request; threat indicators go to the index NAME-indicators",
    "evtx": 'Windows events as EVTX converters write them, one per line: {"Event": {"System": ..., "EventData": ...}}; other documents as '
    "ndjson",
    "sigma-regression": "a folder (-o): for each rule the events and the info.yml of SigmaHQ's regression tests",
    "sigma-exemplars": "a folder (-o): for each rule its matches and near misses as rsigma.exemplars, in YAML",
    "query-dsl": "no documents; one rule per line: its query as Elasticsearch Query DSL",
    "none": "no output",
}
"""The document formats by name, with their content."""
NOT_IN_TIME = ("query-dsl", "sigma-regression", "sigma-exemplars")
"""Those whose content is kept by rule, so that documents cannot be in the order of time."""
CONVERTED = ("lucene", "eql", "esql")
REPORT_FORMATS = ("pretty", "json", "sarif", "junit", "github", "markdown")
# Names only, so that help does not import the formats: a test compares them with the tables that implement them.


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of one run.

    Files are paths; ``-`` is standard input or output, and None turns an output off.
    """

    paths: tuple[str, ...] = ()
    query: str | None = option(
        "--query", default=None, value="QUERY", section=INPUT, commands=_ALL, help="A query to compile instead of rules."
    )
    language: str | None = shared_options.language(_ALL)
    schema: tuple[str, ...] = shared_options.schema_files(_ALL, kept=True)
    placeholders: str | None = shared_options.placeholders(_ALL, kept=True)
    pipeline: tuple[str, ...] = shared_options.pipelines(_ALL, kept=True)
    converted: str | None = option(
        "--converted",
        default=None,
        choices=CONVERTED,
        keyed=True,
        section=INPUT,
        commands=(CHECK, BATCH),
        help="Compare each Sigma rule with what this backend of pySigma makes of it (extra `sigma`).",
    )
    changed_since: str | None = option(
        "--changed-since",
        default=None,
        value="REV",
        section=INPUT,
        commands=_REPORTING,
        help="Compile only files changed since the merge base with this git revision.",
    )
    exclude: tuple[str, ...] = option(
        "--exclude",
        default=(),
        value="GLOBS",
        setting=True,
        section=INPUT,
        commands=_ALL,
        help="Comma-separated globs of files and folders to skip; a name without `/` is skipped in every folder.",
    )
    deprecated: bool = option(
        "--deprecated/--no-deprecated",
        default=True,
        section=INPUT,
        commands=(CHECK, BATCH),
        help="Include rules whose `maturity` is `deprecated`, or in a folder `_deprecated`; `check` leaves them out by default.",
    )
    watch: bool = option(
        "--watch", default=False, section=INPUT, commands=_ALL, help="Watch the files and recompile what changes, until Ctrl-C."
    )
    count: int = option(
        "-n",
        "--count",
        default=1,
        lowest=0,
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Number of matches per rule; 0 only checks.",
    )
    seed: int = option(
        "--seed",
        default=0,
        # What a report in JSON can hold.
        lowest=-(1 << 63),
        highest=(1 << 63) - 1,
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Random seed; output is reproducible.",
    )
    start: int = option(
        "--start",
        default=DEFAULT_START,
        value="TIME",
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Timestamp of the first event: ISO 8601, epoch milliseconds or `now`; default 2024-01-01T00:00:00Z.",
    )
    now: int | None = option(
        "--now",
        default=None,
        value="TIME",
        keyed=True,
        section=DOCUMENTS,
        commands=_ALL,
        help="Value of `now` in date math; default: the timestamp of the first event.",
    )
    style: str = option(
        "--style",
        default="realistic",
        choices=STYLES,
        shown=True,
        keyed=True,
        setting=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="`realistic`: plausible values and related fields. `plain`: only the fields of the query, with random letters.",
    )
    world: str | None = option(
        "--world",
        default=None,
        value="FILE",
        keyed=True,
        setting=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Hosts, users, networks and naming patterns of realistic documents, TOML or JSON; `triggerfish world --init` writes one.",
    )
    world_size: int | None = option(
        "--world-size",
        default=None,
        lowest=1,
        highest=100_000,
        value="N",
        keyed=True,
        setting=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Number of hosts, and of users, that realistic documents share; default: 100, or those of --world.",
    )
    assignments: tuple[str, ...] = option(
        "--set",
        default=(),
        value="FIELD=VALUE",
        repeats=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Value of a field in realistic documents, wherever the rule allows; notes list where it does not. Repeatable.",
    )
    template: str | None = option(
        "--template",
        default=None,
        value="FILE",
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="A document in JSON whose fields realistic documents have, as with --set.",
    )
    history: bool = option(
        "--history",
        default=False,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="For new terms rules: also generate the older documents that make the other values known.",
    )
    near_misses: bool = option(
        "--near-misses",
        default=False,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Also generate documents that only just do not match: for each condition some that fail it alone. -f groups labels them.",
    )
    format: str = option(
        "-f",
        "--format",
        default="ndjson",
        choices=tuple(DOCUMENT_FORMATS),
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Document format.",
    )
    index: str = option(
        "--index",
        default="triggerfish",
        value="NAME",
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Target index of bulk lines; `auto`: the data stream or index that the rule reads.",
    )
    timestamp_format: str | None = option(
        "--timestamp-format",
        default=None,
        choices=TIMESTAMP_FORMATS,
        keyed=True,
        setting=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Times as ISO 8601 or as epoch milliseconds; default: iso for ndjson and bulk, as in the API for other formats.",
    )
    first: int | None = option(
        "--from",
        default=None,
        value="TIME",
        section=DOCUMENTS,
        commands=_MAKING,
        help="Interleave the documents of all rules in the order of time, from this time on; default: --start.",
    )
    until: int | None = option(
        "--to",
        default=None,
        value="TIME",
        section=DOCUMENTS,
        commands=_MAKING,
        help="Interleave the documents of all rules in the order of time, up to this time.",
    )
    spread: int | None = option(
        "--spread",
        default=None,
        value="DURATION",
        section=DOCUMENTS,
        commands=_MAKING,
        help="Interleave the documents of all rules over a duration: 90s, 15m, 8h, 7d.",
    )
    rate: float | None = option(
        "--rate",
        default=None,
        value="COUNT/UNIT",
        section=DOCUMENTS,
        commands=_MAKING,
        help="Interleave the documents of all rules at this rate: 100/s, 20/m, 5000/h.",
    )
    jitter: float | None = option(
        "--jitter",
        default=None,
        value="FRACTION",
        section=DOCUMENTS,
        commands=_MAKING,
        help="How far times may be from even distances, from 0 to 1; default: 1.",
    )
    working_hours: tuple[int, int] | None = option(
        "--working-hours",
        default=None,
        value="HOURS",
        section=DOCUMENTS,
        commands=_MAKING,
        help="Put most documents between these hours of working days, in UTC: 8-18.",
    )
    noise: int = option(
        "--noise",
        default=0,
        value="N",
        lowest=0,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Add so many everyday events of the same world, none of which satisfies a condition of any rule.",
    )
    out: str = option(
        "-o",
        "--out",
        default="-",
        value="FILE",
        writes=True,
        section=DOCUMENTS,
        commands=_DRAWING,
        help="Write documents to FILE instead of standard output.",
    )
    mappings: str | None = option(
        "--mappings",
        default=None,
        value="FILE",
        writes=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Write the request body that creates the index, with mappings of all fields used.",
    )
    mappings_format: str = option(
        "--mappings-format",
        default="index",
        choices=tuple(MAPPINGS_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Kind of body that --mappings writes: an index, a component template or an index template.",
    )
    emit_plan: str | None = option(
        "--emit-plan",
        default=None,
        value="FILE",
        writes=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Write a plan file, from which `SourceEvents.load` draws the same documents; requires --style plain.",
    )
    explain: bool = option(
        "--explain",
        default=False,
        keyed=True,
        section=EXPLANATION,
        commands=(BATCH,),
        help="Write no documents; show the query with its dead parts marked, and its constraints on each field.",
    )
    draw: str | None = option(
        "--draw",
        default=None,
        value="FILE",
        writes=True,
        keyed=True,
        section=EXPLANATION,
        commands=(EXPLAIN, BATCH),
        help="Write no documents; draw the conditions of one rule with dead parts struck out: .svg, .png, .dot, .txt, ...",
    )
    report: str | None = option(
        "--report",
        default=None,
        value="FILE",
        writes=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Write a report; `-` is standard output.",
    )
    report_format: str | None = option(
        "--report-format",
        default=None,
        choices=REPORT_FORMATS,
        section=REPORTS,
        commands=_REPORTING,
        help="Format of --report; default: json.",
    )
    baseline: str | None = option(
        "--baseline",
        default=None,
        value="FILE",
        section=REPORTS,
        commands=_REPORTING,
        help="Exclude the findings in this JSON report of an earlier run from output, reports and the exit code.",
    )
    fail_on: tuple[str, ...] | None = option(
        "--fail-on",
        default=None,
        value="LIST",
        section=REPORTS,
        commands=_REPORTING,
        help="Comma-separated outcomes that fail the run: invalid, unsatisfiable, dead, error, warning, unknown, unsupported, any. "
        "Default: invalid, unsatisfiable, error, unknown, unsupported; `check` leaves out unsupported. Invalid always fails the run.",
    )
    select: tuple[str, ...] | None = option(
        "--select",
        default=None,
        value="CODES",
        setting=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Comma-separated codes of warnings and notes to report; default: all. Errors are always reported.",
    )
    ignore: tuple[str, ...] = option(
        "--ignore",
        default=(),
        value="IGNORED",
        setting=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Comma-separated codes of warnings and notes to ignore.",
    )
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = option(
        default=(),
        value="GLOBS=IGNORED",
        setting=True,
        help="Table from globs to the codes to ignore in matching files.",
    )
    severity: tuple[tuple[str, str], ...] = option(
        "--severity",
        default=(),
        value="CODE=LEVEL",
        setting=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Comma-separated severities of warnings and notes: `unknown-field=error,short-look-back=note`. An error fails the run.",
    )
    fix: bool = option(
        "--fix",
        default=False,
        section=REPORTS,
        commands=(CHECK, BATCH),
        help="First fix rules in TOML files where what is meant is certain, and say whether they match the same events.",
    )
    diff: bool = option(
        "--diff",
        default=False,
        section=REPORTS,
        commands=(CHECK, BATCH),
        help="Show what --fix would change, and write nothing; exit code 1 if there is something to fix.",
    )
    strict: bool = option(
        "--strict/--no-strict",
        default=False,
        keyed=True,
        section=REPORTS,
        commands=_ALL,
        help="Treat a rule with a dead alternative as unsatisfiable.",
    )
    findings: bool = option(
        "--findings/--no-findings",
        default=True,
        keyed=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Search for redundant conditions and other findings that need a solved rule.",
    )
    verbose: bool = option(
        "-v",
        "--verbose",
        default=False,
        section=REPORTS,
        commands=_ALL,
        help="Show notes, times, and unsupported constructs in full.",
    )
    quiet: bool = shared_options.quiet(_ALL)
    timeout: float = option(
        "--timeout",
        default=10.0,
        value="SECONDS",
        highest=1e6,
        shown=True,
        keyed=True,
        setting=True,
        section=SOLVING,
        commands=_ALL,
        help="Time limit per rule for each of reading, compiling, solving and finding the first match.",
    )
    memory: int = option(
        "--memory",
        default=2048,
        value="MIB",
        lowest=256,
        highest=1 << 20,
        shown=True,
        keyed=True,
        section=SOLVING,
        commands=_ALL,
        help="Memory limit of the solver's process.",
    )
    solver: str = option(
        "--solver",
        default="propose",
        choices=SOLVERS,
        shown=True,
        keyed=True,
        section=SOLVING,
        commands=_ALL,
        help="`propose`: propose documents, and use Z3 for proofs. `whole`: solve each rule as one Z3 formula. `cvc5`: the same with cvc5.",
    )
    cross_check: bool = option(
        "--cross-check",
        default=False,
        keyed=True,
        section=SOLVING,
        commands=_REPORTING,
        help="Check every verdict with Z3 and cvc5; a disagreement is a bug in Triggerfish.",
    )
    emit_smt2: str | None = option(
        "--emit-smt2",
        default=None,
        value="DIR",
        keyed=True,
        section=SOLVING,
        commands=_REPORTING,
        help="Write an SMT-LIB file for each rule to DIR, satisfiable iff the rule is.",
    )
    jobs: int = shared_options.jobs(_ALL)
    cache: str | None = option(
        "--cache",
        default=None,
        value="DIR",
        section=SCALE,
        commands=_REPORTING,
        help="Folder for cached results: unchanged rules are not compiled again.",
    )
    resume: bool = option(
        "--resume",
        default=False,
        section=SCALE,
        commands=_MAKING,
        help="Continue an interrupted run with the same options and --out FILE.",
    )
    show_settings: bool = option(
        "--show-settings",
        default=False,
        section=COMMAND,
        commands=_REPORTING,
        help="Print the effective settings as TOML, with the path of the settings file, and exit.",
    )
    push: str | None = option(
        "--push",
        default=None,
        value="URL",
        keyed=True,
        section=PUSH,
        commands=_MAKING,
        help="Load the documents into Elasticsearch. Credentials are read from ELASTICSEARCH_API_KEY, or from "
        "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.",
    )
    push_ca: str | None = option(
        "--push-ca",
        default=None,
        value="FILE",
        section=PUSH,
        commands=_MAKING,
        help="CA certificates (PEM) to trust for --push instead of the public ones.",
    )
    push_templates: bool = option(
        "--push-templates/--no-push-templates",
        default=True,
        section=PUSH,
        commands=_MAKING,
        help="Create index templates for all fields used before --push.",
    )


def keyed_fields() -> tuple[str, ...]:
    """The fields that the result of a rule depends on."""
    return tuple(name for name, row in rows(RunOptions) if row.keyed)
