"""Settings files: ``triggerfish.toml``, or ``[tool.triggerfish]`` in ``pyproject.toml``."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ...compiler.file_input import reason
from ...grammar.errors import TriggerfishError
from ...grammar.span import LineMap
from ...rules.reading.toml_scanner import ScanError, scan
from ..options import Option, rows
from ..run.run_options import RunOptions
from ..run.selection import absolute, anchored, ignorable_codes, is_folder, known_codes, severities

FILES: Mapping[str, tuple[str, ...]] = {"triggerfish.toml": (), "pyproject.toml": ("tool", "triggerfish")}
"""The names of settings files, in order of precedence within a folder, with the table that holds the settings."""

SETTINGS: Mapping[str, tuple[str, Option]] = {
    row.name or field.replace("_", "-"): (field, row) for field, row in rows(RunOptions) if row.setting
}
"""By the key in the file: the field of the options, and its row."""

Key = tuple[str | int, ...]


class SettingsError(TriggerfishError, ValueError):
    """A settings file that cannot be used; the message says where and why."""


@dataclass(frozen=True, slots=True)
class _File:
    """A settings file.

    Attributes:
        path: where it is.
        text: what it says.
        table: the names of the table that holds the settings.
    """

    path: Path
    text: str
    table: tuple[str, ...]

    def error(self, message: str, key: Key) -> SettingsError:
        """An error at a key, or at an element of its list."""
        wanted = (*self.table, *key)
        try:
            offset = next((entry.key.start for entry in scan(self.text) if entry.path == wanted), 0)
        except ScanError:
            offset = 0
        place = LineMap(self.text).position(offset)
        return SettingsError(f"{self.path}:{place.line}:{place.column}: {message}")


def with_settings(options: RunOptions, given: Collection[str]) -> tuple[RunOptions, Path | None]:
    """The options with what the nearest settings file says of those that were not given, and the path of that file.

    Args:
        options: from the command line.
        given: the fields that were given there, which win.

    Raises:
        SettingsError: the file cannot be read, or contains an unknown setting or an invalid value.
    """
    options = replace(options, exclude=tuple(anchored(glob, ".") for glob in options.exclude))
    for folder in _upwards(_common_folder(options)):
        for name, table in FILES.items():
            file = _read(folder / name, table)
            if file is not None:
                found = _values(*file)
                return replace(options, **{field: value for field, value in found.items() if field not in given}), file[0].path
    return options, None


def _common_folder(options: RunOptions) -> Path:
    """The folder that holds all rules; the current one for those without a file."""
    folders = [path if is_folder(path) else path.parent for path in map(absolute, options.paths)]
    if not folders or "-" in options.paths:
        return Path.cwd()
    return Path(os.path.commonpath(folders))


def _upwards(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _read(path: Path, table: tuple[str, ...]) -> tuple[_File, Mapping[str, Any]] | None:
    """A file and its settings; None if it is not there or, being for other programs too, holds none."""
    if not _is_file(path):
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read the settings in `{path}`: {reason(error)}") from None
    try:
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(path, text, str(error)) from None
    for name in table:
        if not isinstance(found, dict) or name not in found:
            return None
        found = found[name]
    file = _File(path, text, table)
    if not isinstance(found, dict):
        raise file.error(f"`{'.'.join(table)}` is not a table", ())
    return file, found


_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def _unreadable(path: Path, text: str, message: str) -> SettingsError:
    """A syntax error, given what tomllib says of it, which ends in its place."""
    place = _PLACE.search(message)
    end = LineMap(text).position(len(text))
    line, column = (place[1], place[2]) if place and place[1] else (end.line, end.column)
    said = _PLACE.sub("", message)
    return SettingsError(f"{path}:{line}:{column}: not valid TOML: {said[:1].lower()}{said[1:]}")


def _is_file(path: Path) -> bool:
    """Whether there is a file at a path that may be looked at."""
    try:
        return path.is_file()
    except OSError:
        return False


def _values(file: _File, found: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a file, by the field of the options."""
    values: dict[str, Any] = {}
    for key, value in found.items():
        if key not in SETTINGS:
            near = get_close_matches(key, SETTINGS, 1)
            raise file.error(f"`{key}` is not a setting{f'; did you mean `{near[0]}`?' if near else ''}", (key,))
        field, row = SETTINGS[key]
        values[field] = _READERS[row.value or "CHOICE"](file, key, value, row)
    return values


def _choice(file: _File, key: str, value: Any, row: Option) -> str:
    if isinstance(value, str) and value in row.choices:
        return value
    raise file.error(f"`{key}` must be one of {', '.join(f'`{choice}`' for choice in row.choices)}", (key,))


def _seconds(file: _File, key: str, value: Any, row: Option) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= row.highest:  # type: ignore[operator]
        return float(value)
    raise file.error(f"`{key}` must be a number of seconds above 0 and at most {row.highest:g}", (key,))


def _strings(file: _File, key: Key, value: Any) -> tuple[str, ...]:
    shown = f"`{'.'.join(map(str, key))}`"
    if not isinstance(value, list):
        raise file.error(f"{shown} must be a list of strings", key)
    for at, each in enumerate(value):
        if not isinstance(each, str):
            raise file.error(f"{shown} must be a list of strings", (*key, at))
    return tuple(value)


def _files(file: _File, key: str, value: Any, row: Option) -> tuple[str, ...]:
    return tuple(str(Path(file.path.parent, each)) for each in _strings(file, (key,), value))


def _globs(file: _File, key: str, value: Any, row: Option) -> tuple[str, ...]:
    return tuple(anchored(each, file.path.parent) for each in _strings(file, (key,), value))


def _codes(check: Callable[[Sequence[str]], None]) -> Callable[[_File, str, Any, Option], tuple[str, ...]]:
    return lambda file, key, value, row: _checked(file, (key,), value, check)


def _checked(file: _File, key: Key, value: Any, check: Callable[[Sequence[str]], None]) -> tuple[str, ...]:
    names = _strings(file, key, value)
    for at, name in enumerate(names):
        try:
            check([name])
        except ValueError as error:
            raise file.error(str(error), (*key, at)) from None
    return names


def _by_glob(file: _File, key: str, value: Any, row: Option) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise file.error(f"`{key}` must be a table from globs to lists of codes", (key,))
    return tuple((anchored(glob, file.path.parent), _checked(file, (key, glob), codes, ignorable_codes)) for glob, codes in value.items())


def _severities(file: _File, key: str, value: Any, row: Option) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise file.error(f"`{key}` must be a table from codes to severities", (key,))
    for code, severity in value.items():
        try:
            severities([(code, str(severity))])
        except ValueError as error:
            raise file.error(str(error), (key, code)) from None
    return tuple(value.items())


_READERS: Mapping[str, Callable[[_File, str, Any, Option], Any]] = {
    "FILE": _files,
    "GLOBS": _globs,
    "CODES": _codes(known_codes),
    "IGNORED": _codes(ignorable_codes),
    "GLOBS=IGNORED": _by_glob,
    "CODE=LEVEL": _severities,
    "SECONDS": _seconds,
    "CHOICE": _choice,
}
"""By the word that stands for a value, how a settings file gives it."""


def as_toml(options: RunOptions, path: Path | None) -> str:
    """The settings of a run as TOML, with the file that they come from."""
    lines = [f"# settings of {path}" if path else "# no settings file"]
    tables: list[str] = []
    for key, (field, _) in SETTINGS.items():
        value = getattr(options, field)
        if value and isinstance(value[0] if isinstance(value, tuple) else None, tuple):
            tables += ["", f"[{key}]", *(f"{_toml(glob)} = {_toml(codes)}" for glob, codes in value)]
        elif value is None:
            lines.append(f"# {key}: all")
        elif field not in ("per_file_ignores", "severity"):
            lines.append(f"{key} = {_toml(value)}")
    return "\n".join((*lines, *tables)) + "\n"


def _toml(value: Any) -> str:
    # A string, a list of strings and a number are the same in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False)
