"""Query languages, one row each: what parses, prints, recognises and lowers it.

Everything that depends on the language of a query reads its row in ``LANGUAGES``. The functions of a row import what they need
when they are called, so that a run with one language does not load the grammars of the others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..grammar.syntax_error import QuerySyntaxError

if TYPE_CHECKING:
    from .ir.program import Program
    from .lower.context import Lowering
    from .schema.fields import Schema

Tree = Any
"""The root of a language's syntax tree."""


@dataclass(frozen=True, slots=True)
class LoweringOptions:
    """What lowering depends on beside the query.

    Attributes:
        schema: field types.
        now: the value of ``now`` in date math, in epoch milliseconds.
        category_field: the field that holds the category of an event query.
        unmapped_is_null: whether an optional field that the schema does not know is null.
    """

    schema: Schema
    now: int
    category_field: str = "event.category"
    unmapped_is_null: bool = False


@dataclass(frozen=True, slots=True)
class Guess:
    """How a query whose language is not given is recognised: as the first language, by rank, that parses it.

    Attributes:
        rank: the order in which the languages are tried.
        opening: a text that begins so is a query of the language even if it does not parse; None if nothing is that distinctive.
    """

    rank: int
    opening: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class Language:
    """A query language.

    Attributes:
        name: as rules and ``--language`` spell it; also the name of its folder under ``grammar``.
        display: its name in prose.
        rule_type: the type of the rule that a query in it makes by itself.
        parse: text to syntax tree; raises `QuerySyntaxError`.
        lower: syntax tree and its text to a program, and the context of that run of lowering.
        is_tree: whether a value is a syntax tree of the language.
        render: syntax tree to text; None if the language has no printer.
        guess: how it is recognised; None if it is used only when named.
    """

    name: str
    display: str
    rule_type: str
    parse: Callable[[str], Tree]
    lower: Callable[[Tree, str, LoweringOptions], tuple[Program, Lowering]]
    is_tree: Callable[[Any], bool]
    render: Callable[[Tree], str] | None = None
    guess: Guess | None = None


# -- Kuery ---------------------------------------------------------------------------------------


def _parse_kuery(text: str) -> Tree:
    from ..grammar.kuery.parser import parse

    return parse(text)


def _lower_kuery(tree: Tree, text: str, options: LoweringOptions) -> tuple[Program, Lowering]:
    from .lower.kuery import lower_kuery

    return lower_kuery(tree, text, options.schema, options.now)


def _is_kuery(value: Any) -> bool:
    from ..grammar.kuery.tree import Query

    return isinstance(value, Query)


def _render_kuery(tree: Tree) -> str:
    from ..grammar.kuery.printer import render

    return render(tree)


# -- EQL -----------------------------------------------------------------------------------------


def _parse_eql(text: str) -> Tree:
    from ..grammar.eql.parser import parse

    return parse(text)


def _lower_eql(tree: Tree, text: str, options: LoweringOptions) -> tuple[Program, Lowering]:
    from .lower.eql.program import lower_eql

    return lower_eql(tree, text, options.schema, options.now, options.category_field, unmapped_is_null=options.unmapped_is_null)


def _is_eql(value: Any) -> bool:
    from ..grammar.eql.tree import Query

    return isinstance(value, Query)


def _render_eql(tree: Tree) -> str:
    from ..grammar.eql.printer import render

    return render(tree)


_EQL_OPENING = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*(?:(?:[\w-]+|\"[^\"]*\")\s+where\b|sequence\b|sample\s+by\b)", re.DOTALL)


# -- Lucene --------------------------------------------------------------------------------------


def _parse_lucene(text: str) -> Tree:
    from ..grammar.lucene.parser import parse

    return parse(text)


def _lower_lucene(tree: Tree, text: str, options: LoweringOptions) -> tuple[Program, Lowering]:
    from .lower.lucene import lower_lucene

    return lower_lucene(tree, text, options.schema, options.now)


def _is_lucene(value: Any) -> bool:
    from ..grammar.lucene.tree import Query

    return isinstance(value, Query)


# Nearly every text without punctuation is a Kuery query of free words, so EQL is tried before it; and nearly every Kuery query
# parses as a Lucene query, so Lucene is not guessed.
_ROWS = (
    Language("kuery", "Kuery", "query", _parse_kuery, _lower_kuery, _is_kuery, _render_kuery, Guess(2)),
    Language("eql", "EQL", "eql", _parse_eql, _lower_eql, _is_eql, _render_eql, Guess(1, _EQL_OPENING)),
    Language("lucene", "Lucene", "query", _parse_lucene, _lower_lucene, _is_lucene),
)

LANGUAGES: Mapping[str, Language] = {row.name: row for row in _ROWS}
"""All languages that compile, by name."""


def of_rule_type(rule_type: str) -> tuple[str, ...]:
    """The names of the languages whose queries make rules of a type."""
    return tuple(row.name for row in _ROWS if row.rule_type == rule_type)


def language_of_tree(tree: Any) -> Language:
    """The language of a syntax tree.

    Raises:
        TypeError: it is not the root of a syntax tree of any language.
    """
    for row in _ROWS:
        if row.is_tree(tree):
            return row
    raise TypeError(f"{type(tree).__name__} is not the syntax tree of a query")


def guess_language(text: str) -> str:
    """The name of the first language, by the rank of its guess, that parses a query, or whose opening the text has.

    Raises:
        QuerySyntaxError: none parses it; the error is that of the language that got further.
    """
    furthest: QuerySyntaxError | None = None
    for row, guess in sorted(((row, row.guess) for row in _ROWS if row.guess is not None), key=lambda each: each[1].rank):
        try:
            row.parse(text)
            return row.name
        except QuerySyntaxError as error:
            if guess.opening is not None and guess.opening.match(text):
                raise
            if furthest is None or error.span.start >= furthest.span.start:
                furthest = error
    assert furthest is not None
    raise furthest
