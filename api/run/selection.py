"""Selection: which rule files are compiled, and which findings are reported."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path

from ...backends.report.rule_result import RuleResult
from ...compiler.diagnostics.codes import FINDING_CODES
from ...compiler.diagnostics.diagnostic import Diagnostic, Severity
from .run_options import RunOptions


def anchored(glob: str, folder: str | Path) -> str:
    """A glob relative to a folder as an absolute one; a name without a `/` stands for files and folders of it anywhere."""
    return glob if "/" not in glob else str(Path(escape(str(absolute(folder))), glob))


def absolute(path: str | Path) -> Path:
    """A path from the root, without `..`; symbolic links are left alone."""
    return Path(os.path.normpath(Path(path).absolute()))


def is_folder(path: str | Path) -> bool:
    """Whether there is a folder at a path; also for paths that no system takes."""
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def matches(glob: str, path: str | Path) -> bool:
    """Whether an anchored glob matches a path, or a folder above it.

    ``*`` and ``?`` stand for characters of a name, ``[...]`` for one of several, ``**`` for any number of folders.
    """
    parts = absolute(path).parts
    if "/" not in glob:
        return any(fnmatchcase(part, glob) for part in parts)
    return _matches(parts, Path(glob).parts)


def _matches(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return True
    if patterns[0] == "**":
        return any(_matches(parts[at:], patterns[1:]) for at in range(len(parts) + (len(patterns) > 1)))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _matches(parts[1:], patterns[1:])


def wanted_files(paths: Sequence[str], exclude: Sequence[str], deprecated: bool) -> Callable[[Path], bool]:
    """Whether a rule file is compiled: all but excluded and deprecated ones, and those of them that are named by themselves."""
    if not exclude and deprecated:
        return lambda file: True
    given = [absolute(path) for path in paths if path != "-"]
    named = {path for path in given if not is_folder(path)}
    asked = [path for path in given if _FOLDER in path.parts]

    def wanted(file: Path) -> bool:
        place = absolute(file)
        if place in named:
            return True
        if any(matches(glob, file) for glob in exclude):
            return False
        return deprecated or any(place.is_relative_to(folder) for folder in asked) or not is_deprecated(place)

    return wanted


_FOLDER = "_deprecated"
_DEPRECATED = re.compile(rb"""^[ \t]*"?maturity"?[ \t]*[=:][ \t]*["']?deprecated\b""", re.MULTILINE)


def is_deprecated(file: Path) -> bool:
    """Whether a file holds a deprecated rule, by its metadata or its folder."""
    if _FOLDER in file.parts:
        return True
    try:
        return file.suffix == ".toml" and _DEPRECATED.search(file.read_bytes()) is not None
    except OSError:
        return False


def known_codes(names: Iterable[str]) -> None:
    """Check the codes of findings that are selected.

    Raises:
        ValueError: unknown finding code.
    """
    for name in names:
        if name not in FINDING_CODES:
            near = get_close_matches(name, FINDING_CODES, 1)
            raise ValueError(f"`{name}` is not a finding code{f'; did you mean `{near[0]}`?' if near else ''}")


def ignorable_codes(names: Iterable[str]) -> None:
    """Check the codes of findings that are ignored.

    Raises:
        ValueError: unknown finding code, or the code of an error, which would leave its rule without documents and
            without the reason.
    """
    for name in names:
        known_codes([name])
        if FINDING_CODES[name].severity is Severity.ERROR:
            raise ValueError(f"`{name}` is an error: only warnings and notes can be ignored")


def ignored_in(options: RunOptions, path: str | Path) -> frozenset[str]:
    """The codes that are ignored in a file."""
    here = (code for glob, codes in options.per_file_ignores if matches(glob, path) for code in codes)
    return frozenset((*options.ignore, *here))


def severities(pairs: Iterable[tuple[str, str]]) -> None:
    """Check the severities of findings that are set.

    Raises:
        ValueError: unknown code or severity, or the code of an error, which decides the status of its rule.
    """
    for code, severity in pairs:
        ignorable_codes([code])
        if severity not in list(Severity):
            raise ValueError(f"`{severity}` is not a severity: use {', '.join(Severity)}")


def severity_pairs(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Codes and severities, given as ``code=severity``.

    Raises:
        ValueError: as `severities`.
    """
    pairs = tuple((code.strip(), severity.strip()) for code, _, severity in (name.partition("=") for name in names))
    severities(pairs)
    return pairs


def with_selected_findings(result: RuleResult, options: RunOptions) -> RuleResult:
    """The result of a rule without the warnings and notes that are ignored or not selected, the others with the severity that is set."""
    if options.severity:
        levels = {code: Severity(severity) for code, severity in options.severity}
        result = replace(result, findings=tuple(_with_severity(finding, levels) for finding in result.findings))
    if options.select is None and not options.ignore and not options.per_file_ignores:
        return result
    ignored = ignored_in(options, result.file or result.path)
    kept = tuple(
        finding
        for finding in result.findings
        if FINDING_CODES[finding.code].severity is Severity.ERROR
        or (finding.code not in ignored and (options.select is None or finding.code in options.select))
    )
    return result if len(kept) == len(result.findings) else replace(result, findings=kept)


def _with_severity(finding: Diagnostic, levels: Mapping[str, Severity]) -> Diagnostic:
    severity = levels.get(finding.code)
    return finding if severity is None else replace(finding, severity=severity)
