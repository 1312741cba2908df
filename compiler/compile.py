"""From the text of a query to its program: parse, guess the language where none is given, lower."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .diagnostics.diagnostic import Diagnostic, InvalidQueryError
from .ir.program import Program, Step
from .languages import LANGUAGES, LoweringOptions, Tree, guess_language
from .schema.fields import Schema
from .stage_timer import StageTimer


@dataclass(frozen=True, slots=True)
class Compilation:
    """A compiled query.

    Attributes:
        program: the query, compiled.
        notes: findings that did not stop it.
        language: its language, a name in `LANGUAGES`.
        tree: its syntax tree.
    """

    program: Program
    notes: tuple[Diagnostic, ...]
    language: str
    tree: Tree


def compile_query(
    text: str,
    schema: Schema,
    now: int,
    language: str | None = None,
    category_field: str = "event.category",
    stopwatch: StageTimer | None = None,
    *,
    unmapped_is_null: bool = False,
) -> Compilation:
    """Compile a query.

    Args:
        text: the query.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        language: a name in `LANGUAGES`; None to guess it.
        category_field: the field that an EQL query's category is looked for in.
        stopwatch: measures the stages ``parse`` and ``compile``.
        unmapped_is_null: whether an optional EQL field that the schema does not know is null.

    Raises:
        QuerySyntaxError: the text is not in the language; when guessing, the error is that of the one that got further.
        InvalidQueryError, UnsupportedQueryError: it means nothing, or nothing that can be compiled yet.
    """
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"`{language}` is not a language: use one of {', '.join(LANGUAGES)}")
    stopwatch = stopwatch or StageTimer()
    with stopwatch.stage("parse"):
        row = LANGUAGES[language or guess_language(text)]
        tree = row.parse(text)
    with stopwatch.stage("compile"):
        options = LoweringOptions(schema, now, category_field, unmapped_is_null)
        try:
            program, context = row.lower(tree, text, options)
        except InvalidQueryError as error:
            from .further_errors import further_errors

            error.others = tuple(further_errors(row, tree, text, options, error.diagnostic))
            raise
        program = _with_constants(program)
    return Compilation(program, tuple(context.notes), row.name, tree)


def _with_constants(program: Program) -> Program:
    """The program with what is asked of fields whose value stands in the mapping decided."""
    from .lower.constants import with_constants

    def settled(step: Step) -> Step:
        return replace(step, formula=with_constants(step.formula))

    until = None if program.until is None else settled(program.until)
    return replace(program, steps=tuple(map(settled, program.steps)), until=until)
