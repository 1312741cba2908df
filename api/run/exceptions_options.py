"""Options of ``triggerfish exceptions``, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import DOCUMENTS, REPORTS, option
from . import shared_options

EXCEPTIONS = "exceptions"
_COMMANDS = (EXCEPTIONS,)
EXCEPTION_FORMATS = {
    "text": "for people: for each exception the rules that it silences wholly or in part",
    "json": 'a list with an object per exception: {"exception": ..., "rules": [{"rule": ..., "effect": "all", "part", "none"}]}',
    "sarif": "SARIF 2.1.0, for code scanning: rules that are silenced, exceptions without effect",
}
"""The formats by name, with their content."""


@dataclass(frozen=True, slots=True)
class ExceptionsOptions:
    """The options of one run of ``triggerfish exceptions``."""

    paths: tuple[str, ...] = ()
    schema: tuple[str, ...] = shared_options.schema_files(_COMMANDS)
    exclude: tuple[str, ...] = shared_options.exclude(_COMMANDS)
    now: int | None = shared_options.now(_COMMANDS)
    format: str = option(
        "-f",
        "--format",
        default="text",
        choices=tuple(EXCEPTION_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_COMMANDS,
        help="Format of what is found.",
    )
    out: str = shared_options.out(_COMMANDS)
    fail: bool = option(
        "--fail", default=False, section=REPORTS, commands=_COMMANDS, help="Exit with 1 if an exception excludes all that a rule matches."
    )
    verbose: bool = option(
        "-v", "--verbose", default=False, section=REPORTS, commands=_COMMANDS, help="Also name the rules that an exception does not meet."
    )
    quiet: bool = shared_options.quiet(_COMMANDS)
    timeout: float = shared_options.question_timeout(_COMMANDS)
