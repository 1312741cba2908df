"""Drawing analysed text: it contains required words and phrases and no excluded ones.

A phrase is inserted as its author wrote it, and the text is filled up with words that are common in logs and scripts.
"""

from __future__ import annotations

from random import Random

from ...compiler.ir.formula import Like, PhraseMatch, Test
from ...compiler.values.sets import Pattern, Phrase, Wild
from .fill import fill
from .strings import ATTEMPTS, Check, draw_string

_LOG_WORDS = (
    "a", "access", "account", "after", "and", "at", "attempt", "by", "client", "completed", "connection", "during", "event", "file",
    "for", "from", "host", "in", "is", "of", "on", "process", "received", "request", "response", "server", "service", "session",
    "started", "system", "task", "the", "to", "update", "user", "was", "with",
)  # fmt: skip
_SCRIPT_WORDS = (
    "$data", "$i", "$item", "$list", "$name", "$path", "$result", "$value", "=", "|", "foreach", "function", "if", "param", "return",
    "Get-ChildItem", "Get-Content", "Join-Path", "Out-Null", "Select-Object", "Test-Path", "Where-Object", "Write-Output", "{", "}",
)  # fmt: skip


def draw_text(wanted: list[Test], unwanted: list[Test], check: Check, rng: Random, field: str = "") -> str | None:
    """Draw a text that contains one phrase of each wanted list and none of the unwanted ones.

    It also passes tests of the whole value, which EQL and multi-fields apply to such texts: the phrases go where these tests
    allow any characters.

    Args:
        wanted: tests that the text must pass.
        unwanted: tests that it must fail.
        check: whether a text does both.
        rng: the source of randomness.
        field: the name of the field, which selects the vocabulary.
    """
    lists = [test for test in wanted if isinstance(test, PhraseMatch)]
    whole: list[Test] = [test for test in wanted if not isinstance(test, PhraseMatch)]
    if whole:
        return (_around(lists, whole, check, rng) if lists else None) or draw_string(whole, unwanted, check, rng)
    vocabulary = _SCRIPT_WORDS if "script" in field else _LOG_WORDS
    for attempt in range(ATTEMPTS * 2):
        parts = [_render(rng.choice(test.phrases), rng) for test in lists]
        rng.shuffle(parts)
        # Words between the phrases in two of three cases; no words is the safest.
        if attempt % 3 != 2 or not parts:
            for _ in range(rng.randint(1, 4) if attempt % 3 else rng.randint(2, 6)):
                parts.insert(rng.randint(0, len(parts)), rng.choice(vocabulary))
        text = " ".join(dict.fromkeys(parts))
        if check(text):
            return text
    # A list whose phrases mostly run into an exclusion: try each of them in turn, as written and then word by word.
    for test in lists:
        for phrase in test.phrases:
            for plainly in (False, True):
                others = [_render(rng.choice(other.phrases), rng, plainly) for other in lists if other is not test]
                text = " ".join([_render(phrase, rng, plainly), *others])
                if check(text):
                    return text
    return None


def _render(phrase: Phrase, rng: Random, plainly: bool = False) -> str:
    """Renders a phrase as its author wrote it, or from its tokens."""
    if phrase.written and not plainly:
        return phrase.written
    return " ".join(fill(pattern, rng, 6) for pattern in phrase.tokens)


def _around(lists: list[PhraseMatch], whole: list[Test], check: Check, rng: Random) -> str | None:
    """Returns a text that matches a wildcard pattern, with the phrases in place of one of its ``*``."""
    patterns = [pattern for test in whole if isinstance(test, Like) for pattern in test.patterns]
    runs = [(pattern, at) for pattern in patterns for at, token in enumerate(pattern.tokens) if token is Wild.RUN]
    for attempt in range(ATTEMPTS):
        phrases = [_render(rng.choice(test.phrases), rng, plainly=attempt % 2 == 1) for test in lists]
        rng.shuffle(phrases)
        text = " ".join(phrases)
        if runs:
            pattern, at = rng.choice(runs)
            before, after = Pattern(pattern.tokens[:at], pattern.fold), Pattern(pattern.tokens[at + 1 :], pattern.fold)
            text = f"{fill(before, rng, 6)} {text} {fill(after, rng, 6)}".strip(" ")
        if check(text):
            return text
    return None
