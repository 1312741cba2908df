"""Reads text files: encodings, byte order marks, size limits."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from pathlib import Path

from ...compiler.file_input import MAX_BYTES, TOO_LARGE, read_bounded, reason
from ...grammar.input_limits import SURROGATE
from ...grammar.span import LineMap
from ..errors import RuleError
from .toml_reader import _at

_SAVE_AS_UTF8 = "save it as UTF-8"


# UTF-32's little-endian mark begins with UTF-16's.
_MARKS = (
    (BOM_UTF32_LE, "UTF-32"),
    (BOM_UTF32_BE, "UTF-32"),
    (BOM_UTF16_LE, "UTF-16"),
    (BOM_UTF16_BE, "UTF-16"),
)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file without its byte order mark, line endings as they are.

    Raises:
        RuleError: not readable, empty, not UTF-8, or with NUL characters.
    """
    return decode(read_bytes(path), path)


def legible(path: Path | str) -> str:
    """A path as UTF-8 can hold it, with a sign for each byte of its name that is not."""
    return SURROGATE.sub("\ufffd", str(path))


def read_bytes(path: Path) -> bytes:
    """What a file holds.

    Raises:
        RuleError: not readable, or larger than ``MAX_BYTES``.
    """
    try:
        data = read_bounded(path)
    except IsADirectoryError:
        raise RuleError("cannot read the file: it is a folder", path) from None
    except FileNotFoundError:
        raise RuleError("no such file", path) from None
    except (OSError, ValueError) as error:
        raise RuleError(f"cannot read the file: {reason(error)}", path) from None
    if len(data) > MAX_BYTES:
        raise RuleError(TOO_LARGE, path, hint="split the file")
    return data


def decode(data: bytes, path: Path | None = None) -> str:
    """The text that UTF-8 bytes hold, without a byte order mark.

    Raises:
        RuleError: empty, not UTF-8 (with a guess at what it is instead), or with NUL characters.
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            raise RuleError(f"the file is {name}, not UTF-8", path, hint=_SAVE_AS_UTF8)
    data = data.removeprefix(BOM_UTF8)
    if not data.strip():
        raise RuleError("the file is empty", path)
    nul = data.find(b"\0")
    if data.count(0) * 3 > len(data):
        raise RuleError("the file looks like UTF-16, not UTF-8", path, hint=_SAVE_AS_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        place = LineMap(before).position(len(before))
        byte = f"byte 0x{data[error.start]:02x}"
        raise RuleError(
            f"the file is not UTF-8 ({byte}); it looks like {_single_byte_encoding(data)}",
            path,
            place.line,
            place.column,
            _SAVE_AS_UTF8,
        ) from None
    if nul >= 0:
        raise _at(text, text.index("\0"), "the file holds a NUL character", path, "remove it")
    return text


def _single_byte_encoding(data: bytes) -> str:
    # 0x80 to 0x9f are control characters in Latin-1 and quotes, dashes and the like in Windows-1252.
    return "Windows-1252" if any(0x80 <= byte <= 0x9F for byte in data) else "Latin-1"
