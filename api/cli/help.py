"""The command's help: options by what they are for, each section with examples, and what shells complete them to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.types import StringParamType

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

PROGRAM = "compile-rule"
VARIABLE = "_COMPILE_RULE_COMPLETE"
"""What a shell's script sets to ask for completions."""
SHELLS = ("bash", "zsh", "fish")
WIDTH = 100
"""The most columns that help takes."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the help.

    Attributes:
        title: what its options are for.
        options: their names, in order.
        examples: commands without the program's name, each with what it is for.
    """

    title: str
    options: tuple[str, ...]
    examples: tuple[tuple[str, str], ...] = ()


SECTIONS = (
    Section(
        "What to compile",
        ("query", "language", "schema", "changed-since", "watch"),
        (
            ("rules/", "all rules of a folder"),
            ("rule.toml more/*.toml", "some"),
            ("--query 'process.name: *.exe'", "no file, but a query"),
            ("--query 'process where process.pid < 4' --language eql", "in EQL"),
            ("- < rule.toml", "from standard input"),
            ("--changed-since origin/main rules/", "what a branch changed"),
            ("--watch rules/", "again whenever a file changes"),
        ),
    ),
    Section(
        "Documents",
        ("count", "seed", "start", "now", "style", "history", "format", "index", "out", "mappings", "mappings-format", "emit-plan"),
        (
            ("-n 10 --seed 7 rule.toml", "ten matches, the same ones every time"),
            ("-f groups rule.toml", "a match a line, with the rule it is of"),
            ("-f bulk -o events.ndjson --mappings mappings.json rules/", "to load into Elasticsearch"),
            ("-f query-dsl rule.toml", "no documents, but the query"),
            ("--style plain --start now rule.toml", "the query's fields only"),
        ),
    ),
    Section(
        "Understanding a rule",
        ("explain", "draw"),
        (
            ("--explain rule.toml", "what is dead in it, what it asks of fields"),
            ("--draw rule.svg rule.toml", "the same as a picture, with Graphviz"),
            ("--draw - rule.toml", "as a tree of text"),
        ),
    ),
    Section(
        "Reports",
        ("report", "report-format", "baseline", "fail-on", "strict", "findings", "verbose", "quiet"),
        (
            ("-f none --report - rules/", "only check, and report as JSON"),
            ("-f none --strict -v rules/", "everything worth a word"),
            ("-f none --report r.sarif --report-format sarif rules/", "for code scanning"),
            ("-f none --fail-on unsatisfiable,dead rules/", "what makes a pull request fail"),
        ),
    ),
    Section(
        "Solving",
        ("timeout", "memory", "solver", "cross-check", "emit-smt2"),
        (("--timeout 60 --solver whole rule.toml", "one formula for Z3, a minute for it"),),
    ),
    Section(
        "Thousands of rules",
        ("jobs", "cache", "resume"),
        (
            ("-j 8 rules/", "eight processes, the same output"),
            ("--cache ~/.cache/triggerfish rules/", "what was compiled before is not again"),
            ("--resume -o all.ndjson rules/", "after a kill, the rest"),
        ),
    ),
    Section(
        "Into Elasticsearch",
        ("push", "push-ca", "push-templates"),
        (("--push https://localhost:9200 --push-ca http_ca.crt rules/", "documents and index templates"),),
    ),
    Section(
        "This command",
        ("completion", "version", "help"),
        (("--completion bash >> ~/.bashrc", "complete options and rule files"),),
    ),
)
"""All options, each in one section; one that is in none is shown under `OTHER`."""

OTHER = "Other options"

FORMATS = (
    ("ndjson", "a document a line"),
    ("groups", 'a match a line: {"rule": path, "rule_id": ..., "name": ..., "docs": [...]}, and "roles" where not all are events'),
    ("json", "one array of all documents"),
    ("bulk", "the lines of an Elasticsearch _bulk request; threat indicators go to an index of their own, NAME-indicators"),
    ("query-dsl", "no documents, but a rule a line: its query as Elasticsearch's Query DSL"),
    ("none", "nothing"),
)
"""What each format of documents holds."""
EXIT_CODES = (
    ("0", "every rule has its documents, or nothing that --fail-on lists is the matter"),
    ("1", "some rule is unsatisfiable: no event can match it; or dead or warned of, if --fail-on lists that"),
    ("2", "something could not be read, parsed, written or loaded, or bad usage"),
    ("3", "something is unknown (not decided within the limits) or not supported"),
    ("130", "interrupted, as --watch always is in the end"),
    ("143", "terminated"),
    ("141", "nobody reads the output any more"),
)
"""What each exit code says."""
EXIT_CODES_NOTE = """\
Where several hold, 2 goes before 1, and 1 before 3. A rule some of whose alternatives are dead has documents for the others: that is
a warning. What is in the --baseline counts for nothing."""


class Named(StringParamType):
    """The name of something in the file system, as it was given.

    Args:
        kind: what shells complete it to: ``file``, ``dir`` or ``rules``.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def shell_complete(self, context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """One item, for which the shell puts what it finds."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type=self.kind)]


_KINDS = {"FILE": Named("file"), "DIR": Named("dir"), "PATH...": Named("rules")}
"""By the word that stands for a value, what that value names."""


class SectionedCommand(click.Command):
    """A command whose options are shown by sections."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for parameter in self.params:
            parameter.type = _KINDS.get(parameter.metavar or "", parameter.type)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, section by section."""
        options = (parameter for parameter in self.get_params(ctx) if isinstance(parameter, click.Option))
        records = {name_of(option): record for option in options if (record := option.get_help_record(ctx)) is not None}
        # One width for the names in all sections.
        longest = min(max((len(names) for names, _ in records.values()), default=0), _WIDEST_NAMES)
        for section in (*SECTIONS, Section(OTHER, tuple(name for name in records if name not in _LISTED))):
            shown = [records[name] for name in section.options if name in records]
            if not shown:
                continue
            with formatter.section(section.title):
                _write_list(formatter, [(f"{names:<{longest}}", text) for names, text in shown])
            if section.examples:
                with formatter.indentation():
                    _write_examples(formatter, section.examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what formats and exit codes there are."""
        with formatter.section("Formats of documents"):
            _write_list(formatter, FORMATS)
        with formatter.section("Exit codes"):
            _write_list(formatter, EXIT_CODES)
            formatter.write_text(EXIT_CODES_NOTE)


def name_of(option: click.Option) -> str:
    """The longest name of an option, without its dashes."""
    return max(option.opts, key=len).lstrip("-")


_LISTED = frozenset(name for section in SECTIONS for name in section.options)
_WIDEST_NAMES = 34
_PURPOSE_COLUMN = 46


def _write_list(formatter: click.HelpFormatter, rows: Sequence[tuple[str, str]]) -> None:
    formatter.write_dl(rows, col_max=_WIDEST_NAMES)


def _write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    formatter.write_paragraph()
    indent = " " * formatter.current_indent
    for command, purpose in examples:
        line = f"{indent}{PROGRAM} {command}"
        beside = f"{line:<{_PURPOSE_COLUMN}}  # {purpose}"
        formatter.write(f"{beside}\n" if len(beside) <= formatter.width else f"{indent}# {purpose}\n{line}\n")
