"""Elasticsearch's standard analyser: the words of a text, lower-cased.

Word boundaries follow Unicode's UAX #29 as far as letters, digits, marks, connectors and the ideographic
scripts go: letters and digits run together, ``_`` joins them, ``.``, ``'`` and ``:`` hold letters together
(``cmd.exe`` and ``a:b`` are one word), ``.``, ``,``, ``;`` and ``'`` hold digits together, every ideograph
and Hiragana character stands alone, and anything else separates. Emoji, which Elasticsearch keeps as tokens, separate here.
"""

from __future__ import annotations

import unicodedata

MAX_TOKEN_LENGTH = 255

_MID_LETTER = frozenset(":\u00b7\u0387\u05f4\u2027\ufe13\ufe55\uff1a")
_MID_NUMBER = frozenset(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b")
_MID_BOTH = frozenset(".'\u2018\u2019\u2024\ufe52\uff07\uff0e")


def _char_class(char: str) -> str:
    """What a character is to word boundaries.

    ``L`` letter, ``H`` Hebrew letter, ``N`` digit, ``K`` Katakana, ``S`` letter of a script without blanks, ``I`` stands alone,
    ``_`` connector, ``M`` mark, or empty.
    """
    if char.isascii():
        if char.isalpha():
            return "L"
        return "N" if char.isdecimal() else "_" if char == "_" else ""
    category = unicodedata.category(char)
    if char == "\u200b":
        return ""
    if category in ("Mn", "Me", "Mc", "Cf"):
        return "M"
    if category == "Pc":
        return "_"
    if category == "Nd":
        return "N"
    code = ord(char)
    if 0x05D0 <= code <= 0x05F2 or 0xFB1D <= code <= 0xFB4F:
        return "H" if category[0] == "L" else ""
    if code in (0x3005, 0x3007):
        return "I"
    if 0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF:
        return "S" if category[0] == "L" else ""
    if 0x30A0 <= code <= 0x30FF or 0x31F0 <= code <= 0x31FF or 0xFF66 <= code <= 0xFF9D:
        return "K" if category[0] == "L" else ""
    if 0x3040 <= code <= 0x309F or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF:
        return "I" if category[0] == "L" else ""
    return "L" if category[0] == "L" or category == "Nl" else ""


def tokens(text: str) -> list[str]:
    """The analyser's tokens of a text, in order."""
    found: list[str] = []
    start, before = -1, ""
    index, size = 0, len(text)
    while index < size:
        kind = _char_class(text[index])
        if start >= 0 and _joins(before, kind):
            before = before if kind == "M" else kind
        elif start >= 0 and not kind and (kind := _bridge(text, index, before)):
            before = kind
        else:
            if start >= 0:
                found.append(text[start:index])
            start, before = (index, kind) if kind and kind != "M" else (-1, "")
        index += 1
    if start >= 0:
        found.append(text[start:])
    words = [word for word in found if any(_char_class(char) not in ("_", "M") for char in word)]
    return [lower(part) for word in words for part in _split(word)]


def lower(text: str) -> str:
    """Lower-case character by character, as Lucene does: no final sigma, and ``İ`` is ``i``."""
    return text.lower() if text.isascii() else "".join("i" if char == "\u0130" else char.lower() for char in text)


def _joins(before: str, kind: str) -> bool:
    if kind == "M" or before == "bridge":
        return True
    if before == "quote":
        return False
    if kind == "I" or before == "I" or not kind:
        return False
    if "K" in (before, kind):
        return {before, kind} <= {"K", "_"}
    if "S" in (before, kind):
        return before == kind
    return True


def _bridge(text: str, index: int, before: str) -> str:
    """``bridge`` where the separator at ``index`` joins letters or digits on both its sides, ``quote`` where it ends a Hebrew word."""
    char = text[index]
    after = index + 1
    while after < len(text) and _char_class(text[after]) == "M":
        after += 1
    follows = _char_class(text[after]) if after < len(text) else ""
    letters = before in ("L", "H") and follows in ("L", "H") and (char in _MID_LETTER or char in _MID_BOTH)
    letters = letters or (before == follows == "H" and char == '"')
    digits = before == "N" and follows == "N" and (char in _MID_NUMBER or char in _MID_BOTH)
    return "bridge" if letters or digits else "quote" if before == "H" and char == "'" else ""


def _split(word: str) -> list[str]:
    return [word[at : at + MAX_TOKEN_LENGTH] for at in range(0, len(word), MAX_TOKEN_LENGTH)]
