"""Options of ``triggerfish overlaps``, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import DOCUMENTS, REPORTS, SCALE, option
from . import shared_options

OVERLAPS = "overlaps"
_COMMANDS = (OVERLAPS,)
OVERLAP_FORMATS = {
    "text": "for people: each rule that lies in another one, and what makes the difference",
    "json": 'a list with an object per pair: {"rule": ..., "other": ..., "overlap": "equivalent", "inside" or "inside but for exclusions"}',
    "sarif": "SARIF 2.1.0, for code scanning",
}
"""The formats by name, with their content."""


@dataclass(frozen=True, slots=True)
class OverlapsOptions:
    """The options of one run of ``triggerfish overlaps``."""

    paths: tuple[str, ...] = ()
    schema: tuple[str, ...] = shared_options.schema_files(_COMMANDS)
    exclude: tuple[str, ...] = shared_options.exclude(_COMMANDS)
    now: int | None = shared_options.now(_COMMANDS)
    format: str = option(
        "-f",
        "--format",
        default="text",
        choices=tuple(OVERLAP_FORMATS),
        shown=True,
        section=DOCUMENTS,
        commands=_COMMANDS,
        help="Format of the overlaps.",
    )
    out: str = shared_options.out(_COMMANDS)
    fail: bool = option("--fail", default=False, section=REPORTS, commands=_COMMANDS, help="Exit with 1 if a rule lies in another one.")
    quiet: bool = shared_options.quiet(_COMMANDS)
    timeout: float = shared_options.question_timeout(_COMMANDS)
    cache: str | None = option(
        "--cache",
        default=None,
        value="DIR",
        section=SCALE,
        commands=_COMMANDS,
        help="Keep what is known of the rules here: then only rules that changed are compared again.",
    )
