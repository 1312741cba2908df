"""``--fix`` and ``--diff`` as a part of a command: write the fixed rules, or show them."""

from __future__ import annotations

from codecs import BOM_UTF8
from pathlib import Path

import click

from ...rules import find_rule_files
from ...rules.rule_files import PATTERNS, holds_one
from ..run.fix_rules import fixed_rules
from ..run.output_files import raising_output_errors
from ..run.run_options import RunOptions
from ..run.schema_files import schema_with
from ..run.selection import wanted_files
from .terminal import Terminal


def fix(options: RunOptions, terminal: Terminal) -> bool:
    """Fix the rules in TOML files, or show the diff; returns whether there was something to fix.

    Args:
        options: the options of the run; with ``diff`` nothing is written.
        terminal: shows what each fix did.
    """
    schema = schema_with(options.schema, options.timeout)
    wanted = wanted_files(options.paths, options.exclude, options.deprecated)
    files = find_rule_files([path for path in options.paths if path != "-"], *PATTERNS).files
    changed = False
    for fixed in fixed_rules((file for file in files if wanted(file) and holds_one(file)), options, schema):
        changed = True
        terminal.noted(f"{fixed.path}: {'would fix' if options.diff else 'fixed'} {', '.join(fixed.codes)}; {fixed.effect()}")
        if options.diff:
            click.echo(fixed.diff(), nl=False)
        else:
            _write(fixed.path, fixed.new)
    return changed


def _write(path: Path, text: str) -> None:
    with raising_output_errors(str(path)):
        mark = BOM_UTF8 if path.read_bytes().startswith(BOM_UTF8) else b""
        path.write_bytes(mark + text.encode())
