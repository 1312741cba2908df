"""Which function an EQL query calls, and whether it may be called so."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from ..grammar import eql_tree as tree
from ..grammar.failure import quoted
from ..grammar.span import Span
from .field_types import Kind
from .functions import BY_LOWER_NAME, FUNCTIONS, ArgumentType, Function
from .ir import Apply, Constant, FieldTerm, Term
from .lower import NUMERIC, STRINGS, Lowering

OLD_LISTS = {
    "wildcard": tree.ListOperator.MATCH,
    "match": tree.ListOperator.REGEX_FOLD,
    "matchlite": tree.ListOperator.REGEX_FOLD,
}
"""Functions of older dialects that are operators today, and which."""


def called_function(call: tree.Call, context: Lowering) -> Function:
    """The function of a call.

    Raises:
        InvalidQueryError: there is none of this name, not in this form, or not with so many arguments.
    """
    function = BY_LOWER_NAME.get(call.name.lower())
    if function is None:
        message = f"`{call.name}` is not a function of EQL"
        context.invalid(message, call.name_span, code="unknown-function", help=_closest(call.name))
    if call.insensitive and not function.folds:
        context.invalid(f"`{function.name}` has no case-insensitive form", call.name_span, code="argument", help="drop the `~`")
    least, most = function.required, None if function.variadic else len(function.arguments)
    if len(call.args) < least or (most is not None and len(call.args) > most):
        wanted = f"at least {least}" if most is None else str(most) if most == least else f"{least} to {most}"
        noun = "argument" if wanted.endswith("1") else "arguments"
        context.invalid(f"`{function.name}` takes {wanted} {noun}, not {len(call.args)}", call.span, code="argument")
    return function


def check_arguments(function: Function, call: tree.Call, args: tuple[Term, ...], context: Lowering) -> None:
    """Refuse arguments of the wrong type; what only shows at run time is let through.

    Raises:
        InvalidQueryError: one is of the wrong type.
    """
    for position, (arg, node) in enumerate(zip(args, call.args, strict=True)):
        wanted = function.arguments[min(position, len(function.arguments) - 1)]
        _check(f"argument {position + 1} of `{function.name}`", wanted, arg, node.span, context)


def check_operands(operator: str, wanted: ArgumentType, operands: Sequence[tuple[Term, Span]], context: Lowering) -> None:
    """Refuse operands that cannot be of the type that the operator takes.

    Raises:
        InvalidQueryError: one cannot.
    """
    for term, span in operands:
        _check(f"an operand of `{operator}`", wanted, term, span, context)


def _check(what: str, wanted: ArgumentType, term: Term, span: Span, context: Lowering) -> None:
    if not _accepts(wanted, term):
        written = quoted(context.text[span.start : span.end])
        context.invalid(f"{what} must be {wanted}, not {written}", span, code="argument")


def _accepts(wanted: ArgumentType, arg: Term) -> bool:
    """Whether an argument can be of the wanted type; what only shows at run time is let through."""
    match wanted, arg:
        case "a string", Constant(value):
            return isinstance(value, str | None)
        case "a number", Constant(value):
            return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        case "an integer", Constant(value):
            return value is None or (isinstance(value, int) and not isinstance(value, bool))
        case "an IP address", Constant(value):
            return isinstance(value, str | None)
        case "a string", FieldTerm(field):
            return field.type.kind in STRINGS
        case "a number" | "an integer", FieldTerm(field):
            return field.type.kind in NUMERIC | {Kind.DATE}
        case "an IP address", FieldTerm(field):
            return field.type.kind in STRINGS | {Kind.IP}
        case "a string" | "an IP address", Apply(function):
            return FUNCTIONS[function].result in (ArgumentType.STRING, ArgumentType.ANY)
        case "a number" | "an integer", Apply(function):
            return FUNCTIONS[function].result in (ArgumentType.NUMBER, ArgumentType.INTEGER, ArgumentType.ANY)
    return True


def _closest(name: str) -> str:
    close = get_close_matches(name.lower(), [*BY_LOWER_NAME, *OLD_LISTS], 1)
    if not close:
        return f"the functions are {', '.join(f'`{function.name}`' for function in BY_LOWER_NAME.values())}"
    known = BY_LOWER_NAME.get(close[0])
    return f"did you mean `{known.name if known else close[0]}`?"
