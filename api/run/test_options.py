"""Options of ``triggerfish test``, declared as fields; see `option`."""

from __future__ import annotations

from dataclasses import dataclass

from ..options import DOCUMENTS, INPUT, REPORTS, SOLVING, option
from . import shared_options

TEST = "test"
_COMMANDS = (TEST,)
TEST_FORMATS = {
    "text": "for people: what failed, and why",
    "ndjson": 'one test per line: {"rule": path, "test": name, "outcome": "passed", "failed" or "error", "message": ...}',
    "junit": "a test case for each test",
}
"""The formats of the outcome by name, with their content."""


@dataclass(frozen=True, slots=True)
class TestOptions:
    """The options of one run of ``triggerfish test``."""

    paths: tuple[str, ...] = ()
    init: bool = option(
        "--init",
        default=False,
        section=INPUT,
        commands=_COMMANDS,
        help="Write RULE.test.toml beside each rule: matches, and near misses of each condition. Existing files are left as they are.",
    )
    coverage: bool = option(
        "--coverage",
        default=False,
        section=INPUT,
        commands=_COMMANDS,
        help="Also list the conditions that no test exercises: met, and as the only one that is not met.",
    )
    schema: tuple[str, ...] = shared_options.schema_files(_COMMANDS)
    exclude: tuple[str, ...] = shared_options.exclude(_COMMANDS)
    seed: int = option("--seed", default=0, shown=True, lowest=0, section=DOCUMENTS, commands=_COMMANDS, help="Random seed of --init.")
    count: int = option(
        "-n", "--count", default=1, lowest=1, shown=True, section=DOCUMENTS, commands=_COMMANDS, help="Number of matches of --init."
    )
    format: str = option(
        "-f",
        "--format",
        default="text",
        choices=tuple(TEST_FORMATS),
        shown=True,
        section=REPORTS,
        commands=_COMMANDS,
        help="Format of the outcome.",
    )
    out: str = option(
        "-o",
        "--out",
        default="-",
        value="FILE",
        section=REPORTS,
        commands=_COMMANDS,
        help="Write the outcome to FILE instead of standard output.",
    )
    sarif: str | None = option(
        "--sarif",
        default=None,
        value="FILE",
        section=REPORTS,
        commands=_COMMANDS,
        help="Also write what failed as SARIF, at its place in the files of tests.",
    )
    quiet: bool = shared_options.quiet(_COMMANDS)
    timeout: float = option(
        "--timeout",
        default=10.0,
        value="SECONDS",
        shown=True,
        section=SOLVING,
        commands=_COMMANDS,
        help="Time limit per rule for each of reading, compiling and solving.",
    )
    jobs: int = shared_options.jobs(_COMMANDS)
