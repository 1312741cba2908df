"""Checks of paths, names of files and blanks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ....grammar.span import Span
from ..diagnostic import Diagnostic
from ..slips import ControlCharacter, DottedExtension, DoubledSeparator, ForeignPath, PathInName, SurroundingBlanks
from .checked_query import CheckedQuery
from .outline import Branch, Comparison, Condition, Value, required

_SUBJECTS = r"(?:process|file|dll|Effective_process|Target\.process)"
PATHS = re.compile(rf"{_SUBJECTS}\b.*\.(?:executable|path|directory|working_directory|target_path)")
"""Fields that hold paths."""
NAMES = re.compile(r"(?P<subject>process(?:\.parent|\.session_leader|\.entry_leader|\.group_leader)?|file|dll)\.name")
"""Fields that hold the last part of a path."""
_DRIVE = re.compile(r"(?:[A-Za-z]|\?):\\")
_UNIX_ROOTS = "bin boot dev etc home lib lib64 lost+found media mnt opt private proc root run sbin srv sys tmp usr var"
_UNIX = re.compile(rf"/(?:{'|'.join(map(re.escape, _UNIX_ROOTS.split()))}|Applications|Library|Users|System|Volumes)/.*")


def doubled_separators(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Two separators in a row inside a path."""
    for comparison, value in _values(query):
        field = comparison.field or ""
        if not (PATHS.fullmatch(field) or field == "registry.path") or value.regexp:
            continue
        meant = _DOUBLED.sub(lambda pair: pair[0][0], value.text)
        if meant != value.text and (_DRIVE.match(value.text) or value.text.startswith(("/", "\\Device\\", "HK", "\\REGISTRY"))):
            written = query.written(value.span)
            yield DoubledSeparator(value=query.shown(value.span), meant=_halved(written), field=field).at(value.span)


_DOUBLED = re.compile(r"(?<=[\w:*?.)-])\\\\+|(?<![:*])//+")


def _halved(written: str) -> str:
    """A value as it is written, with one separator for two."""
    return re.sub(r"(?<=[\w:*?.)-])\\\\\\\\", r"\\\\", re.sub(r"(?<![:*])//+", "/", written))


def control_characters(query: CheckedQuery) -> Iterator[Diagnostic]:
    r"""`\t`, `\n` and `\r` in a Windows path."""
    for comparison, value in _values(query):
        field = comparison.field or ""
        written = query.written(value.span)
        if not any(char in value.text for char in _CONTROL) or not (_PATH_WRITTEN.search(written) or PATHS.fullmatch(field)):
            continue
        for place in _ESCAPES.finditer(written):
            if place["char"] in _ESCAPED:
                escape = f"\\{place['char']}"
                found = ControlCharacter(escape=escape, char=_ESCAPED[place["char"]], value=query.shown(value.span), field=field)
                start = value.span.start + place.start()
                yield found.at(Span(start, start + 2))


_CONTROL = "\t\n\r"
_ESCAPED = {"t": "tab", "n": "line end", "r": "line end"}
_ESCAPES = re.compile(r"\\(?P<char>.)", re.DOTALL)
_PATH_WRITTEN = re.compile(r"(?:[A-Za-z]|\?|\*):\\")


def surrounding_blanks(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Values between quotes that begin or end with a blank."""
    for comparison, value in _values(query):
        text, spec = value.text, query.spec(comparison.field)
        if value.bare or value.wild or value.regexp or text == text.strip() or not text.strip():
            continue
        if spec is None or not spec.kind.traits.whole_strings or (comparison.field or "").endswith(_FREE):
            continue
        begins, ends = text[0].isspace(), text[-1].isspace()
        where = "begins and ends" if begins and ends else "begins" if begins else "ends"
        yield SurroundingBlanks(value=query.shown(value.span), where=where, field=spec.name).at(value.span)  # type: ignore[arg-type]


_FREE = ("command_line", "args", "title", "text", "message", "strings")
"""Ends of the names of fields whose values may begin or end with a blank."""


def paths_in_names(query: CheckedQuery) -> Iterator[Diagnostic]:
    """A path in a field that holds its last part."""
    for comparison, value in _values(query):
        field = NAMES.fullmatch(comparison.field or "")
        if field is None or value.regexp or not (_DRIVE.match(value.text) or _UNIX.match(value.text) or _FOLDER.match(value.text)):
            continue
        meant = f"{field['subject']}.{'executable' if field['subject'].startswith('process') else 'path'}"
        yield PathInName(value=query.shown(value.span), meant=meant, field=field[0]).at(value.span)


_FOLDER = re.compile(r"\w[^\\*]*\\")
r"""A folder before the name; the names of pipes begin with a backslash."""


def dotted_extensions(query: CheckedQuery) -> Iterator[Diagnostic]:
    """A file extension with its dot."""
    for comparison, value in _values(query):
        field = comparison.field or ""
        if (field == "file.extension" or field.endswith(".file.extension")) and re.match(r"\.\w", value.text):
            written = query.written(value.span)
            yield DottedExtension(value=query.shown(value.span), meant=written.replace(".", "", 1), field=field).at(value.span)


def foreign_paths(query: CheckedQuery) -> Iterator[Diagnostic]:
    """Paths of another operating system than the one that the same conditions require."""
    for event in query.events:
        yield from _foreign(query, event.condition, None)


def _foreign(query: CheckedQuery, condition: Condition, system: str | None) -> Iterator[Diagnostic]:
    for each in required(condition):
        system = _system(each) or system
    for each in required(condition):
        match each:
            case Comparison(str() as field, _, values) if system is not None and PATHS.fullmatch(field):
                for value in values:
                    kind = _kind(value)
                    if kind is not None and kind not in _KINDS[system]:
                        yield ForeignPath(value=query.shown(value.span), kind=kind, system=_SHOWN[system], field=field).at(value.span)
            case Branch(_, args):
                for arg in args:
                    yield from _foreign(query, arg, system)


_KINDS = {"windows": ("Windows",), "linux": ("Unix",), "macos": ("Unix",)}
_SHOWN = {"windows": "Windows", "linux": "Linux", "macos": "macOS"}


def _system(condition: Condition) -> str | None:
    """The operating system that a condition requires."""
    if isinstance(condition, Comparison) and condition.field in ("host.os.type", "host.os.family") and len(condition.values) == 1:
        name = condition.values[0].text.lower()
        return name if name in _KINDS else None
    return None


def _kind(value: Value) -> str | None:
    """The kind of operating system that a path is of."""
    if _DRIVE.match(value.text):
        return "Windows"
    return "Unix" if _UNIX.match(value.text) else None


def _values(query: CheckedQuery) -> Iterator[tuple[Comparison, Value]]:
    for comparison in query.comparisons():
        for value in comparison.values:
            yield comparison, value
