"""Values that no one would write: wildcards, random letters, numbers stuck to names, arguments glued together."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from .realism_checks import Contradiction, Flat

_NO_TEXT = re.compile(
    r"(^|\.)(id|entity_id|hash|md5|sha1|sha256|sha384|sha512|imphash|arn|guid|token|uuid|mac|session_id|logon_id|LogonId|request_id|"
    r"trace_id|fingerprint|etag|thumbprint|access_key_id|authorization|serial_number|cdhash|team_id)$|[iI]d$|Guid$|GUID$|\.hash\.|_ids?$|ja3"
)
"""Fields that hold identifiers, whose letters are random."""
_FREE_TEXT = ("powershell.", "message", "event.original", "user_agent.", "rule.", "threat.", "kibana.", "process.env_vars")


# -- wildcards -----------------------------------------------------------------------------------

_STARS_BELONG = re.compile(
    r"ShareName$|Properties$|request_parameters|response_elements|\.query$|url\.|http\.|policy|permission|scope|resources?$|"
    r"command_line$|CommandLine$|args$|title$|verb|apiGroup|filter"
)
"""Fields in whose values an asterisk or a question mark is usual."""


def wildcards_left(event: Flat, pieces: RuleWords) -> Iterator[Contradiction]:
    for name, values in event.items():
        if _STARS_BELONG.search(name) or name.startswith(_FREE_TEXT) or _NO_TEXT.search(name):
            continue
        for value in values:
            if isinstance(value, str) and ("*" in value or "?" in value):
                repairs = ({name: re.sub(r"[*?]", "", value)}, {name: re.sub(r"[*?]", "1", value)})
                yield Contradiction("wildcards left in values", f"{name} = {value}", repairs)


# -- random letters ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Letters:
    """How usual pairs of letters are in a language's words, in bits for each letter."""

    cost: Mapping[str, float]

    def strangeness(self, word: str) -> float:
        pairs = [f"^{word[0]}", *(word[at : at + 2] for at in range(len(word) - 1))]
        return sum(self.cost.get(pair, 10.0) for pair in pairs) / len(pairs)


def letters_of(words: Iterable[str]) -> Letters:
    """Learn from words."""
    pairs: Counter[str] = Counter()
    firsts: Counter[str] = Counter()
    for word in words:
        for pair in (f"^{word[0]}", *(word[at : at + 2] for at in range(len(word) - 1))):
            pairs[pair] += 1
            firsts[pair[0]] += 1
    return Letters({pair: -math.log2((count + 0.2) / (firsts[pair[0]] + 0.2 * 27)) for pair, count in pairs.items()})


_STRANGE = 5.4
_WORD = re.compile(r"[A-Za-z]{6,}")
_HEX = re.compile(r"^[0-9a-fA-F]+$")


def random_letters(event: Flat, pieces: RuleWords) -> Iterator[Contradiction]:
    for name, values in event.items():
        if _NO_TEXT.search(name):
            continue
        for value in values:
            if not isinstance(value, str) or name.startswith(_FREE_TEXT):
                continue
            for word in _WORD.findall(value):
                lower = word.lower()
                if lower in pieces.known or _HEX.match(word) or (word.isupper() and len(word) > 8):
                    continue
                if pieces.letters.strangeness(lower) > _STRANGE:
                    yield Contradiction(
                        "random letters",
                        f"{name}: {word} in {value}",
                        ({name: value.replace(word, "report")}, {name: value.replace(word, "")}),
                    )
                    break


# -- numbers stuck to names ----------------------------------------------------------------------

_NAMES = re.compile(
    r"(^|\.)(process|parent|file|dll|user|group|service|target|role)\.name$|registry\.value$|event\.action$|event\.provider$|"
    r"UserName$|ServiceName$|original_file_name$|operation_name$|display_name$|bucket\.name$|rule\.name$|dataset$|module$|TaskName$"
)
_STUCK = re.compile(r"^(?P<stem>.*[A-Za-z][-_. ]?[A-Za-z]*[A-Za-z])-?(?P<number>\d{2,7})(?P<end>(\.[A-Za-z][A-Za-z0-9]{0,4})?)$")
_NUMBERED = re.compile(
    r"(32|64|86|256|512|384|224|365|[23]\.?\d+|python\d|perl\d|base\d|lib|so|sha|md|v\d|net|srv|windows\d+|office\d\d|k8s|"
    r"%%\d+|system32|winlogon|x509|utf|ms\d|\d{8})",
    re.IGNORECASE,
)


def numbers_stuck(event: Flat, pieces: RuleWords) -> Iterator[Contradiction]:
    for name, values in event.items():
        if not _NAMES.search(name):
            continue
        for value in values:
            match = _STUCK.match(value) if isinstance(value, str) else None
            if match is None or _NUMBERED.search(match["stem"][-6:] + match["number"]) or value.lower() in pieces.text:
                continue
            bare = match["stem"] + match["end"]
            changes = {
                other: [str(item).replace(value, bare) for item in items]
                for other, items in event.items()
                if value in map(str, items) or any(isinstance(item, str) and value in item for item in items)
            }
            yield Contradiction("numbers stuck to names", f"{name} = {value}", ({name: bare}, changes))


# -- arguments glued together --------------------------------------------------------------------

_LINES = re.compile(r"(command_line|CommandLine|args|title|\.query|proctitle)$")


@dataclass(frozen=True, slots=True)
class RuleWords:
    """What a rule's text holds.

    Attributes:
        text: all of it, lower case.
        known: its words.
        neighbours: for each two pieces of a pattern that a wildcard parts, both of them put together.
        letters: what words look like.
    """

    text: str
    known: frozenset[str]
    neighbours: tuple[tuple[str, str], ...]
    letters: Letters


def rule_words(text: str, letters: Letters, known: frozenset[str] = frozenset()) -> RuleWords:
    """Read a rule's text."""
    lower = text.lower()
    neighbours: set[tuple[str, str]] = set()
    for pattern in re.findall(r'"""(.*?)"""|"([^"\n]*)"|(?<=[:\s(])([^\s()":]*\*[^\s()":]*)', lower):
        parts = [part for part in "".join(pattern).split("*") if part]
        for left, right in pairwise(parts):
            if left[-1].isalnum() and right[0].isalnum() and len(left) > 1 and len(right) > 1:
                neighbours.add((left, right))
    return RuleWords(lower, frozenset(re.findall("[a-z]{3,}", lower)) | known, tuple(sorted(neighbours)), letters)


def glued_arguments(event: Flat, pieces: RuleWords) -> Iterator[Contradiction]:
    for name, values in event.items():
        if not _LINES.search(name):
            continue
        for value in values:
            if not isinstance(value, str):
                continue
            lower = value.lower()
            for left, right in pieces.neighbours:
                if left + right in lower and left + right not in pieces.text:
                    at = lower.index(left + right) + len(left)
                    yield Contradiction("arguments glued together", f"{name}: {value}", ({name: f"{value[:at]} {value[at:]}"},))
                    break
            else:
                stuck = _STUCK_OPTION.search(value)
                if stuck is not None and stuck.group().lower() not in pieces.text:
                    at = stuck.start(1)
                    yield Contradiction("arguments glued together", f"{name}: {value}", ({name: f"{value[:at]} {value[at:]}"},))


_STUCK_OPTION = re.compile(
    r"(?:\.exe|\.dll|\.ps1|\b(?:cmd|bash|curl|wget|python3?|perl|powershell))(?:\"?)((?:--?|/)[a-z]{2,}\b(?!\.))", re.IGNORECASE
)

WORD_CHECKS = (wildcards_left, random_letters, numbers_stuck, glued_arguments)
