"""Lowering EQL: event queries, sequences and samples become programs over typed fields.

Meaning follows Elasticsearch; the Endpoint dialect's lineage and array functions are named as unsupported.
"""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from ..grammar import eql_tree as tree
from ..grammar.span import Span
from .diagnostics import Diagnostic, Severity
from .field_types import Kind
from .functions import BY_LOWER_NAME, evaluate, render_value
from .ir import (
    Apply,
    Atom,
    Constant,
    Exists,
    FieldTerm,
    Formula,
    Holds,
    Interval,
    Key,
    Lexical,
    Like,
    Matches,
    Not,
    Pattern,
    Program,
    ShapeKind,
    Sized,
    Step,
    Term,
    Truth,
    Twofold,
    Wild,
    Within,
    conjunction,
    disjunction,
)
from .lower import NUMERIC, ORDERED, STRINGS, Lowering
from .lower_eql_pipes import lower_pipes, without_unmapped
from .patterns import exact, from_eql, from_lucene, make_pattern
from .regexp import RegexpError, parse_regexp
from .schema import FieldSpec, Schema

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_FOLDING = {
    tree.ListOperator.MATCH,
    tree.ListOperator.LIKE_FOLD,
    tree.ListOperator.IN_FOLD,
    tree.ListOperator.REGEX_FOLD,
}
_WILDCARDS = {tree.ListOperator.MATCH, tree.ListOperator.LIKE, tree.ListOperator.LIKE_FOLD}
_REGEXPS = {tree.ListOperator.REGEX, tree.ListOperator.REGEX_FOLD}
_MEMBERSHIPS = {tree.ListOperator.IN, tree.ListOperator.IN_FOLD}
_OLD_LISTS = {
    "wildcard": tree.ListOperator.MATCH,
    "match": tree.ListOperator.REGEX_FOLD,
    "matchlite": tree.ListOperator.REGEX_FOLD,
}


def lower_eql(
    query: tree.Query, text: str, schema: Schema, now: int, category_field: str = "event.category", *, unmapped_is_null: bool = False
) -> tuple[Program, Lowering]:
    """Lower an EQL tree.

    Args:
        query: the tree.
        text: the query it was parsed from.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        category_field: the field that a query's category is looked for in.
        unmapped_is_null: whether an optional field (``?f``) that the schema does not know is null. Documents that are
            still to be made can have every field, and there it is one like any other.

    Raises:
        InvalidQueryError: a value or an argument of the wrong type, an unknown function, keys that do not fit.
        UnsupportedQueryError: a construct that cannot be compiled yet.
    """
    context = Lowering(text, schema, now)
    lowering = EqlLowering(context, category_field)
    if unmapped_is_null:
        query = without_unmapped(query, lambda name: schema.lookup(name) is not None)
    shape = query.shape
    match shape:
        case tree.EventQuery():
            lowering.infer(shape.condition)
            program = Program(ShapeKind.EVENT, (lowering.step(tree.Item(shape, span=shape.span), ()),), "eql", text)
        case tree.Sequence(items, by, maxspan, until):
            every = (*items, *((until,) if until else ()))
            _check_sequence(shape, context)
            lowering.infer_all(every, by)
            steps = tuple(lowering.step(item, by) for item in items)
            last = lowering.step(until, by) if until else None
            span = maxspan.milliseconds if maxspan else None
            program = Program(ShapeKind.SEQUENCE, steps, "eql", text, span, last)
        case tree.Sample(items, by):
            _check_keys(items, by, context)
            lowering.infer_all(items, by)
            program = Program(ShapeKind.SAMPLE, tuple(lowering.step(item, by) for item in items), "eql", text)
    return replace(program, pipes=lower_pipes(query.pipes, lowering)), context


def _check_sequence(shape: tree.Sequence, context: Lowering) -> None:
    """What Elasticsearch refuses about a sequence as a whole."""
    items = shape.items
    _check_keys((*items, *((shape.until,) if shape.until else ())), shape.by, context)
    if len(items) == 1 and items[0].runs == 1:
        context.invalid(
            "a sequence needs at least two events",
            shape.span,
            code="shape",
            help="add an item, repeat this one `with runs=2`, or write an event query",
        )
    missing = [item for item in items if item.missing]
    if missing and shape.maxspan is None:
        context.invalid(
            "a missing event (`![..]`) needs `with maxspan`",
            missing[0].span,
            code="shape",
            help="write `sequence with maxspan=1m`",
        )
    if len(missing) == len(items):
        context.invalid("a sequence needs at least one event that is not missing", shape.span, code="shape")


def _check_keys(items: tuple[tree.Item, ...], by: tuple[tree.JoinKey, ...], context: Lowering) -> None:
    counts = {len(item.by) for item in items}
    if len(counts) > 1:
        wrong = next(item for item in items if len(item.by) != len(items[0].by))
        context.invalid(
            f"every item needs the same number of join keys: the first has {len(items[0].by)}, this one {len(wrong.by)}",
            wrong.span,
            code="shape",
        )


class EqlLowering:
    """One run over a tree; the state is the shared context."""

    def __init__(self, context: Lowering, category_field: str) -> None:
        self.context = context
        self.category_field = category_field

    def step(self, item: tree.Item, by: tuple[tree.JoinKey, ...]) -> Step:
        condition = self.formula(item.query.condition)
        if item.query.category is not None:
            span = item.query.category_span
            condition = conjunction((condition, self.context.category(self.category_field, item.query.category, span)), item.query.span)
        return Step(condition, tuple(self.key(key) for key in (*by, *item.by)), item.runs, item.missing, item.span)

    def key(self, key: tree.JoinKey) -> Key:
        if not isinstance(key.expression, tree.Field):
            self.context.unsupported("a join key that is not a field", key.span, "only fields can be join keys")
        return Key(self.context.lookup(key.expression.name), key.expression.optional, key.span)

    # -- types of unknown fields -------------------------------------------------------------------

    def infer_all(self, items: tuple[tree.Item, ...], by: tuple[tree.JoinKey, ...]) -> None:
        """Types from all conditions, then from the keys that a field is joined with."""
        for item in items:
            self.infer(item.query.condition)
        for position in range(len(items[0].by)):
            names = [key.name for item in items if isinstance(key := item.by[position].expression, tree.Field)]
            known = next((spec for name in names if (spec := self.context.known(name)) is not None), None)
            if known is not None:
                for name in names:
                    self.context.infer(name, known.type.name)

    def infer(self, expression: tree.Expression) -> None:
        """Types for the fields that no schema knows, from how the query uses them."""
        match expression:
            case tree.And(args) | tree.Or(args):
                for arg in args:
                    self.infer(arg)
            case tree.Not(arg):
                self.infer(arg)
            case tree.Comparison(_, left, right):
                self._infer_from(left, right)
                self._infer_from(right, left)
            case tree.InList(_, subject, values):
                for value in values:
                    self._infer_from(subject, value)
            case tree.Field():
                self.context.infer(expression.name, "boolean")
            case tree.Call(name, args) if name.lower() == "cidrmatch" and args and isinstance(args[0], tree.Field):
                self.context.infer(args[0].name, "ip")
            case _:
                pass

    def _infer_from(self, subject: tree.Expression, value: tree.Expression) -> None:
        match subject, value:
            case tree.Field(), tree.Number(number):
                self.context.infer(subject.name, "long" if isinstance(number, int) else "double")
            case tree.Field(), tree.Boolean():
                self.context.infer(subject.name, "boolean")
            case tree.Field(), tree.Field():
                spec = self.context.schema.lookup(value.name)
                if spec is not None and spec.type.kind in ORDERED:
                    self.context.infer(subject.name, spec.type.name)
            case tree.Call(), _:
                self.infer(subject)

    # -- conditions --------------------------------------------------------------------------------

    def formula(self, expression: tree.Expression) -> Formula:
        match expression:
            case tree.And(args, span):
                return conjunction(tuple(self.formula(arg) for arg in args), span)
            case tree.Or(args, span):
                return disjunction(tuple(self.formula(arg) for arg in args), span)
            case tree.Not(arg, span):
                return _negated(self.formula(arg), span)
            case tree.Comparison(operator, left, right, span):
                return self.comparison(str(operator), left, right, span)
            case tree.InList():
                return self.in_list(expression)
            case tree.Boolean(value, span):
                return Truth(value, span)
            case tree.Field(_, _, span):
                spec = self.context.lookup(expression.name)
                if spec.type.kind is not Kind.BOOLEAN:
                    self.context.invalid(
                        f"`{spec.name}` alone is not a condition: it is of type {spec.type.name}, not boolean",
                        span,
                        field=spec.name,
                        help="compare it",
                    )
                return Atom(spec, Within((Interval(1, 1, span=span),)), span)
            case tree.Call():
                return self.call(expression)
            case tree.Null(span):
                return Holds(Constant(None, span), span)
            case tree.Lineage(kind, _, span):
                self.context.unsupported(f"`{kind} of`", span, "events related by ancestry cannot be generated yet")
            case tree.Variable(_, span):
                self.context.unsupported("a variable", span, "the array functions of the Endpoint dialect cannot be compiled yet")
            case _:
                self.context.invalid("this is a value, not a condition", expression.span, help="compare it with something")

    def comparison(self, operator: str, left: tree.Expression, right: tree.Expression, span: Span) -> Formula:
        if isinstance(right, tree.Field) and not isinstance(left, tree.Field | tree.Call | tree.Arithmetic | tree.Negative):
            return self.comparison(_MIRRORED[operator], right, left, span)
        match left, right:
            case (tree.Null(), tree.String() | tree.Number() | tree.Boolean()) | (tree.String() | tree.Number() | tree.Boolean(), tree.Null()):
                # An optional field that is not mapped.
                return Holds(Constant(None, span), span)
            case (_, tree.Null()) | (tree.Null(), _):
                return self.null_test(operator, right if isinstance(left, tree.Null) else left, span)
            case tree.Field(), tree.String() | tree.Number() | tree.Boolean():
                return self.field_comparison(operator, self.context.lookup(left.name), right, span)
            case tree.Call(), tree.Boolean(value) if operator in ("==", "!=") and self.is_boolean(left):
                inner = self.formula(left)
                return inner if value == (operator == "==") else _negated(inner, span)
            case tree.Call(name, (tree.Field() as field,), False), tree.Number(int() as size) if name.lower() == "length":
                return self.length(operator, self.context.lookup(field.name), size, span)
        term = self.apply(operator, (self.term(left), self.term(right)), False, span)
        return self.constant(term, span) or Holds(term, span)

    def null_test(self, operator: str, subject: tree.Expression, span: Span) -> Formula:
        if operator not in ("==", "!="):
            self.context.invalid(f"`{operator}` cannot compare with null", span, help="write `== null` or `!= null`")
        if isinstance(subject, tree.Field):
            present: Formula = Exists(self.context.lookup(subject.name), span)
        elif isinstance(subject, tree.Null):
            present = Truth(False, span)
        else:
            missing = self.apply("is null", (self.term(subject),), False, span)
            lacking = self.constant(missing, span) or Holds(missing, span)
            return lacking if operator == "==" else Not(lacking, span)
        return present if operator == "!=" else Not(present, span)

    def field_comparison(self, operator: str, spec: FieldSpec, value: tree.Expression, span: Span) -> Formula:
        if operator == "!=":
            return Not(self.field_comparison("==", spec, value, span), span)
        if spec.type.kind in ORDERED:
            interval = self.interval(spec, value)
            if operator != "==":
                return self.context.bounded(spec, operator, interval, span)
            return self.context.equals(spec, [replace(interval, span=span)] if _representable(spec, interval) else [], span)
        text = self.string(spec, value, exact=True)
        if operator == "==":
            return Atom(spec, Like((exact(text, spec.caseless, value.span),)), span)
        low, high = (None, text) if operator in ("<", "<=") else (text, None)
        return Atom(spec, Lexical(low, high, operator == ">", operator == "<"), span)

    def interval(self, spec: FieldSpec, value: tree.Expression) -> Interval:
        """A literal on a field of an ordered type."""
        match value, spec.type.kind:
            case tree.Number(number), Kind.INTEGER | Kind.FLOAT | Kind.DATE:
                return Interval(number, number, span=value.span)
            case tree.Boolean(flag), Kind.BOOLEAN:
                return Interval(int(flag), int(flag), span=value.span)
            case tree.String(text), Kind.DATE | Kind.IP:
                return self.context.interval(spec, text, value.span)
        expected = {Kind.BOOLEAN: "true or false", Kind.DATE: "a date", Kind.IP: "an IP address in quotes"}.get(spec.type.kind, "a number")
        self.context.invalid(
            f"`{self.written(value)}` cannot be compared with `{spec.name}`, which is of type {spec.type.name}",
            value.span,
            field=spec.name,
            help=f"write {expected}",
        )

    def string(self, spec: FieldSpec, value: tree.Expression, *, exact: bool) -> str:
        """A literal on a field of a string type. Exact comparisons take numbers, as Elasticsearch's term queries do; patterns do not."""
        if isinstance(value, tree.String) and (spec.type.kind in STRINGS or spec.type.name == "flattened"):
            return value.value
        if isinstance(value, tree.Number | tree.Boolean) and exact and spec.type.kind in STRINGS:
            note = f"`{self.written(value)}` is compared as text with `{spec.name}`, which is of type {spec.type.name}"
            help = f'write it as a string: "{self.written(value)}"'
            self.context.notes.append(Diagnostic("type-mismatch", Severity.WARNING, note, (value.span,), spec.name, help=help))
            return str(render_value(value.value))
        if spec.type.kind not in STRINGS:
            self.context.unsupported(
                f"a value for `{spec.name}`",
                value.span,
                f"fields of type {spec.type.name} can only be tested for presence",
                field=spec.name,
            )
        self.context.invalid(
            f"`{self.written(value)}` cannot be compared with `{spec.name}`, which is of type {spec.type.name}",
            value.span,
            field=spec.name,
            help=f'write it as a string: "{self.written(value)}"',
        )

    def written(self, node: tree.Expression) -> str:
        return self.context.text[node.span.start : node.span.end]

    def length(self, operator: str, spec: FieldSpec, size: int, span: Span) -> Formula:
        """``length(field)`` against a number; a missing field has no length, so that ``!=`` wants one too."""
        if spec.type.kind not in STRINGS:
            self.context.invalid(
                f"`length` takes a string, and `{spec.name}` is of type {spec.type.name}",
                span,
                code="argument",
                field=spec.name,
            )
        bounds: dict[str, list[tuple[int | None, int | None]]] = {
            "==": [(size, size)],
            "!=": [(None, size - 1), (size + 1, None)],
            "<": [(None, size - 1)],
            "<=": [(None, size)],
            ">": [(size + 1, None)],
            ">=": [(size, None)],
        }
        return disjunction(tuple(Atom(spec, Sized(Interval(low, high)), span) for low, high in bounds[operator]), span)

    def in_list(self, node: tree.InList) -> Formula:
        formula = self.listed(node)
        return _negated(formula, node.span) if node.negated else formula

    def listed(self, node: tree.InList) -> Formula:
        operator, subject, values, span = node.operator, node.subject, node.values, node.span
        fold = operator in _FOLDING
        if not isinstance(subject, tree.Field):
            return self.listed_term(node)
        spec = self.context.lookup(subject.name)
        if any(isinstance(value, tree.Field | tree.Call | tree.Arithmetic | tree.Negative) for value in values):
            return disjunction(tuple(self.comparison("==", subject, value, span) for value in values), span)
        if any(isinstance(value, tree.Null) for value in values):
            # Elasticsearch leaves a null out of the list: it does not find what lacks the field.
            rest = tuple(value for value in values if not isinstance(value, tree.Null))
            return self.listed(replace(node, values=rest)) if rest else Truth(False, span)
        if operator in _REGEXPS:
            return Atom(spec, Matches(tuple(self.regexp(self.string(spec, value, exact=False), fold, value) for value in values)), span)
        if operator in _WILDCARDS and any(isinstance(value, tree.String) and value.value == "*" for value in values):
            return Exists(spec, span)
        if spec.type.kind in ORDERED:
            return self.listed_ordered(spec, node)
        fold = fold or spec.caseless
        patterns: list[Pattern] = []
        for value in values:
            text = self.string(spec, value, exact=operator in _MEMBERSHIPS)
            patterns.append(from_eql(text, fold, value.span) if operator in _WILDCARDS else exact(text, fold, value.span))
        return Atom(spec, Like(tuple(patterns)), span)

    def listed_ordered(self, spec: FieldSpec, node: tree.InList) -> Formula:
        """A list of values on a number, date, address or boolean."""
        for value in node.values:
            if isinstance(value, tree.String) and node.operator in _WILDCARDS and any(char in value.value for char in "*?"):
                self.context.invalid(
                    f"a wildcard cannot match `{spec.name}`, which is of type {spec.type.name}",
                    value.span,
                    field=spec.name,
                    help='use `cidrMatch(field, "10.0.0.0/8")`' if spec.type.kind is Kind.IP else "use comparisons, or list the values",
                )
        intervals = [self.interval(spec, value) for value in node.values]
        return self.context.equals(spec, [interval for interval in intervals if _representable(spec, interval)], node.span)

    def listed_term(self, node: tree.InList) -> Formula:
        """A function result in a list of values."""
        term = self.term(node.subject)
        fold = node.operator in _FOLDING
        parts = []
        for value in node.values:
            name = "==" if isinstance(value, tree.Null) else self.test_of(node.operator, value, fold)
            parts.append(self.apply(name, (term, self.term(value)), fold, node.span))
        return disjunction(tuple(self.constant(part, node.span) or Holds(part, node.span) for part in parts), node.span)

    def test_of(self, operator: tree.ListOperator, value: tree.Expression, fold: bool) -> str:
        """The function that tests a value against one entry of a list."""
        if operator not in _REGEXPS | _WILDCARDS:
            return "=="
        if not isinstance(value, tree.String):
            self.context.invalid(f"`{operator}` takes strings, not `{self.written(value)}`", value.span, code="argument")
        if operator in _REGEXPS:
            self.regexp(value.value, fold, value)
            return "regex"
        return "like" if any(char in value.value for char in "*?") else "=="

    def regexp(self, text: str, fold: bool, value: tree.Expression):  # type: ignore[no-untyped-def]
        try:
            return parse_regexp(text, fold, value.span)
        except RegexpError as error:
            self.context.invalid(
                f"not a Lucene regular expression: {error.message}, at character {error.offset + 1} of the pattern",
                value.span,
                code="regexp",
            )

    # -- functions ---------------------------------------------------------------------------------

    def is_boolean(self, call: tree.Call) -> bool:
        function = BY_LOWER_NAME.get(call.name.lower())
        return call.name.lower() in _OLD_LISTS or (function is not None and function.result == "true or false")

    def call(self, call: tree.Call) -> Formula:
        """A function used as a condition."""
        name = call.name.lower()
        if name in _OLD_LISTS and len(call.args) > 1:
            return self.listed(tree.InList(_OLD_LISTS[name], call.args[0], call.args[1:], span=call.span))
        match name, call.args:
            case "cidrmatch", (tree.Field() as field, *blocks) if blocks and all(isinstance(block, tree.String) for block in blocks):
                spec = self.context.lookup(field.name)
                if spec.type.kind is Kind.IP and not call.insensitive:
                    intervals = [self.context.interval(spec, each.value, each.span) for each in blocks if isinstance(each, tree.String)]
                    return Atom(spec, Within(tuple(intervals)), call.span)
            case (("startswith" | "endswith" | "stringcontains"), (tree.Field() as field, tree.String() as part)):
                spec = self.context.lookup(field.name)
                if spec.type.kind in STRINGS:
                    return self.part(BY_LOWER_NAME[name].name, spec, part, call)
        term = self.term(call)
        if not self.is_boolean(call):
            self.context.invalid(f"`{call.name}` does not give true or false", call.span, code="argument", help="compare its result")
        return self.constant(term, call.span) or Holds(term, call.span)

    def part(self, function: str, spec: FieldSpec, part: tree.String, call: tree.Call) -> Formula:
        """A part of a string field.

        Elasticsearch runs ``endsWith`` and ``stringContains`` as wildcard queries in which the part is not escaped, and
        ``startsWith`` as a prefix query, in which nothing is active.
        """
        fold = call.insensitive or spec.caseless
        before = (Wild.RUN,) if function in ("endsWith", "stringContains") else ()
        after = (Wild.RUN,) if function in ("startsWith", "stringContains") else ()
        literal = Atom(spec, Like((make_pattern((*before, part.value, *after), fold, part.span),)), call.span)
        if function == "startsWith":
            return literal
        active = from_lucene(part.value, fold).tokens
        wild = Atom(spec, Like((make_pattern((*before, *active, *after), fold, part.span),)), call.span)
        return literal if wild == literal else Twofold(wild, literal, call.span)

    def term(self, node: tree.Expression) -> Term:
        match node:
            case tree.Field():
                return FieldTerm(self.context.lookup(node.name), node.span)
            case tree.String(value, _, span):
                return Constant(value, span)
            case tree.Number(value, span) | tree.Boolean(value, span):
                return Constant(value, span)
            case tree.Null(span):
                return Constant(None, span)
            case tree.Negative(arg, span):
                return self.apply("subtract", (Constant(0, span), self.term(arg)), False, span)
            case tree.Arithmetic(operator, left, right, span):
                name = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}[operator]
                return self.apply(name, (self.term(left), self.term(right)), False, span)
            case tree.Comparison(operator, left, right, span):
                return self.apply(str(operator), (self.term(left), self.term(right)), False, span)
            case tree.Call():
                return self.call_term(node)
            case tree.Variable(_, span):
                self.context.unsupported("a variable", span, "the array functions of the Endpoint dialect cannot be compiled yet")
            case _:
                self.context.unsupported("a condition inside a function", node.span, "functions take values and fields")

    def call_term(self, call: tree.Call) -> Term:
        function = BY_LOWER_NAME.get(call.name.lower())
        if call.name.lower() in ("arraysearch", "arraycontains", "arraycount", "safe"):
            self.context.unsupported(f"`{call.name}`", call.span, "the array functions of the Endpoint dialect cannot be compiled yet")
        if function is None:
            self.context.invalid(
                f"`{call.name}` is not a function of EQL",
                call.name_span,
                code="unknown-function",
                help=_closest(call.name),
            )
        if call.insensitive and not function.folds:
            self.context.invalid(f"`{function.name}` has no case-insensitive form", call.name_span, code="argument", help="drop the `~`")
        most = None if function.variadic else len(function.arguments)
        if len(call.args) < function.required or (most is not None and len(call.args) > most):
            wanted = (
                f"at least {function.required}"
                if most is None
                else str(most)
                if most == function.required
                else f"{function.required} to {most}"
            )
            self.context.invalid(f"`{function.name}` takes {wanted} arguments, not {len(call.args)}", call.span, code="argument")
        args = tuple(self.term(arg) for arg in call.args)
        for position, (arg, node) in enumerate(zip(args, call.args, strict=True)):
            wanted_type = function.arguments[min(position, len(function.arguments) - 1)]
            if not _accepts(wanted_type, arg):
                self.context.invalid(
                    f"argument {position + 1} of `{function.name}` must be {wanted_type}, not `{self.written(node)}`",
                    node.span,
                    code="argument",
                )
        return self.apply(function.name, args, call.insensitive, call.span)

    def apply(self, name: str, args: tuple[Term, ...], fold: bool, span: Span) -> Term:
        """The application, folded to a constant where all arguments are constant."""
        if all(isinstance(arg, Constant) for arg in args):
            return Constant(evaluate(name, tuple(arg.value for arg in args if isinstance(arg, Constant)), fold), span)
        return Apply(name, args, fold, span)

    def constant(self, term: Term, span: Span) -> Formula | None:
        if not isinstance(term, Constant):
            return None
        return Holds(term, span) if term.value is None else Truth(term.value is True, span)


def _negated(formula: Formula, span: Span) -> Formula:
    """The negation of a condition; that of null is null, and finds nothing either."""
    return formula if isinstance(formula, Holds) and formula.term == Constant(None) else Not(formula, span)


def _representable(spec: FieldSpec, interval: Interval) -> bool:
    return spec.type.kind is not Kind.INTEGER or (isinstance(interval.low, int) or float(interval.low or 0).is_integer())


def _accepts(wanted: str, arg: Term) -> bool:
    """Whether an argument can be of the wanted type; what only shows at run time is let through."""
    match wanted, arg:
        case "a string", Constant(value):
            return isinstance(value, str | None)
        case "a number" | "an integer", Constant(value):
            return value is None or (isinstance(value, int | float) and not isinstance(value, bool))
        case "an IP address", Constant(value):
            return isinstance(value, str | None)
        case "a string", FieldTerm(field):
            return field.type.kind in STRINGS
        case "a number" | "an integer", FieldTerm(field):
            return field.type.kind in NUMERIC | {Kind.DATE}
        case "an IP address", FieldTerm(field):
            return field.type.kind in STRINGS | {Kind.IP}
    return True


def _closest(name: str) -> str:
    close = get_close_matches(name.lower(), [*BY_LOWER_NAME, *_OLD_LISTS], 1)
    known = BY_LOWER_NAME.get(close[0]) if close else None
    return f"did you mean `{known.name if known else close[0]}`?" if close else "see docs/eql.md for the functions there are"
