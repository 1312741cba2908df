"""The ``compile-rule`` command."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import isnan
from typing import Any

import click
from click.core import ParameterSource

from triggerfish import __version__

from ...backends.cvc5 import available as cvc5_available
from ...backends.elasticsearch.mapping_bodies import MAPPINGS_FORMATS
from ...backends.elasticsearch.push import available as elasticsearch_available
from ...backends.elasticsearch.push.problems import PushError
from ...backends.limits import SOLVERS
from ...backends.realism.apply import STYLES
from ...backends.report.baseline import BaselineError
from ...backends.report.document_formats import FORMATS
from ...backends.report.exit_codes import ANY, BY_DEFAULT, OUTCOMES, exit_code, failures
from ...backends.report.formats.registry import REPORT_FORMATS
from ...compiler.compile import LANGUAGES
from ...compiler.schema.field_types import YEAR_1_MS, YEAR_9999_END_MS
from ...compiler.schema.load import SchemaError
from ..on_demand import load
from ..run.crash_log import CrashLog
from ..run.git_changes import RevisionError
from ..run.graphviz_file import GraphvizError, refusal
from ..run.options import RunOptions
from ..run.output_files import OutputError, is_replaceable
from ..run.run import run
from ..source_events import DEFAULT_START
from .help import PROGRAM, SHELLS, WIDTH, SectionedCommand
from .interrupts import INTERRUPTED, interruptible
from .terminal import Terminal, fail

_TERMINATED = 143
_BROKEN_PIPE = 141
_BAD_USAGE = 2


def _start(context: click.Context, parameter: click.Parameter, value: str | None) -> int:
    """A time as epoch milliseconds."""
    if value is None:
        return DEFAULT_START
    if value == "now":
        return int(time.time() * 1000)
    try:
        moment = int(value) if re.fullmatch(r"-?\d{1,18}", value) else _milliseconds(datetime.fromisoformat(value))
    except (ValueError, OverflowError):
        raise click.BadParameter(f"`{value}` is neither `now` nor a time such as 2024-05-01T12:00:00Z nor epoch milliseconds") from None
    if not YEAR_1_MS <= moment <= YEAR_9999_END_MS:
        raise click.BadParameter(f"`{value}` is not in the years 1 to 9999")
    return moment


def _now(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    """A time as epoch milliseconds, if one was given."""
    return None if value is None else _start(context, parameter, value)


def _fail_on(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[str, ...] | None:
    """The names in a list, all of them known."""
    if value is None:
        return None
    names = tuple(name.strip() for name in value.split(","))
    try:
        failures(names)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return names


def _completion(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Print a shell's script instead of doing anything else."""
    if value is None or context.resilient_parsing:
        return
    from .completion import script

    click.echo(script(context.command, value), nl=False)
    context.exit()


def _finite(context: click.Context, parameter: click.Parameter, value: float) -> float:
    """A number, which `nan` is not, though it is in any range."""
    if isnan(value):
        raise click.BadParameter("`nan` is not a number of seconds")
    return value


def _milliseconds(moment: datetime) -> int:
    # Not timestamp(), whose float would lose milliseconds far from 1970.
    since = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    return since // timedelta(milliseconds=1)


_SEED = click.IntRange(-(1 << 63), (1 << 63) - 1)
"""What a report in JSON can hold."""
_MIB = click.IntRange(256, 1 << 20)
_MOST_JOBS = 256
_MOST_SECONDS = 1e6


@click.command(name=PROGRAM, cls=SectionedCommand, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH})
@click.argument("paths", nargs=-1, metavar="PATH...")
@click.option("--changed-since", metavar="REV", help="Of the files, only those that the branch changed since it left this git revision.")
@click.option("--query", metavar="QUERY", help="A query to compile instead of rules.")
@click.option("--language", type=click.Choice(LANGUAGES), help="The language of --query; guessed if not given.")
@click.option("-n", "--count", type=click.IntRange(min=0), default=1, show_default=True, help="Matches per rule; 0 only checks.")
@click.option("--seed", type=_SEED, default=0, show_default=True, help="Decides all random choices: the same seed, the same documents.")
@click.option(
    "--start",
    metavar="TIME",
    callback=_start,
    help="Time of the first event: ISO 8601, epoch milliseconds or `now`; by default, 2024-01-01T00:00:00Z.",
)
@click.option("--now", metavar="TIME", callback=_now, help="What `now` means in the date math of a query; by default, the --start.")
@click.option(
    "--schema",
    metavar="FILE",
    multiple=True,
    help="Field types on top of the built-in ones: ECS's flat form or a mapping, JSON or YAML. Given several times, the last one wins.",
)
@click.option("-o", "--out", metavar="FILE", default="-", help="Where the documents go instead of standard output.")
@click.option("-f", "--format", type=click.Choice(tuple(FORMATS)), default="ndjson", show_default=True, help="How documents are written.")
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="realistic",
    show_default=True,
    help="Believable values and related fields, or the query's own fields with random letters.",
)
@click.option("--history", is_flag=True, help="For rules about new values: first the older documents that make the rest known.")
@click.option("--index", metavar="NAME", default="triggerfish", show_default=True, help="The index that bulk lines name.")
@click.option("--mappings", metavar="FILE", help="Write a body to create the index with: the mappings of all fields used.")
@click.option(
    "--mappings-format",
    type=click.Choice(tuple(MAPPINGS_FORMATS)),
    default="index",
    show_default=True,
    help="What --mappings is the body of: an index, a component template or an index template.",
)
@click.option("--report", metavar="FILE", help="Write a report; `-` is standard output.")
@click.option("--report-format", type=click.Choice(tuple(REPORT_FORMATS)), help="How --report is written; by default, as JSON.")
@click.option("--baseline", metavar="FILE", help="Leave out findings that are in this JSON report of an earlier run, and what they cause.")
@click.option(
    "--fail-on",
    metavar="LIST",
    callback=_fail_on,
    help=f"What makes the run fail, with commas between: {', '.join((*OUTCOMES, ANY))}. By default, "
    f"{', '.join(name for name in OUTCOMES if name in BY_DEFAULT)}; what is invalid always does.",
)
@click.option("--strict/--no-strict", default=False, help="Whether a rule with a dead alternative counts as unsatisfiable.")
@click.option(
    "--resume", is_flag=True, help="Go on where a run with the same options and --out FILE ended early, losing and repeating nothing."
)
@click.option("--cache", metavar="DIR", help="A folder to keep results in: rules that have not changed are not compiled again.")
@click.option("-j", "--jobs", type=click.IntRange(1, _MOST_JOBS), default=1, show_default=True, help="Processes; the output is the same.")
@click.option("--findings/--no-findings", default=True, help="Whether to look for conditions that change nothing, and the like.")
@click.option(
    "--solver",
    type=click.Choice(SOLVERS),
    default="propose",
    show_default=True,
    help="`propose`: documents from proposals, and Z3 for proofs. `whole`: each rule as one formula for Z3. `cvc5`: the same for cvc5.",
)
@click.option("--cross-check", is_flag=True, help="Put every verdict before Z3 and cvc5; a contradiction is an error of ours.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(0, _MOST_SECONDS, min_open=True),
    callback=_finite,
    default=10.0,
    show_default=True,
    help="For one rule: to read it, to compile it, to solve it and to find its first match, each.",
)
@click.option("--memory", metavar="MIB", type=_MIB, default=2048, show_default=True, help="For the solver's process.")
@click.option("--emit-plan", metavar="FILE", help="Write what `SourceEvents.load` draws the same documents from; with --style plain.")
@click.option("--emit-smt2", metavar="DIR", help="Write for every rule an SMT-LIB file that asks whether anything matches it.")
@click.option("--explain", is_flag=True, help="No documents: the query with its dead parts marked, and what it asks of each field.")
@click.option(
    "--draw", metavar="FILE", help="No documents: draw one rule's conditions, what is dead struck out: .svg, .png, .dot, .txt, ..."
)
@click.option("--watch", is_flag=True, help="Go on and compile again what changes, until Ctrl-C.")
@click.option(
    "--push",
    metavar="URL",
    help="Load the documents into Elasticsearch too. Credentials are taken from ELASTICSEARCH_API_KEY, or from "
    "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD.",
)
@click.option("--push-ca", metavar="FILE", help="Certificates (PEM) to trust for --push instead of those that are publicly trusted.")
@click.option("--push-templates/--no-push-templates", default=True, help="Whether --push first makes index templates of all fields used.")
@click.option("-v", "--verbose", is_flag=True, help="Show notes, times, and what is not supported in full.")
@click.option("-q", "--quiet", is_flag=True, help="Show nothing but what ends the run.")
@click.option(
    "--completion",
    type=click.Choice(SHELLS),
    callback=_completion,
    is_eager=True,
    expose_value=False,
    help="Print what makes a shell complete this command's options and files.",
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def main(quiet: bool, watch: bool, **options: Any) -> None:
    """Compile detection rules into events that trigger them, or into a proof that nothing can.

    Each PATH is a rule file, a folder of them (searched with its subfolders), or `-` for a rule file on standard input.
    Documents go to standard output, findings and a summary to standard error.
    """
    if options["report_format"] is not None and options["report"] is None:
        raise click.UsageError("--report-format goes with --report")
    if options["push"] is not None and not options["explain"] and options["draw"] is None:
        _check_push(options)
    order = RunOptions(**{**options, "report_format": options["report_format"] or "json"})
    if order.explain or order.draw is not None:
        order = _without_documents(order)
    _check(order)
    if watch:
        from .watch import refusal as unwatchable

        if reason := unwatchable(order):
            raise click.UsageError(f"--watch: {reason}")
    if order.verbose and quiet:
        raise click.UsageError("--verbose and --quiet exclude each other")
    sys.exit(_guarded(order, -1 if quiet else int(order.verbose), watch))


class _Terminated(BaseException):
    """The process was asked to end."""


@contextmanager
def _terminable() -> Iterator[None]:
    """Have what is half-done put away when the process is asked to end."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(*_: object) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _guarded(order: RunOptions, verbosity: int, watched: bool) -> int:
    """The exit code of a run, however it ends."""
    try:
        with _terminable(), interruptible():
            if watched:
                from .watch import watch

                watch(order, partial(_run, verbosity=verbosity), Terminal(verbosity).heading)
            return _run(order, verbosity)
    except (SchemaError, BaselineError, OutputError, RevisionError, GraphvizError, PushError) as error:
        fail(_with_notes(str(error), error))
        return _BAD_USAGE
    except BrokenPipeError:
        if sys.stdout is not None:
            # Python would try to flush it once more when it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except KeyboardInterrupt as interrupt:
        if not watched:
            fail(_with_notes("interrupted", interrupt))
        return INTERRUPTED
    except _Terminated as end:
        fail(_with_notes("terminated", end))
        return _TERMINATED
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        fail(f"an error in triggerfish itself: {type(error).__name__}: {said}; {CrashLog().add(traceback.format_exc())}")
        return exit_code(["unknown"])


def _run(order: RunOptions, verbosity: int) -> int:
    """One run, reported on standard error, its explanations on standard output; returns the exit code."""
    if not order.explain:
        return run(order, Terminal(verbosity))
    return run(order, Terminal(verbosity, findings=False), [load(".cli.explain:Explainer")(sys.stdout.buffer).show])


def _with_notes(message: str, error: BaseException) -> str:
    return "; ".join((message, *getattr(error, "__notes__", ())))


def _without_documents(order: RunOptions) -> RunOptions:
    """The order, made to explain or to draw and nothing else."""
    given = {
        "--out": order.out != "-",
        "--format": order.format not in ("ndjson", "none"),
        "--mappings": order.mappings,
        "--emit-plan": order.emit_plan,
        "--push": order.push,
    }
    other = next((name for name, value in given.items() if value), None)
    if other is not None:
        raise click.UsageError(f"{'--explain' if order.explain else '--draw'} makes no documents: leave out {other}")
    return replace(order, count=0, format="none")


def _check_push(options: dict[str, Any]) -> None:
    """Refuse what cannot be meant beside --push, which goes with the bulk format and a file that can be read again."""
    if not elasticsearch_available():
        raise click.UsageError("the client of Elasticsearch is not installed: pip install 'triggerfish[elasticsearch]'")
    given = click.get_current_context().get_parameter_source
    if given("format") is ParameterSource.DEFAULT:
        options["format"] = "bulk"
    if options["format"] != "bulk":
        raise click.UsageError("--push loads documents in the bulk format: leave out --format, or use --format bulk")
    if given("out") is not ParameterSource.DEFAULT and options["out"] == "-":
        raise click.UsageError("--push reads the documents again: give a FILE as --out, or leave it out")


def _check(order: RunOptions) -> None:
    """Refuse what cannot be meant."""
    if order.query is None and not order.paths:
        raise click.UsageError("nothing to compile: name rule files or folders, or give a --query")
    if order.query is not None and order.paths:
        raise click.UsageError("give either paths or a --query, not both")
    if order.changed_since is not None and (order.query is not None or "-" in order.paths):
        raise click.UsageError("--changed-since goes with files and folders")
    if order.language is not None and order.query is None:
        raise click.UsageError("--language goes with --query: a rule names its own language")
    if (order.cross_check or order.solver == "cvc5") and not cvc5_available():
        raise click.UsageError("cvc5 is not installed: pip install 'triggerfish[cvc5]'")
    if order.push is None and (order.push_ca is not None or not order.push_templates):
        raise click.UsageError("--push-ca and --no-push-templates go with --push")
    spooled = order.push is not None and order.out == "-"
    documents = "-" if order.explain else None if order.format == "none" or spooled else order.out
    if order.resume and (documents is None or not is_replaceable(documents)):
        raise click.UsageError("--resume goes with --out FILE, beside which it finds what the earlier run noted")
    if order.baseline is not None and order.baseline == order.report:
        raise click.UsageError("--baseline and --report cannot be the same file")
    if not order.index.isprintable():
        raise click.UsageError("--index takes printable characters in UTF-8")
    outputs = {
        "--explain" if order.explain else "--out": documents,
        "--report": order.report,
        "--mappings": order.mappings,
        "--emit-plan": order.emit_plan,
        "--draw": order.draw,
    }
    if order.draw is not None and (reason := refusal(order.draw)):
        raise click.UsageError(f"--draw: {reason}")
    used = [(name, path) for name, path in outputs.items() if path]
    for number, (name, path) in enumerate(used):
        for other, same in used[:number]:
            if path == same == "-":
                raise click.UsageError(f"{other} and {name} cannot both be standard output; use --out FILE or --format none")
            if path == same:
                raise click.UsageError(f"{other} and {name} cannot be the same file")
