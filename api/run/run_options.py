"""The options of a run; see `option`. A new one is a field here, and its use."""

from __future__ import annotations

from dataclasses import dataclass

from ...backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from ...backends.limits import SOLVERS
from ..options import COMMAND, DOCUMENTS, EXPLANATION, INPUT, PUSH, REPORTS, SCALE, SOLVING, option, rows
from ..start_time import DEFAULT_START

CHECK, GENERATE, EXPLAIN, BATCH = "check", "generate", "explain", "compile-rule"
_ALL = (CHECK, GENERATE, EXPLAIN, BATCH)
_REPORTING = (CHECK, GENERATE, BATCH)
_MAKING = (GENERATE, BATCH)

LANGUAGES = ("kuery", "eql", "lucene")
STYLES = ("plain", "realistic")
DOCUMENT_FORMATS = {
    "ndjson": "a document a line",
    "groups": 'a match a line: {"rule": path, "rule_id": ..., "name": ..., "docs": [...]}, and "roles" where not all are events',
    "json": "one array of all documents",
    "bulk": "the lines of an Elasticsearch _bulk request; threat indicators go to an index of their own, NAME-indicators",
    "query-dsl": "no documents, but a rule a line: its query as Elasticsearch's Query DSL",
    "none": "nothing",
}
"""What each format of documents holds."""
REPORT_FORMATS = ("pretty", "json", "sarif", "junit", "github", "markdown")
# Names only, for help that is there at once: a test compares them with the tables that implement them.


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What one run is to do.

    Files are named by paths, ``-`` being standard input or output; None is for what is not wanted.
    """

    paths: tuple[str, ...] = ()
    query: str | None = option(
        "--query", default=None, value="QUERY", section=INPUT, commands=_ALL, help="A query to compile instead of rules."
    )
    language: str | None = option(
        "--language",
        default=None,
        choices=LANGUAGES,
        section=INPUT,
        commands=_ALL,
        help="The language of --query; guessed if not given.",
    )
    schema: tuple[str, ...] = option(
        "--schema",
        default=(),
        value="FILE",
        repeats=True,
        # By its name here, and by what is in the files.
        keyed=True,
        setting=True,
        section=INPUT,
        commands=_ALL,
        help="Field types on top of the built-in ones: ECS's flat form or a mapping, JSON or YAML. Given several times, the last one wins.",
    )
    changed_since: str | None = option(
        "--changed-since",
        default=None,
        value="REV",
        section=INPUT,
        commands=_REPORTING,
        help="Of the files, only those that the branch changed since it left this git revision.",
    )
    exclude: tuple[str, ...] = option(
        "--exclude",
        default=(),
        value="GLOBS",
        setting=True,
        section=INPUT,
        commands=_ALL,
        help="Files and folders to leave out of folders, with commas between; a name without `/` is left out anywhere.",
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
        help="Matches per rule; 0 only checks.",
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
        commands=_MAKING,
        help="Random seed; output is reproducible.",
    )
    start: int = option(
        "--start",
        default=DEFAULT_START,
        value="TIME",
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Time of the first event: ISO 8601, epoch milliseconds or `now`; by default, 2024-01-01T00:00:00Z.",
    )
    now: int | None = option(
        "--now",
        default=None,
        value="TIME",
        keyed=True,
        section=DOCUMENTS,
        commands=_ALL,
        help="What `now` means in the date math of a query; by default, the time of the first event.",
    )
    style: str = option(
        "--style",
        default="realistic",
        choices=STYLES,
        shown=True,
        keyed=True,
        setting=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Believable values and related fields, or the query's own fields with random letters.",
    )
    history: bool = option(
        "--history",
        default=False,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="For rules about new values: first the older documents that make the rest known.",
    )
    format: str = option(
        "-f",
        "--format",
        default="ndjson",
        choices=tuple(DOCUMENT_FORMATS),
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="How documents are written.",
    )
    index: str = option(
        "--index",
        default="triggerfish",
        value="NAME",
        shown=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="The index that bulk lines name.",
    )
    out: str = option(
        "-o",
        "--out",
        default="-",
        value="FILE",
        writes=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Where the documents go instead of standard output.",
    )
    mappings: str | None = option(
        "--mappings",
        default=None,
        value="FILE",
        writes=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Write a body to create the index with: the mappings of all fields used.",
    )
    mappings_format: str = option(
        "--mappings-format",
        default="index",
        choices=tuple(MAPPINGS_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="What --mappings is the body of: an index, a component template or an index template.",
    )
    emit_plan: str | None = option(
        "--emit-plan",
        default=None,
        value="FILE",
        writes=True,
        keyed=True,
        section=DOCUMENTS,
        commands=_MAKING,
        help="Write what `SourceEvents.load` draws the same documents from; with --style plain.",
    )
    explain: bool = option(
        "--explain",
        default=False,
        keyed=True,
        section=EXPLANATION,
        commands=(BATCH,),
        help="No documents: the query with its dead parts marked, and what it asks of each field.",
    )
    draw: str | None = option(
        "--draw",
        default=None,
        value="FILE",
        writes=True,
        keyed=True,
        section=EXPLANATION,
        commands=(EXPLAIN, BATCH),
        help="No documents: draw one rule's conditions, what is dead struck out: .svg, .png, .dot, .txt, ...",
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
        help="How --report is written; by default, as JSON.",
    )
    baseline: str | None = option(
        "--baseline",
        default=None,
        value="FILE",
        section=REPORTS,
        commands=_REPORTING,
        help="Leave out findings that are in this JSON report of an earlier run, and what they cause.",
    )
    fail_on: tuple[str, ...] | None = option(
        "--fail-on",
        default=None,
        value="LIST",
        section=REPORTS,
        commands=_REPORTING,
        help="What makes the run fail, with commas between: invalid, unsatisfiable, dead, warning, unknown, unsupported, any. "
        "By default, invalid, unsatisfiable, unknown, unsupported; what is invalid always does.",
    )
    select: tuple[str, ...] | None = option(
        "--select",
        default=None,
        value="CODES",
        setting=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Codes of the warnings and notes to report, with commas between; by default, all. Errors always are.",
    )
    ignore: tuple[str, ...] = option(
        "--ignore",
        default=(),
        value="IGNORED",
        setting=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Codes of warnings and notes not to report, with commas between.",
    )
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = option(
        default=(),
        value="GLOBS=IGNORED",
        setting=True,
        help="A table from globs to lists of codes that are not reported for the files that match.",
    )
    strict: bool = option(
        "--strict/--no-strict",
        default=False,
        keyed=True,
        section=REPORTS,
        commands=_ALL,
        help="Whether a rule with a dead alternative counts as unsatisfiable.",
    )
    findings: bool = option(
        "--findings/--no-findings",
        default=True,
        keyed=True,
        section=REPORTS,
        commands=_REPORTING,
        help="Whether to look for conditions that change nothing, and the like.",
    )
    verbose: bool = option(
        "-v",
        "--verbose",
        default=False,
        section=REPORTS,
        commands=_ALL,
        help="Show notes, times, and what is not supported in full.",
    )
    quiet: bool = option("-q", "--quiet", default=False, section=REPORTS, commands=_ALL, help="Show nothing but what ends the run.")
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
        help="For one rule: to read it, to compile it, to solve it and to find its first match, each.",
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
        help="For the solver's process.",
    )
    solver: str = option(
        "--solver",
        default="propose",
        choices=SOLVERS,
        shown=True,
        keyed=True,
        section=SOLVING,
        commands=_ALL,
        help="`propose`: documents from proposals, and Z3 for proofs. `whole`: each rule as one formula for Z3. `cvc5`: the same for cvc5.",
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
        help="Write for every rule an SMT-LIB file that asks whether anything matches it.",
    )
    jobs: int = option(
        "-j",
        "--jobs",
        default=1,
        lowest=1,
        highest=256,
        shown=True,
        section=SCALE,
        commands=_ALL,
        help="Processes; the output is the same.",
    )
    cache: str | None = option(
        "--cache",
        default=None,
        value="DIR",
        section=SCALE,
        commands=_REPORTING,
        help="A folder to keep results in: rules that have not changed are not compiled again.",
    )
    resume: bool = option(
        "--resume",
        default=False,
        section=SCALE,
        commands=_MAKING,
        help="Go on where a run with the same options and --out FILE ended early, losing and repeating nothing.",
    )
    show_settings: bool = option(
        "--show-settings",
        default=False,
        section=COMMAND,
        commands=_REPORTING,
        help="Print the settings as TOML, with the file that they come from, and exit.",
    )
    push: str | None = option(
        "--push",
        default=None,
        value="URL",
        keyed=True,
        section=PUSH,
        commands=_MAKING,
        help="Load the documents into Elasticsearch too. Credentials are taken from ELASTICSEARCH_API_KEY, or from "
        "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.",
    )
    push_ca: str | None = option(
        "--push-ca",
        default=None,
        value="FILE",
        section=PUSH,
        commands=_MAKING,
        help="Certificates (PEM) to trust for --push instead of those that are publicly trusted.",
    )
    push_templates: bool = option(
        "--push-templates/--no-push-templates",
        default=True,
        section=PUSH,
        commands=_MAKING,
        help="Whether --push first makes index templates of all fields used.",
    )


def keyed_fields() -> tuple[str, ...]:
    """The fields that the result of a rule may depend on."""
    return tuple(name for name, row in rows(RunOptions) if row.keyed)
