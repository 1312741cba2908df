"""Filling the wildcards of patterns."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish import SourceEvents
from triggerfish.backends.values.fill import fill, stretched
from triggerfish.compiler.values.patterns import compile_patterns, make_pattern
from triggerfish.compiler.values.sets import Pattern, Wild

patterns = st.lists(st.sampled_from(("a", "b64", ".exe", Wild.RUN, Wild.ONE)), max_size=6).map(lambda tokens: make_pattern(tokens))


@given(patterns, st.integers(0, 20))
def test_what_is_filled_matches(pattern: Pattern, longest: int) -> None:
    assert compile_patterns((pattern,))(fill(pattern, Random(1), longest))


@given(patterns, st.integers(0, 300))
def test_a_stretched_text_matches_and_has_its_length(pattern: Pattern, length: int) -> None:
    text = stretched(pattern, Random(1), length)
    fixed = sum(len(token) if isinstance(token, str) else token is Wild.ONE for token in pattern.tokens)
    if text is None:
        assert Wild.RUN not in pattern.tokens or fixed > length
    else:
        assert len(text) == length and compile_patterns((pattern,))(text)


@pytest.mark.parametrize(
    ("query", "shortest", "longest"),
    [
        ('any where k like~ "*b64decode*" and length(k) >= 4000', 4000, None),
        ('any where k like "a*" and k like "*z" and length(k) > 500 and length(k) < 510', 501, 509),
        ('any where k : ("*one*two*", "*three*") and length(k) == 1234', 1234, 1234),
        ('any where length(k) >= 4000 and not k : "*a*"', 4000, None),
    ],
)
def test_long_texts_for_patterns(query: str, shortest: int, longest: int | None) -> None:
    for seed in range(5):
        events = SourceEvents(schema={"k": {"type": "keyword"}}, seed=seed)
        events.add_query(query)
        (document,) = next(events)
        assert shortest <= len(document["k"]) <= (longest or len(document["k"]))
