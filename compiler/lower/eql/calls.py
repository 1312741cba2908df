"""Which function an EQL query calls, and whether it may be called so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ....grammar.eql import tree as tree
from ....grammar.lalr.failure import quoted
from ....grammar.span import Span
from ...ir.formula import Apply, Constant, FieldTerm, Term
from ...schema.fields import FieldSpec
from ...values.functions import BY_LOWER_NAME, FUNCTIONS, ArgumentType, Function
from ...values.kinds import values_of
from ...values.literals import LiteralError, parse_address_block
from ..context import Lowering

if TYPE_CHECKING:
    pass

OLD_LISTS = {
    "wildcard": tree.ListOperator.MATCH,
    "match": tree.ListOperator.REGEX_FOLD,
    "matchlite": tree.ListOperator.REGEX_FOLD,
}
"""Functions of older dialects that are operators today, and which."""
WILDCARDS = {tree.ListOperator.MATCH, tree.ListOperator.LIKE, tree.ListOperator.LIKE_FOLD}
REGEXPS = {tree.ListOperator.REGEX, tree.ListOperator.REGEX_FOLD}


def called_function(call: tree.Call, context: Lowering) -> Function:
    """The function of a call.

    Raises:
        InvalidQueryError: there is none of this name, not in this form, or not with so many arguments.
    """
    function = BY_LOWER_NAME.get(call.name.lower())
    if call.name.lower() in OLD_LISTS:
        if len(call.args) < 2:
            context.invalid(f"`{call.name}` takes at least 2 arguments, not {len(call.args)}", call.span, code="argument")
        context.unsupported(f"`{call.name}` inside an expression", call.span, "it can only be a condition")
    if function is None:
        message = f"`{call.name}` is not a function of EQL"
        context.invalid(message, call.name_span, code="unknown-function", help=_closest(call.name))
    if call.insensitive and not function.folds:
        context.invalid(f"`{function.name}` has no case-insensitive form", call.name_span, code="argument", help="drop the `~`")
    least, most = function.required, None if function.variadic else len(function.arguments)
    if len(call.args) < least or (most is not None and len(call.args) > most):
        wanted = f"at least {least}" if most is None else str(most) if most == least else f"{least} or {most}"
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
        if function.name == "cidrMatch" and position > 0 and isinstance(arg, Constant) and isinstance(arg.value, str):
            _check_block(arg.value, node.span, context)
        if function.name in _WRITERS and isinstance(arg, FieldTerm) and values_of(arg.field).family == "date":
            what = f"`{arg.field.name}` in `{function.name}`"
            context.unsupported(what, node.span, "how a date is written as text depends on its index", field=arg.field.name)


def _check_block(text: str, span: Span, context: Lowering) -> None:
    try:
        parse_address_block(text)
    except LiteralError as error:
        message = f"`{text}` is not an address block: {error}"
        context.invalid(message, span, code="argument", help="write an IP address or a CIDR block")


_WRITERS = ("string", "concat")
"""Functions that make a text of any value."""


def check_operands(operator: str, wanted: ArgumentType, operands: Sequence[tuple[Term, Span]], context: Lowering) -> None:
    """Refuse operands that cannot be of the type that the operator takes.

    Raises:
        InvalidQueryError: one cannot.
    """
    for term, span in operands:
        _check(f"an operand of `{operator}`", wanted, term, span, context)


def check_matchable(spec: FieldSpec, node: tree.InList, context: Lowering) -> None:
    """Wildcards and regular expressions are for strings, as is `:` without one. All that may be asked of others so is `: "*"`.

    Raises:
        InvalidQueryError: the field is of an ordered type.
    """
    if not spec.kind.traits.ordered or node.operator not in WILDCARDS | REGEXPS:
        return
    texts = [value.value for value in node.values if isinstance(value, tree.String)]
    if node.operator in WILDCARDS and "*" in texts:
        return
    is_pattern = node.operator in REGEXPS or any(char in text for text in texts for char in "*?")
    what = ("a regular expression" if node.operator in REGEXPS else "a wildcard") if is_pattern else f"`{node.operator}`"
    if not is_pattern:
        help = "compare it with `==`" if len(node.values) == 1 else "list the values with `in`"
    else:
        help = f'use `cidrMatch({spec.name}, "10.0.0.0/8")`' if values_of(spec).blocks else "use comparisons, or list the values"
    message = f"{what} cannot match `{spec.name}`, which is of type {spec.type.name}"
    context.invalid(message, node.span, field=spec.name, help=help)


def check_comparable(operands: tuple[Term, Term], spans: tuple[Span, Span], span: Span, context: Lowering) -> None:
    """Refuse to compare what is known to be of two types whose values are never equal; two constants are never equal then.

    Raises:
        InvalidQueryError: it is.
    """
    kinds = tuple(map(_value_type, operands))
    if None in kinds or kinds[0] == kinds[1] or all(isinstance(operand, Constant) for operand in operands):
        return
    written = [quoted(context.text[each.start : each.end]) for each in spans]
    names = ["a boolean" if kind is ArgumentType.BOOLEAN else kind for kind in kinds]
    message = f"{written[0]} is {names[0]} and {written[1]} is {names[1]}: they cannot be compared"
    fields = [operand.field.name for operand in operands if isinstance(operand, FieldTerm)]
    context.invalid(message, span, field=fields[0] if fields else None)


def _value_type(term: Term) -> ArgumentType | None:
    """The type of what a term gives; None where values of several types are compared with it."""
    match term:
        case Constant(bool()):
            return ArgumentType.BOOLEAN
        case Constant(int() | float()):
            return ArgumentType.NUMBER
        case Constant(str()):
            return ArgumentType.STRING
        case FieldTerm(field):
            return values_of(field).result if field.known else None
        case Apply(function):
            result = FUNCTIONS[function].result
            return {ArgumentType.INTEGER: ArgumentType.NUMBER, ArgumentType.ANY: None}.get(result, result)
    return None


def _check(what: str, wanted: ArgumentType, term: Term, span: Span, context: Lowering) -> None:
    if not _accepts(wanted, term):
        written = quoted(context.text[span.start : span.end])
        context.invalid(f"{what} must be {wanted}, not {written}", span, code="argument")


def _accepts(wanted: ArgumentType, arg: Term) -> bool:
    """Whether an argument can be of the wanted type; what only shows at run time is let through."""
    match wanted, arg:
        case _, FieldTerm(field):
            return wanted is ArgumentType.ANY or wanted in values_of(field).arguments
        case "a string", Constant(value):
            return isinstance(value, str | None)
        case "a number", Constant(value):
            return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        case "an integer", Constant(value):
            return value is None or (isinstance(value, int) and not isinstance(value, bool))
        case "true or false", Constant(value):
            return value is None or isinstance(value, bool)
        case "true or false", Apply(function):
            return FUNCTIONS[function].result in (ArgumentType.BOOLEAN, ArgumentType.ANY)
        case "an IP address", Constant(value):
            return isinstance(value, str | None)
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


ARRAY_FUNCTIONS: Mapping[str, str] = {
    **{name: name for name in ("arraysearch", "arraycontains", "arraycount")},
    "_arraysearch": "arraysearch",
}
"""The array functions of the Endpoint dialect by their names in lower case; published rules use `_arraysearch` too."""
