"""Options that several commands have; see `option`."""

from __future__ import annotations

from ..options import DOCUMENTS, INPUT, REPORTS, SCALE, SOLVING, option

LANGUAGES = ("kuery", "eql", "lucene")


def language(commands: tuple[str, ...]) -> str | None:
    """The language of a query that is given instead of rules."""
    return option(
        "--language",
        default=None,
        choices=LANGUAGES,
        section=INPUT,
        commands=commands,
        help="Language of --query; guessed by default.",
    )


def schema_files(commands: tuple[str, ...], *, kept: bool = False) -> tuple[str, ...]:
    """Files of field types; ``kept`` if results depend on them and settings may give them."""
    return option(
        "--schema",
        default=(),
        value="FILE",
        repeats=True,
        # By name here, and by the content of the files.
        keyed=kept,
        setting=kept,
        section=INPUT,
        commands=commands,
        help="Field types on top of the built-in schema: ECS's flat format or a mapping, JSON or YAML. Later files win.",
    )


def placeholders(commands: tuple[str, ...], *, kept: bool = False) -> str | None:
    """The values of placeholders in Sigma rules; ``kept`` if results depend on them."""
    return option(
        "--placeholders",
        default=None,
        value="FILE",
        # By name here, and by the content of the file.
        keyed=kept,
        section=INPUT,
        commands=commands,
        help="Values of the placeholders (`%name%`) that Sigma rules expand: a YAML mapping of names to values or lists.",
    )


def pipelines(commands: tuple[str, ...], *, kept: bool = False) -> tuple[str, ...]:
    """Processing pipelines of Sigma rules; ``kept`` if results depend on them."""
    return option(
        "-p",
        "--pipeline",
        default=(),
        value="PIPELINE",
        repeats=True,
        keyed=kept,
        section=INPUT,
        commands=commands,
        help="Processing pipeline of Sigma rules, as sigma-cli takes it: a name such as `ecs_windows`, or a file. May be repeated "
        "(extra `sigma`).",
    )


def quiet(commands: tuple[str, ...]) -> bool:
    """Whether only errors that end the run are shown."""
    return option("-q", "--quiet", default=False, section=REPORTS, commands=commands, help="Show only errors that end the run.")


def jobs(commands: tuple[str, ...]) -> int:
    """How many processes work."""
    return option(
        "-j",
        "--jobs",
        default=1,
        lowest=1,
        highest=256,
        shown=True,
        section=SCALE,
        commands=commands,
        help="Number of processes; does not change the output.",
    )


def exclude(commands: tuple[str, ...]) -> tuple[str, ...]:
    """Rule files and folders that are not read."""
    return option(
        "--exclude",
        default=(),
        value="GLOBS",
        section=INPUT,
        commands=commands,
        help="Comma-separated globs of rule files and folders to skip; a name without `/` is skipped in every folder.",
    )


def now(commands: tuple[str, ...]) -> int | None:
    """What ``now`` means in date math."""
    return option(
        "--now",
        default=None,
        value="TIME",
        section=INPUT,
        commands=commands,
        help="Value of `now` in date math; default: the time of the run.",
    )


def out(commands: tuple[str, ...]) -> str:
    """Where what a command says goes."""
    return option(
        "-o",
        "--out",
        default="-",
        value="FILE",
        section=DOCUMENTS,
        commands=commands,
        help="Write to FILE instead of standard output.",
    )


def question_timeout(commands: tuple[str, ...]) -> float:
    """How long one question to the solver may take, for commands that compare rules."""
    return option(
        "--timeout",
        default=5.0,
        value="SECONDS",
        shown=True,
        section=SOLVING,
        commands=commands,
        help="Time limit for reading and for compiling a rule, and for each question to the solver.",
    )
