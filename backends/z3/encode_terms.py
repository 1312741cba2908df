"""EQL's functions as Z3 terms: one entry per function.

A term becomes a value and the condition under which it is not null. A construct that Z3's theories do not express
raises :class:`NotEncodable`; the caller then leaves the condition unconstrained, so that a refutation stays sound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import z3

from ...compiler.ir.formula import Apply, Constant, FieldTerm, Term
from ...compiler.schema.fields import FieldSpec
from ...compiler.values.functions import FUNCTIONS, ArgumentType
from ...compiler.values.kinds import values_of
from ...compiler.values.literals import LiteralError, parse_address_block
from ...compiler.values.patterns import from_eql, make_pattern
from ...compiler.values.regexp_parser import parse_regexp
from ...compiler.values.sets import Wild
from .encode_arithmetic import Part, add, divide, double_value, modulo, multiply, subtract
from .encode_strings import Languages, NotEncodable, no_half_characters, one_unit_each, string_value, utf16_length


@dataclass(frozen=True, slots=True)
class Encoded:
    """An encoded term: its value, and the condition under which it is defined. ``address`` marks integers that are IP addresses."""

    value: z3.ExprRef
    defined: z3.BoolRef
    address: bool = False


FieldEncoder = Callable[[FieldSpec], Encoded]


def encode_term(term: Term, fields: FieldEncoder, ctx: z3.Context) -> Encoded:
    """Encodes a term over encoded fields.

    Raises:
        NotEncodable: the term has no encoding.
    """
    match term:
        case FieldTerm(spec):
            return fields(spec)
        case Constant(None):
            return Encoded(z3.BoolVal(False, ctx), z3.BoolVal(False, ctx))
        case Constant(bool() as value):
            return Encoded(z3.BoolVal(value, ctx), z3.BoolVal(True, ctx))
        case Constant(int() as value):
            return Encoded(z3.IntVal(value, ctx), z3.BoolVal(True, ctx))
        case Constant(float() as value):
            return Encoded(double_value(value, ctx), z3.BoolVal(True, ctx))
        case Constant(str() as value):
            return Encoded(string_value(value, ctx), z3.BoolVal(True, ctx))
        case Apply("cidrMatch", (FieldTerm(spec), *blocks)) if values_of(spec).blocks:
            return _cidr_match(fields(spec), blocks, ctx)
        case Apply("is null", (arg,)):
            return Encoded(z3.Not(encode_term(arg, fields, ctx).defined), z3.BoolVal(True, ctx))
        case Apply("like" | "regex" as function, (subject, *patterns), fold):
            return _in_language(encode_term(subject, fields, ctx), function, patterns, fold, ctx)
        case Apply(function, (subject, Constant(str() as text)), True) if function in _FOLDED_PARTS:
            return _folded_part(encode_term(subject, fields, ctx), function, text, ctx)
        case Apply("==" | "!=" as function, (Constant(str() as text), other), True):
            return encode_term(Apply(function, (other, Constant(text)), True), fields, ctx)
        case Apply(function, (left, right), True) if function in _FOLDED_PARTS:
            return _folded_open(encode_term(left, fields, ctx), encode_term(right, fields, ctx), function, ctx)
        case Apply("between", (subject, Constant(str() as left), Constant(str() as right), *greedy), True):
            return _folded_between(encode_term(subject, fields, ctx), left, right, greedy == [Constant(True)], ctx)
        case Apply("divide" | "modulo", args) if any(map(_may_be_whole, args)):
            raise NotEncodable("a division of a number that is read from a text, which may be whole or not")
        case Apply(function, args, fold):
            if fold:
                return _opaque(f"{function}~", FUNCTIONS[function].result, [encode_term(arg, fields, ctx) for arg in args], ctx)
            encode = ENCODINGS.get(function)
            if encode is None:
                raise NotEncodable(f"`{function}`")
            encoded = [encode_term(arg, fields, ctx) for arg in args]
            if any(one.address for one in encoded) and function not in ("==", "!="):
                raise NotEncodable(f"`{function}` of an address")
            value, defined = encode(*(one.value for one in encoded))
            return Encoded(value, z3.And(*(one.defined for one in encoded), defined) if defined is not None else _all_defined(encoded, ctx))
    raise NotEncodable("this value")


def _opaque(name: str, result: ArgumentType, args: list[Encoded], ctx: z3.Context) -> Encoded:
    """Encodes a function of which only is said that equal arguments have equal results, null included."""
    sort = _SORTS.get(result)
    if sort is None:
        raise NotEncodable(f"`{name}`")
    values = [arg.value for arg in args]
    sorts = [value.sort() for value in values]
    known = z3.Function(f"{name} is defined", *sorts, z3.BoolSort(ctx))(*values)
    return Encoded(z3.Function(name, *sorts, sort(ctx))(*values), z3.And(known, _all_defined(args, ctx)))


_SORTS: dict[ArgumentType, Callable[[z3.Context], z3.SortRef]] = {
    ArgumentType.STRING: z3.StringSort,
    ArgumentType.INTEGER: z3.IntSort,
    ArgumentType.BOOLEAN: z3.BoolSort,
}


def _may_be_whole(term: Term) -> bool:
    """Whether it only shows from the value whether a term is a whole number."""
    match term:
        case Apply("number", (FieldTerm(spec), *_)):
            return values_of(spec).result is not ArgumentType.NUMBER
        case Apply("number"):
            return True
        case Apply(_, args):
            return any(map(_may_be_whole, args))
    return False


def _all_defined(encoded: list[Encoded], ctx: z3.Context) -> z3.BoolRef:
    return z3.And(*(one.defined for one in encoded)) if encoded else z3.BoolVal(True, ctx)


def _cidr_match(address: Encoded, blocks: list[Term], ctx: z3.Context) -> Encoded:
    intervals = []
    for block in blocks:
        if not (isinstance(block, Constant) and isinstance(block.value, str)):
            raise NotEncodable("`cidrMatch` with a computed block")
        try:
            intervals.append(parse_address_block(block.value))
        except LiteralError as error:
            raise NotEncodable("`cidrMatch` with an invalid block") from error
    inside = [z3.And(address.value >= interval.low, address.value <= interval.high) for interval in intervals]
    return Encoded(z3.Or(*inside) if inside else z3.BoolVal(False, ctx), address.defined)


_FOLDED_PARTS: dict[str, tuple[bool, bool]] = {
    "startsWith": (False, True),
    "endsWith": (True, False),
    "stringContains": (True, True),
    "==": (False, False),
    "!=": (False, False),
}
"""By function: whether any text may precede the constant, and whether any may follow it."""


def _folded_part(subject: Encoded, function: str, text: str, ctx: z3.Context) -> Encoded:
    """Encodes a case-insensitive comparison with a constant: Z3 has no function that folds case, but regular languages can."""
    _strings(subject.value)
    before, after = _FOLDED_PARTS[function]
    tokens = (*((Wild.RUN,) if before else ()), text, *((Wild.RUN,) if after else ()))
    inside = z3.InRe(subject.value, Languages(ctx, False).pattern(make_pattern(tokens, True)))
    if function == "stringContains" and not text:
        inside = z3.BoolVal(False, ctx)
    return Encoded(z3.Not(inside) if function == "!=" else inside, subject.defined)


def _folded_open(left: Encoded, right: Encoded, function: str, ctx: z3.Context) -> Encoded:
    """Encodes a case-insensitive comparison of two variables: all that Z3 knows is that folding preserves length."""
    _strings(left.value, right.value)
    sizes = z3.Length(left.value), z3.Length(right.value)
    whole = function in ("==", "!=")
    fits = sizes[0] == sizes[1] if whole else sizes[0] >= sizes[1]
    same = left.value == right.value if whole else ENCODINGS[function](left.value, right.value)[0]
    texts = left.value.sort()
    folded = z3.Function("folded ==" if whole else f"folded {function}", texts, texts, z3.BoolSort(ctx))
    inside = z3.Or(same, z3.And(fits, folded(left.value, right.value)))
    if function == "stringContains":
        inside = z3.And(sizes[1] > 0, inside)
    return Encoded(z3.Not(inside) if function == "!=" else inside, z3.And(left.defined, right.defined))


def _folded_between(subject: Encoded, left: str, right: str, greedy: bool, ctx: z3.Context) -> Encoded:
    """Encodes `between~` with constants: the result lies between them in the text, or is empty; the nearest one holds no `right`."""
    _strings(subject.value)
    languages = Languages(ctx, False)
    inner = z3.Function(f"between {left} {right} {greedy}", z3.StringSort(ctx), z3.StringSort(ctx))(subject.value)

    def holds(tokens: tuple[str | Wild, ...]) -> z3.ReRef:
        return languages.pattern(make_pattern(tokens, True))

    found = z3.And(z3.Contains(subject.value, inner), z3.InRe(subject.value, holds((Wild.RUN, left, Wild.RUN, right, Wild.RUN))))
    if right and not greedy:
        found = z3.And(found, z3.Not(z3.InRe(inner, holds((Wild.RUN, right, Wild.RUN)))))
    return Encoded(z3.If(found, inner, string_value("", ctx)), subject.defined)


def _in_language(subject: Encoded, function: str, patterns: list[Term], fold: bool, ctx: z3.Context) -> Encoded:
    """Encodes membership in the languages of constant patterns."""
    _strings(subject.value)
    languages = Languages(ctx, False)
    matches = []
    for pattern in patterns:
        if not (isinstance(pattern, Constant) and isinstance(pattern.value, str)):
            raise NotEncodable(f"`{function}` with a computed pattern")
        language = (
            languages.pattern(from_eql(pattern.value, fold))
            if function == "like"
            else languages.node(parse_regexp(pattern.value, fold).node)
        )
        matches.append(z3.InRe(subject.value, language))
    return Encoded(z3.Or(*matches), subject.defined)


def _same_sort(left: z3.ExprRef, right: z3.ExprRef) -> None:
    numeric = (z3.Z3_INT_SORT, z3.Z3_REAL_SORT)
    kinds = (left.sort_kind(), right.sort_kind())
    if kinds[0] != kinds[1] and not (kinds[0] in numeric and kinds[1] in numeric):
        raise NotEncodable("a comparison of different types")


def _comparison(compare: Callable[[z3.ExprRef, z3.ExprRef], z3.BoolRef]) -> Callable[..., Part]:
    def encode(left: z3.ExprRef, right: z3.ExprRef) -> Part:
        _same_sort(left, right)
        return compare(left, right), None

    return encode


def _strings(*values: z3.ExprRef) -> None:
    if not all(z3.is_string(value) for value in values):
        raise NotEncodable("a string function on a non-string")


def _string(value: z3.ExprRef) -> Part:
    if z3.is_string(value):
        return value, None
    if z3.is_bool(value):
        return z3.If(value, z3.StringVal("true", value.ctx), z3.StringVal("false", value.ctx)), None
    if z3.is_int(value):
        negative = z3.Concat(z3.StringVal("-", value.ctx), z3.IntToStr(-value))
        return z3.If(value < 0, negative, z3.IntToStr(value)), None
    raise NotEncodable("`string` of this type")


def _number(value: z3.ExprRef, base: z3.ArithRef | None = None) -> Part:
    """The number of a string of decimal digits; that of any other numeral is unconstrained."""
    if z3.is_int(value) or z3.is_real(value):
        return value, None
    _strings(value)
    if base is not None and z3.is_int_value(base) and not 2 <= base.as_long() <= 36:
        return z3.RealVal(0, value.ctx), z3.BoolVal(False, value.ctx)
    if base is not None and not (z3.is_int_value(base) and base.as_long() == 10):
        sorts = (value.sort(), base.sort())
        known = z3.Function("is a number in base", *sorts, z3.BoolSort(value.ctx))(value, base)
        return z3.Function("number in base", *sorts, z3.RealSort(value.ctx))(value, base), known
    digit = z3.Range("0", "9", value.ctx)
    plain, negative = z3.InRe(value, z3.Plus(digit)), z3.InRe(value, z3.Concat(z3.Re("-", value.ctx), z3.Plus(digit)))
    numeral = Languages(value.ctx, False).node(_NUMERAL.node)
    size = z3.StrToInt(z3.If(negative, z3.SubString(value, 1, z3.Length(value) - 1), value))
    # Functions of the text, so that its number is the same everywhere.
    texts, numbers = z3.StringSort(value.ctx), z3.RealSort(value.ctx)
    other = z3.Function("other number", texts, numbers)(value)
    there = z3.And(z3.Function("is a number", texts, z3.BoolSort(value.ctx))(value), z3.InRe(value, numeral))
    return z3.If(plain, z3.ToReal(size), z3.If(negative, -z3.ToReal(size), other)), z3.Or(plain, negative, there)


_SIGN, _BLANKS = r"(\+|-)?", f"[ {chr(9)}-{chr(13)}]*"
_NUMERAL = parse_regexp(rf"({_BLANKS}{_SIGN}([0-9]+\.?[0-9]*|\.[0-9]+)((e|E){_SIGN}[0-9]+)?{_BLANKS})|(0x{_SIGN}[0-9a-fA-F]+)")
"""The texts that `number` makes a number of, in base ten or with a prefix."""


def _concat(*values: z3.ExprRef) -> Part:
    parts = [_string(value)[0] for value in values]
    return (parts[0] if len(parts) == 1 else z3.Concat(*parts)), None


def _on_parts(test: Callable[[z3.SeqRef, z3.SeqRef], z3.BoolRef]) -> Callable[..., Part]:
    def encode(text: z3.SeqRef, part: z3.SeqRef) -> Part:
        _strings(text, part)
        return test(text, part), None

    return encode


def _length(text: z3.SeqRef) -> Part:
    _strings(text)
    return utf16_length(text), None


def _index_of(text: z3.SeqRef, part: z3.SeqRef, start: z3.ArithRef | None = None) -> Part:
    _strings(text, part)
    at = z3.IndexOf(text, part, z3.IntVal(0, text.ctx) if start is None else z3.If(start < 0, 0, start))
    plain, other = one_unit_each(text), z3.FreshInt("place", text.ctx)
    # Before a place lie at most twice as many units as characters.
    near = z3.BoolVal(True, text.ctx) if start is not None else z3.And(at >= 0, at <= other, other <= 2 * at)
    return z3.If(plain, at, other), z3.And(z3.If(plain, at, other) >= 0, z3.Or(plain, near))


def _substring(text: z3.SeqRef, start: z3.ArithRef, end: z3.ArithRef | None = None) -> Part:
    _strings(text)
    plain, size = one_unit_each(text), utf16_length(text)

    def place(index: z3.ArithRef) -> z3.ArithRef:
        return z3.If(index < 0, z3.If(size + index < 0, 0, size + index), index)

    first = place(start)
    last = size if end is None else place(end)
    count = z3.If(last > first, last - first, 0)
    # Of a text with characters of two units is said how many units the part has, and that it lies in the text if no character is cut.
    other, held = z3.FreshConst(text.sort(), "part"), z3.If(first >= size, 0, z3.If(first + count > size, size - first, count))
    lies = z3.And(z3.Contains(text, other), z3.Implies(first == 0, z3.PrefixOf(other, text)))
    open_part = z3.And(utf16_length(other) == held, z3.Or(lies, z3.Not(no_half_characters(other))))
    return z3.If(plain, z3.SubString(text, first, count), other), z3.Or(plain, open_part)


def _between(text: z3.SeqRef, left: z3.SeqRef, right: z3.SeqRef, greedy: z3.BoolRef | None = None) -> Part:
    _strings(text, left, right)
    if greedy is not None and not (z3.is_false(greedy) or z3.is_true(greedy)):
        raise NotEncodable("`between` that may be greedy or not")
    left_start = z3.IndexOf(text, left, z3.IntVal(0, text.ctx))
    start = left_start + z3.Length(left)
    end = z3.LastIndexOf(text, right) if greedy is not None and z3.is_true(greedy) else z3.IndexOf(text, right, start)
    value = z3.If(z3.And(left_start >= 0, end >= start), z3.SubString(text, start, end - start), z3.StringVal("", text.ctx))
    if greedy is not None and z3.is_true(greedy):
        return value, None
    # Implied by the rest, but Z3 does not derive it: no earlier `right` precedes the nearest one.
    return value, z3.Or(z3.Length(right) == 0, z3.Not(z3.Contains(value, right)))


ENCODINGS: dict[str, Callable[..., Part]] = {
    "add": add,
    "subtract": subtract,
    "multiply": multiply,
    "divide": divide,
    "modulo": modulo,
    "between": _between,
    "concat": _concat,
    "endsWith": _on_parts(lambda text, part: z3.SuffixOf(part, text)),
    "startsWith": _on_parts(lambda text, part: z3.PrefixOf(part, text)),
    "stringContains": _on_parts(lambda text, part: z3.And(z3.Length(part) > 0, z3.Contains(text, part))),
    "indexOf": _index_of,
    "length": _length,
    "number": _number,
    "string": _string,
    "substring": _substring,
    "==": _comparison(lambda a, b: a == b),
    "!=": _comparison(lambda a, b: a != b),
    "<": _comparison(lambda a, b: a < b),
    "<=": _comparison(lambda a, b: a <= b),
    ">": _comparison(lambda a, b: b < a),
    ">=": _comparison(lambda a, b: b <= a),
}
SPECIAL = frozenset({"cidrMatch", "is null", "like", "regex"})
"""Functions that :func:`encode_term` encodes itself, because they need more than the values of their arguments."""
