"""A text inside another: its spans, moved, are those that it would have had there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.ir.relocate import relocated
from triggerfish.compiler.schema.fields import FieldSpec, Schema, ecs_schema
from triggerfish.grammar.span import NOWHERE, Span


def spans(node: Any) -> Iterator[Span]:
    if isinstance(node, Span):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from spans(part)
    elif is_dataclass(node) and not isinstance(node, FieldSpec | Schema):
        for each in fields(node):
            yield from spans(getattr(node, each.name))


@pytest.mark.parametrize(
    ("language", "query"),
    [
        ("kuery", 'process.name : (a* or b or "c d") and not source.ip : 10.0.0.0/8\nor free and x : { y > 3 }'),
        ("lucene", "process.name:(a* OR b) AND NOT host.ip:[10.0.0.0 TO 10.0.0.9] process.title:/a+/ c"),
        ("eql", 'sequence by host.id [process where name : ("a", "b") and pid != 4] [file where length(file.path) > 3] | head 2'),
    ],
)
def test_spans_are_those_of_the_outer_text(language: str, query: str) -> None:
    inner, outer = (compile_query(text, ecs_schema(), 0, language) for text in (query, " " * 7 + query))
    moved = relocated((inner.program, inner.notes), 7)
    assert moved == (inner.program, inner.notes) or inner.notes
    assert [span for span in spans(moved) if span != NOWHERE] == [span for span in spans((outer.program, outer.notes)) if span != NOWHERE]


def test_what_was_not_parsed_stays_nowhere() -> None:
    program = compile_query("", ecs_schema(), 0, "kuery").program
    assert relocated(program, 7) is program
