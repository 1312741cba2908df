"""Usage checks: combinations of options that are not valid."""

from __future__ import annotations

import click

from ...backends.cvc5 import available as cvc5_available
from ..options import rows
from ..run.graphviz_file import refusal
from ..run.output_files import is_replaceable
from ..run.run_options import NOT_IN_TIME, RunOptions


def check_usage(options: RunOptions) -> None:
    """Reject combinations of options that are not valid.

    Raises:
        click.UsageError: names the options.
    """
    if options.report_format is not None and options.report is None:
        raise click.UsageError("--report-format requires --report")
    if options.verbose and options.quiet:
        raise click.UsageError("--verbose and --quiet cannot be used together")
    ignored = {code for codes in (options.ignore, *(codes for _, codes in options.per_file_ignores)) for code in codes}
    if options.strict and "dead-alternative" in ignored:
        raise click.UsageError("--strict makes `dead-alternative` an error: it cannot be ignored")
    if options.query is None and not options.paths:
        raise click.UsageError("nothing to compile: name rule files or folders, or use --query")
    if options.query is not None and options.paths:
        raise click.UsageError("use either paths or --query, not both")
    if options.changed_since is not None and (options.query is not None or "-" in options.paths):
        raise click.UsageError("--changed-since requires files or folders")
    if (options.fix or options.diff) and not any(path != "-" for path in options.paths):
        raise click.UsageError("--fix and --diff require files or folders")
    if options.language is not None and options.query is None:
        raise click.UsageError("--language requires --query: a rule names its own language")
    if (options.cross_check or options.solver == "cvc5") and not cvc5_available():
        raise click.UsageError("cvc5 is not installed: pip install 'triggerfish[cvc5]'")
    if options.push is None and (options.push_ca is not None or not options.push_templates):
        raise click.UsageError("--push-ca and --no-push-templates require --push")
    spooled = options.push is not None and options.out == "-"
    documents = "-" if options.explain else None if options.format == "none" or spooled else options.out
    if options.resume and (documents is None or not is_replaceable(documents)):
        raise click.UsageError("--resume requires --out FILE: the journal of the earlier run is beside FILE")
    if options.baseline is not None and options.baseline == options.report:
        raise click.UsageError("--baseline and --report cannot be the same file")
    own = {"--world": options.world, "--world-size": options.world_size, "--set": options.assignments, "--template": options.template}
    given = next((name for name, value in own.items() if value), None)
    if options.style != "realistic" and given is not None:
        raise click.UsageError(f"{given} requires --style realistic")
    _check_timeline(options)
    if not options.index.isprintable():
        raise click.UsageError("--index must be printable UTF-8")
    outputs = {f"--{row.name}": getattr(options, field) for field, row in rows(RunOptions) if row.writes}
    outputs = {"--explain" if options.explain else "--out": documents, **{name: path for name, path in outputs.items() if name != "--out"}}
    if options.draw is not None and (reason := refusal(options.draw)):
        raise click.UsageError(f"--draw: {reason}")
    used = [(name, path) for name, path in outputs.items() if path]
    for number, (name, path) in enumerate(used):
        for other, same in used[:number]:
            if path == same == "-":
                raise click.UsageError(f"{other} and {name} cannot both be standard output; use --out FILE or --format none")
            if path == same:
                raise click.UsageError(f"{other} and {name} cannot be the same file")


def _check_timeline(options: RunOptions) -> None:
    """Reject options of the timeline that exclude each other, and those that a resumed run cannot follow."""
    lengths = {"--to": options.until, "--spread": options.spread, "--rate": options.rate}
    given = [name for name, value in lengths.items() if value is not None]
    if len(given) > 1:
        raise click.UsageError(f"{given[0]} and {given[1]} both say how long the documents take: use one of them")
    start = options.start if options.first is None else options.first
    if options.until is not None and options.until <= start:
        raise click.UsageError("--to must be later than --from")
    further = {
        "--from": options.first,
        "--jitter": options.jitter,
        "--working-hours": options.working_hours,
        "--noise": options.noise or None,
    }
    given += [name for name, value in further.items() if value is not None]
    if given and options.resume:
        raise click.UsageError(f"--resume cannot be used with {given[0]}: documents are written in the order of time, at the end")
    if given and options.format in NOT_IN_TIME:
        raise click.UsageError(f"{given[0]} cannot be used with --format {options.format}")
    if options.noise and options.style != "realistic":
        raise click.UsageError("--noise requires --style realistic")
