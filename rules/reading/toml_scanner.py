"""Where keys and values stand in a TOML 1.0 document.

What reads TOML yields values without places; this yields places without values, and puts a syntax error where it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ...grammar.span import Span

Kind = Literal["string", "scalar", "array", "inline table", "table", "array of tables"]


class ScanError(ValueError):
    """Text that is not TOML 1.0.

    Attributes:
        message: one lower-case sentence.
        offset: the code-point offset in the text.
        hint: what to do about it, or None.
    """

    def __init__(self, message: str, offset: int, hint: str | None = None) -> None:
        super().__init__(message, offset, hint)
        self.message = message
        self.offset = offset
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, an element of an array, or a table header.

    Attributes:
        path: the names from the root of the document; an element of an array adds its number, from 0. The elements of
            an array of tables are not distinguished.
        key: the whole key as written before the `=`, or what stands between a header's brackets. Of an element of an
            array: the element.
        value: the value with its quotes or brackets; of a header, all of it.
        kind: what the value is.
    """

    path: tuple[str | int, ...]
    key: Span
    value: Span
    kind: Kind


@dataclass(frozen=True, slots=True)
class StringForm:
    """One of TOML's four ways to write a string: its delimiter, and what is special inside it."""

    quote: str
    escapes: bool
    multiline: bool
    token: re.Pattern[str]


# The quantifiers are possessive: an unclosed string must not be tried at every length.
STRING_FORMS = (
    StringForm('"""', True, True, re.compile(r'"""(?:[^"\\]++|\\[\s\S]|"{1,2}(?!"))*+"{3,5}')),
    StringForm("'''", False, True, re.compile(r"'''(?:[^']++|'{1,2}(?!'))*+'{3,5}")),
    StringForm('"', True, False, re.compile(r'"(?:[^"\\\n]++|\\[^\n])*+"')),
    StringForm("'", False, False, re.compile(r"'[^'\n]*+'")),
)

_BLANKS = re.compile(r"[ \t]*")
_BLANK_LINES = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_LINE_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BARE_VALUE = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]+|[^\s,\[\]{}#\"']+")
_SCALAR = re.compile(
    r"""true | false
      | [+-]?(?:0|[1-9](?:_?\d)*)(?:\.\d(?:_?\d)*)?(?:[eE][+-]?\d(?:_?\d)*)?
      | 0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])* | 0o[0-7](?:_?[0-7])* | 0b[01](?:_?[01])*
      | [+-]?(?:inf|nan)
      | \d{4}-\d\d-\d\d(?:[Tt\ ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)?)?
      | \d\d:\d\d:\d\d(?:\.\d+)?""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})|(?P<simple>[\"\\bfnrt]|[ \t]*\r?\n)|[\s\S])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_DEEPEST = 100


def string_form(text: str, offset: int) -> StringForm | None:
    """The form of the string that opens at an offset, or None if none does."""
    return next((form for form in STRING_FORMS if text.startswith(form.quote, offset)), None)


def scan(text: str) -> tuple[Entry, ...]:
    """All keys, array elements and table headers, in the order of the document.

    Raises:
        ScanError: the text is not TOML 1.0. Names that are defined twice are not looked for.
    """
    return _Scanner(text).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.entries: list[Entry] = []

    def document(self) -> tuple[Entry, ...]:
        table: tuple[str, ...] = ()
        self._skip(_BLANK_LINES)
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table, 0)
            if not _LINE_END.match(self.text, self.at):
                raise ScanError(f"expected the end of the line, found {self._found()}", self._skip(_BLANKS))
            self._skip(_BLANK_LINES)
        return tuple(self.entries)

    def _header(self) -> tuple[str, ...]:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        self._skip(_BLANKS)
        key = self.at
        names = self._key()
        key_end = self.at
        self._skip(_BLANKS)
        self._expect("]" * brackets, "after the table's name")
        kind: Kind = "table" if brackets == 1 else "array of tables"
        self.entries.append(Entry(names, Span(key, key_end), Span(start, self.at), kind))
        return names

    def _pair(self, table: tuple[str | int, ...], depth: int) -> None:
        start = self.at
        names = self._key()
        key = Span(start, self.at)
        self._skip(_BLANKS)
        self._expect("=", f"after the key `{self.text[key.start : key.end]}`")
        self._skip(_BLANKS)
        self._value((*table, *names), key, depth)

    def _key(self) -> tuple[str, ...]:
        names = [self._name()]
        while True:
            end = self.at
            self._skip(_BLANKS)
            if not self.text.startswith(".", self.at):
                self.at = end
                return tuple(names)
            self.at += 1
            self._skip(_BLANKS)
            names.append(self._name())

    def _name(self) -> str:
        form = string_form(self.text, self.at)
        start = self.at
        if form is None:
            match = _BARE_KEY.match(self.text, start)
            if match is None:
                raise ScanError(f"expected a key, found {self._found()}", start)
            self.at = match.end()
            return match.group()
        if form.multiline:
            raise ScanError("a key cannot be a multi-line string", start)
        self._string(form)
        body = self.text[start + 1 : self.at - 1]
        return decode_escapes(body) if form.escapes else body

    def _value(self, path: tuple[str | int, ...], key: Span | None, depth: int) -> None:
        start, place = self.at, len(self.entries)
        if depth >= _DEEPEST:
            raise ScanError(f"more than {_DEEPEST} arrays and tables inside each other", start)
        kind: Kind
        form = string_form(self.text, start)
        if form is not None:
            kind = "string"
            self._string(form)
        elif self.text.startswith("[", start):
            kind = "array"
            self._array(path, depth)
        elif self.text.startswith("{", start):
            kind = "inline table"
            self._inline_table(path, depth)
        else:
            kind = "scalar"
            self._scalar()
        value = Span(start, self.at)
        self.entries.insert(place, Entry(path, key or value, value, kind))

    def _array(self, path: tuple[str | int, ...], depth: int) -> None:
        start, count = self.at, 0
        self.at += 1
        while True:
            self._skip(_BLANK_LINES)
            if self.text.startswith("]", self.at):
                self.at += 1
                return
            if self.at == len(self.text):
                raise ScanError("the array that opens here is not closed", start, "add a `]`")
            self._value((*path, count), None, depth + 1)
            count += 1
            self._skip(_BLANK_LINES)
            if self.text.startswith(",", self.at):
                self.at += 1
            elif not self.text.startswith("]", self.at):
                raise ScanError(f"expected `,` or `]` in an array, found {self._found()}", self.at)

    def _inline_table(self, path: tuple[str | int, ...], depth: int) -> None:
        self.at += 1
        self._skip(_BLANKS)
        if self.text.startswith("}", self.at):
            self.at += 1
            return
        while True:
            self._pair(path, depth + 1)
            self._skip(_BLANKS)
            if not self.text.startswith(",", self.at):
                self._expect("}", "to close the inline table")
                return
            self.at += 1
            self._skip(_BLANKS)

    def _scalar(self) -> None:
        match = _BARE_VALUE.match(self.text, self.at)
        if match is None:
            raise ScanError(f"expected a value, found {self._found()}", self.at)
        if not _SCALAR.fullmatch(match.group()):
            raise ScanError(f"`{match.group()}` is not a value", self.at, "put text in quotes")
        self.at = match.end()

    def _string(self, form: StringForm) -> None:
        start = self.at
        match = form.token.match(self.text, start)
        if match is None:
            where = "" if form.multiline else " on its line"
            raise ScanError(f"the string that opens here is not closed{where}", start, f"close it with `{form.quote}`")
        self.at = match.end()
        control = _CONTROL.search(self.text, start, self.at)
        if control:
            code = f"U+{ord(control.group()):04X}"
            raise ScanError(f"a string cannot hold the control character {code}", control.start())
        if form.escapes:
            for escape in _ESCAPE.finditer(self.text, start, self.at):
                if not _is_valid(escape):
                    raise ScanError(
                        f"`{escape.group().rstrip()}` is not an escape that TOML knows",
                        escape.start(),
                        "write a backslash as `\\\\`, or put the string in single quotes",
                    )

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return self.at

    def _expect(self, token: str, where: str) -> None:
        if not self.text.startswith(token, self.at):
            raise ScanError(f"expected `{token}` {where}, found {self._found()}", self.at)
        self.at += len(token)

    def _found(self) -> str:
        at = self._skip(_BLANKS)
        if at == len(self.text):
            return "the end of the file"
        if self.text[at] in "\r\n":
            return "the end of the line"
        return f"`{self.text[at]}`" if self.text[at].isprintable() else f"the character U+{ord(self.text[at]):04X}"


def _is_valid(escape: re.Match[str]) -> bool:
    if escape["simple"] is not None:
        return True
    code = escape["u"] or escape["U"]
    return code is not None and int(code, 16) <= 0x10FFFF and not 0xD800 <= int(code, 16) <= 0xDFFF


_SIMPLE_ESCAPES = {'"': '"', "\\": "\\", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def decode_escape(escape: str) -> str:
    r"""The character that one valid escape such as ``\t`` or ``\u00e9`` stands for."""
    return _SIMPLE_ESCAPES[escape[1]] if len(escape) == 2 else chr(int(escape[2:], 16))


def decode_escapes(body: str) -> str:
    """The value of a one-line basic string, given what stands between its quotes."""
    return re.sub(r"\\(?:u.{4}|U.{8}|.)", lambda match: decode_escape(match.group()), body)
