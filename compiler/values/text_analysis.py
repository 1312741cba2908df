"""Elasticsearch's standard analyser: the words of a text, lower-cased.

Word boundaries follow Unicode's UAX #29 as far as letters, digits, marks, connectors and the ideographic
scripts go: letters and digits run together, ``_`` joins them, ``.``, ``'`` and ``:`` hold letters together
(``cmd.exe`` and ``a:b`` are one word), ``.``, ``,``, ``;`` and ``'`` hold digits together, every ideograph
and Hiragana character stands alone, as do emoji with what modifies or joins them, and anything else separates.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass

MAX_TOKEN_LENGTH = 255

_MID_LETTER = frozenset(":\u00b7\u0387\u05f4\u2027\ufe13\ufe55\uff1a")
_MID_NUMBER = frozenset(",;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b")
_MID_BOTH = frozenset(".'\u2018\u2019\u2024\ufe52\uff07\uff0e")


_LISTED = {
    "E": """a9 ae 203c 2049 2122 2194-2199 21a9-21aa 231a-231b 2328 2388 23cf 23e9-23f3 23f8-23fa 25aa-25ab 25b6 25c0 25fb-25fe
        2600-2605 2607-2612 2614-2685 2690-2705 2708-2712 2714 2716 271d 2721 2728 2733-2734 2744 2747 274c 274e 2753-2755 2757
        2763-2767 2795-2797 27a1 27b0 27bf 2934-2935 2b05-2b07 2b1b-2b1c 2b50 2b55 3030 303d 3297 3299 1f000-1f0f5 1f10d-1f10f
        1f12f 1f16c-1f16f 1f18e 1f191-1f19a 1f1ad 1f201-1f202 1f21a 1f22f 1f232-1f23a 1f250-1f3fa 1f400-1f53d 1f546-1f64f
        1f680-1f6fc 1f7d5-1f7f0 1f8b0-1f8b1 1f90c-1f93a 1f93c-1f945 1f947-1fbca 1fbf0-1fbf9""",
    "R": "1f1e6-1f1ff",
    "L": """2c2-2c5 2d2-2d7 2de-2df 2ed 2ef-2ff 55b-55c 55e 5f3 66b 24b6-24e9 3005 a720-a721 a789-a78a ab5b
        1f130-1f149 1f150-1f169 1f170-1f189""",
    "I": "2e80-2fd5 3021-3029 3038-303a 1b001-1b11e 1b150-1b152 1f200",
    "K": "3031-3035 309b-309c 30a0 32d0-32fe 3300-3357 1b000 1b164-1b167",
    "S": """109e-109f 1950-19c9 19da-19df 1a20-1a54 1aa0-1aad a9e0-a9e4 a9e6-a9ef a9fa-a9fe aa60-aa7a aa7e-aaaf aab1 aab5-aab6
        aab9-aabd aac0 aac2-aadf 11700-1171a 1173a-1173b 1173f""",
    "V": """e31 e34-e3a e47-e4e eb1 eb4-ebc ec8-ecd 102b-103e 1056-1059 105e-1060 1062-1064 1067-106d 1071-1074 1082-108d 108f 109a-109d
        17b4-17d3 17dd 1a55-1a7c a9e5 aa7b-aa7d aab0 aab2-aab4 aab7-aab8 aabe-aabf aac1 1171d-1172b""",
    "_": "202f",
    "M": "ff9e-ff9f 1f3fb-1f3ff",
    "": "3006 31bb-31bf a7c0-a7c1 a7c7-a7f6",
}
"""Characters whose category does not say what they are: by their class, as ranges of code points in base sixteen.

The classes of Lucene 9 and 10, whose Unicode is older than Python's, as the engine separates them; letters that are newer are not listed.
"""


def _spans() -> list[tuple[int, int, str]]:
    spans = []
    for kind, listed in _LISTED.items():
        for span in listed.split():
            first, _, last = span.partition("-")
            spans.append((int(first, 16), int(last or first, 16), kind))
    return sorted(spans)


_SPANS = [(0, -1, ""), *_spans()]
_STARTS = [first for first, _, _ in _SPANS]


def _char_class(char: str) -> str:
    """What a character is to word boundaries.

    ``L`` letter, ``H`` Hebrew letter, ``N`` digit, ``K`` Katakana, ``S`` letter of a script without blanks, ``I`` stands alone,
    ``V`` a mark of such a script, ``E`` emoji, ``R`` half of a flag, ``_`` connector, ``M`` mark, or empty.
    """
    if char.isascii():
        if char.isalpha():
            return "L"
        return "N" if char.isdecimal() else "_" if char == "_" else ""
    _, last, kind = _SPANS[bisect_right(_STARTS, ord(char)) - 1]
    if ord(char) <= last:
        return kind
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
    marks = "" if text.isascii() else "".join(map(_emoji_mark, text))
    while index < size:
        kind = _char_class(text[index])
        if marks and (start < 0 or kind in ("E", "R")) and (emoji := _EMOJI.match(marks, index)):
            found += [text[start:index]] * (start >= 0) + [text[index : emoji.end()]]
            start, before, index = -1, "", emoji.end()
            continue
        if start >= 0 and _joins(before, kind):
            before = before if kind in ("M", "V") else kind
        elif start >= 0 and not kind and (kind := _bridge(text, index, before)):
            before = kind
        else:
            if start >= 0:
                found.append(text[start:index])
            start, before = (index, "S" if kind == "V" else kind) if kind not in ("M", "R", "") else (-1, "")
        index += 1
    if start >= 0:
        found.append(text[start:])
    words = [
        word for word in found if any(_char_class(char) not in ("_", "M") for char in word) or _EMOJI.match("".join(map(_emoji_mark, word)))
    ]
    return [lower(part) for word in words for part in _split(word)]


def _emoji_mark(char: str) -> str:
    """What a character is to emoji: ``E`` one, ``F`` a colour of skin, ``R`` half of a flag, ``Z`` the joiner, ``C`` what a keycap
    surrounds, ``P`` the keycap, ``M`` another mark, or a blank."""
    if "\U0001f3fb" <= char <= "\U0001f3ff":
        return "F"
    kind = _char_class(char)
    return _MARKS.get(char) or (kind if kind in ("E", "R", "M") else "M" if kind == "V" else " ")


_MARKS = {"\u200d": "Z", "\u20e3": "P", "#": "C", "*": "C"}
_EMOJI = re.compile("Z?[EF][MPFZ]*(?:(?<=Z)E[MPFZ]*)*|R[MPFZ]*R[MPFZ]*|CM?P")
"""An emoji with what modifies it and those joined to it, a flag, or a keycap, among the marks of a text."""


@dataclass(frozen=True, slots=True)
class Analyzer:
    """What takes a text apart into words.

    Attributes:
        words: the words of a text, in order.
        lower: what it makes of the letters of a word.
        separates: whether no word holds a character.
    """

    words: Callable[[str], list[str]]
    lower: Callable[[str], str]
    separates: Callable[[str], bool]


def _of_runs(expression: str, lower: Callable[[str], str]) -> Analyzer:
    """An analyser whose words are the longest runs of some characters."""
    runs = re.compile(expression)
    return Analyzer(lambda text: [lower(run) for run in runs.findall(text)], lower, lambda char: not runs.match(char))


def separates(char: str) -> bool:
    """Whether no word of the standard analyser holds the character; one without a meaning yet may be one of a later emoji."""
    held = _char_class(char) or char in _MID_LETTER or char in _MID_NUMBER or char in _MID_BOTH or char in '"#*'
    return not held and unicodedata.category(char) not in ("Cn", "Co", "Cs")


def analyzer_of(name: str) -> Analyzer:
    """The analyser of a name; what an index defines itself is taken for the standard one."""
    return ANALYZERS.get(name, ANALYZERS["standard"])


def lower(text: str) -> str:
    """Lower-case character by character, as Lucene does: no final sigma, and ``İ`` is ``i``."""
    return text.lower() if text.isascii() else "".join("i" if char == "\u0130" else char.lower() for char in text)


ANALYZERS: Mapping[str, Analyzer] = {
    "standard": Analyzer(tokens, lower, separates),
    "simple": _of_runs(r"[^\W\d_]+", lower),
    "whitespace": _of_runs(r"\S+", str),
    # Elastic's Windows integration defines it, for script blocks: `pattern` with `[\\W&&[^-]]+`.
    "powershell_script_analyzer": _of_runs(r"[A-Za-z0-9_-]+", lower),
}
"""By the name that a mapping gives them."""


def _joins(before: str, kind: str) -> bool:
    if kind in ("M", "V") or before == "bridge":
        return True
    if before == "quote":
        return False
    if kind in ("I", "E", "R", "") or before == "I":
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
