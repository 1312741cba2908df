"""Drawing analysed texts: words and phrases that must be there, and none that must not."""

from __future__ import annotations

from random import Random

from ...compiler.ir import Phrase, Test, Words
from .strings import ATTEMPTS, Check, draw_string, fill, word


def draw_text(wanted: list[Test], unwanted: list[Test], check: Check, rng: Random) -> str | None:
    """A text that holds one phrase of each wanted list and none of the unwanted ones.

    Tests of the whole value (which EQL makes on such fields too) are left to the drawing of strings.
    """
    lists = [test for test in wanted if isinstance(test, Words)]
    if len(lists) < len(wanted):
        return draw_string([test for test in wanted if not isinstance(test, Words)], unwanted, check, rng)
    for attempt in range(ATTEMPTS * 2):
        parts = [_render(rng.choice(test.phrases), rng) for test in lists]
        rng.shuffle(parts)
        if attempt % 3 == 1 or not parts:
            for _ in range(rng.randint(1, 3)):
                parts.insert(rng.randint(0, len(parts)), word(rng, 3, 9))
        elif attempt % 3 == 2:
            parts = [part for phrase in parts for part in (phrase, word(rng, 3, 9))]
        text = " ".join(dict.fromkeys(parts))
        if check(text):
            return text
    # A list whose phrases mostly run into an exclusion: try each of them in turn.
    for test in lists:
        for phrase in test.phrases:
            others = [_render(rng.choice(other.phrases), rng) for other in lists if other is not test]
            text = " ".join([_render(phrase, rng), *others])
            if check(text):
                return text
    return None


def _render(phrase: Phrase, rng: Random) -> str:
    return " ".join(fill(pattern, rng, 6) for pattern in phrase.tokens)
