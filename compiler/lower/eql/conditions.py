"""Lowering the conditions of EQL queries: comparisons, lists, functions, and relations to other events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ....grammar.eql import tree as tree
from ....grammar.span import Span
from ...diagnostics.warnings import ComparedAsText
from ...ir.formula import (
    Atom,
    Constant,
    DualReading,
    Exists,
    FieldTerm,
    Formula,
    LengthIn,
    Lexical,
    Like,
    Not,
    Predicate,
    Truth,
    Within,
    conjunction,
    denial,
    disjunction,
)
from ...ir.program import Key, Kinship, Relation, Step
from ...schema.field_types import KEYWORD
from ...schema.fields import FieldSpec
from ...semantics.process_ancestry import marker
from ...values.functions import BY_LOWER_NAME, ArgumentType, render_value
from ...values.kinds import values_of
from ...values.origin import Origin, Writing
from ...values.patterns import exact, from_eql, from_lucene, make_pattern
from ...values.regexp_parser import Regexp, RegexpError, parse_regexp
from ...values.sets import Interval, Pattern, Wild
from ..context import Lowering
from ..field_tests import matched_by_version, refuse_keyed
from .arrays import lower_array_call, lower_array_count
from .calls import ARRAY_FUNCTIONS, OLD_LISTS, REGEXPS, WILDCARDS, check_comparable, check_matchable, check_operands
from .terms import TermLowering

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_FOLDING = {
    tree.ListOperator.MATCH,
    tree.ListOperator.LIKE_FOLD,
    tree.ListOperator.IN_FOLD,
    tree.ListOperator.REGEX_FOLD,
}
LONGEST_KEYWORD = 32_766
"""The maximum bytes of a value that a keyword field indexes: a longer one is not a term of Lucene."""

_CONDITIONS = tree.Comparison | tree.InList | tree.And | tree.Or | tree.Not | tree.Lineage
_MEMBERSHIPS = {tree.ListOperator.IN, tree.ListOperator.IN_FOLD}


class EqlLowering(TermLowering):
    """One run over a tree; the state is the shared context."""

    def __init__(self, context: Lowering, category_field: str) -> None:
        super().__init__(context)
        self.category_field = category_field
        self.relations: list[Relation] = []

    def name_items(self, items: tuple[tree.Item, ...]) -> None:
        """Note the aliases of a query's items."""
        self.aliases = {item.alias: number for number, item in enumerate(items) if item.alias is not None}
        self.single = frozenset(number for number, item in enumerate(items) if item.runs == 1 and not item.missing)

    def step(self, item: tree.Item, by: tuple[tree.JoinKey, ...], number: int | None = None) -> Step:
        """One item; `number` is its place in a sequence, whose earlier events its condition may name."""
        self.item = number
        if item.fork:
            self.context.unsupported("`fork`", item.span, "which runs an event that forks continues is not defined in Elasticsearch")
        condition = self.formula(item.query.condition)
        self.item = None
        if item.query.category is not None:
            span = item.query.category_span
            condition = conjunction((condition, self.context.category(self.category_field, item.query.category, span)), item.query.span)
        return Step(condition, tuple(self.key(key) for key in (*by, *item.by)), item.runs, item.missing, item.span)

    def key(self, key: tree.JoinKey) -> Key:
        if not isinstance(key.expression, tree.Field):
            self.context.unsupported("a join key that is not a field", key.span, "only fields can be join keys")
        field = key.expression
        if field.path[0] in self.aliases and len(field.path) > 1:
            self.context.unsupported(
                "a join key that is a field of another event", key.span, "the key of an item is a field of its own event"
            )
        return Key(self.context.lookup(field.name), field.optional, key.span, Origin(marked=field.optional))

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
                spec = self.field(expression)
                if "boolean" not in values_of(spec).eql_types:
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
                return Predicate(Constant(None, span), span)
            case tree.Lineage():
                return self.relation(expression)
            case tree.Variable(path, span):
                self.context.invalid(f"`${path[0]}` is not bound", span, help="variables belong inside `arraySearch` and its like")
            case _:
                self.context.invalid("this is a value, not a condition", expression.span, help="compare it with something")

    def comparison(self, operator: str, left: tree.Expression, right: tree.Expression, span: Span) -> Formula:
        if isinstance(right, tree.Field) and not isinstance(left, tree.Field | tree.Call | tree.Arithmetic | tree.Negative):
            return self.comparison(_MIRRORED[operator], right, left, span)
        if isinstance(left, tree.Boolean) and isinstance(right, _CONDITIONS | tree.Call):
            return self.comparison(_MIRRORED[operator], right, left, span)
        match left, right:
            case (tree.Null(), other) | (other, tree.Null()) if isinstance(other, tree.String | tree.Number | tree.Boolean):
                # An optional field that is not mapped.
                return Predicate(Constant(None, span), span)
            case (_, tree.Null()) | (tree.Null(), _):
                return self.null_test(operator, right if isinstance(left, tree.Null) else left, span)
            case tree.Field(), tree.String() | tree.Number() | tree.Boolean():
                return self.field_comparison(operator, self.field(left), right, span)
            case _, tree.Boolean(value) if operator in ("==", "!=") and self.is_condition(left):
                inner = self.formula(left)
                return inner if value == (operator == "==") else _negated(inner, span)
            case tree.Call(name), tree.Number(number) if name.lower() == "arraycount":
                return lower_array_count(operator, left, number, self, span)
            case tree.Call(name, (tree.Field() as field,), False), tree.Number(int() as size) if name.lower() == "length":
                return self.length(operator, self.field(field), size, span)
        operands = (self.term(left), self.term(right))
        check_comparable(operands, (left.span, right.span), span, self.context)
        term = self.apply(operator, operands, False, span)
        return self.constant(term, span) or Predicate(term, span)

    def null_test(self, operator: str, subject: tree.Expression, span: Span) -> Formula:
        if operator not in ("==", "!="):
            self.context.invalid(f"`{operator}` cannot compare with null", span, help="write `== null` or `!= null`")
        if isinstance(subject, tree.Field):
            present: Formula = Exists(self.field(subject, presence=True), span)
        elif isinstance(subject, tree.Null):
            present = Truth(False, span)
        else:
            missing = self.apply("is null", (self.term(subject),), False, span)
            lacking = self.constant(missing, span) or Predicate(missing, span)
            return lacking if operator == "==" else denial(lacking, span)
        return present if operator == "!=" else denial(present, span)

    def field_comparison(self, operator: str, spec: FieldSpec, value: tree.Expression, span: Span) -> Formula:
        if operator == "!=":
            return denial(self.field_comparison("==", spec, value, span), span)
        if spec.kind.traits.ordered:
            interval = self.interval(spec, value)
            if operator != "==":
                return self.context.bounded(spec, operator, interval, span)
            return self.context.equals(spec, [replace(interval, span=span)] if _representable(spec, interval) else [], span)
        text = self.string(spec, value, exact=True)
        if operator == "==":
            return Atom(spec, Like((exact(text, spec.caseless, value.span, Writing.OPERAND),)), span)
        low, high = (None, text) if operator in ("<", "<=") else (text, None)
        return Atom(spec, Lexical(low, high, operator == ">", operator == "<"), span)

    def interval(self, spec: FieldSpec, value: tree.Expression) -> Interval:
        """A literal on a field of an ordered type."""
        row = values_of(spec)
        match value:
            case tree.Number(number) if "number" in row.eql_types:
                return Interval(number, number, span=value.span)
            case tree.Boolean(flag) if "boolean" in row.eql_types:
                return Interval(int(flag), int(flag), span=value.span)
            case tree.String(text) if "string" in row.eql_types:
                return self.context.interval(spec, text, value.span)
        self.context.invalid(
            f"`{self.written(value)}` cannot be compared with `{spec.name}`, which is of type {spec.type.name}",
            value.span,
            field=spec.name,
            help=f"write {row.eql_literal}",
        )

    def string(self, spec: FieldSpec, value: tree.Expression, *, exact: bool) -> str:
        """A literal on a field of a string type. Exact comparisons take numbers, as Elasticsearch's term queries do; patterns do not."""
        if isinstance(value, tree.String) and (spec.kind.traits.textual or spec.type.name == "flattened"):
            return value.value
        if isinstance(value, tree.Number | tree.Boolean) and exact and spec.kind.traits.textual:
            compared = ComparedAsText(value=self.written(value), type=spec.type.name, field=spec.name)
            self.context.notes.append(compared.at(value.span))
            return str(render_value(value.value))
        if not spec.kind.traits.textual:
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

    def length(self, operator: str, spec: FieldSpec, size: int, span: Span) -> Formula:
        """``length(field)`` against a number; a missing field has no length, so that ``!=`` wants one too."""
        if not spec.kind.traits.textual:
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
        intervals = [Interval(low, high) for low, high in bounds[operator]]
        if spec.type is KEYWORD:
            intervals = [replace(each, high=LONGEST_KEYWORD) if (each.low or 0) > LONGEST_KEYWORD else each for each in intervals]
        return disjunction(tuple(Atom(spec, LengthIn(interval), span) for interval in intervals), span)

    def in_list(self, node: tree.InList) -> Formula:
        formula = self.listed(node)
        return _negated(formula, node.span, denial) if node.negated else formula

    def listed(self, node: tree.InList) -> Formula:
        operator, subject, values, span = node.operator, node.subject, node.values, node.span
        fold = operator in _FOLDING
        if not isinstance(subject, tree.Field):
            return self.listed_term(node)
        spec = self.field(subject)
        check_matchable(spec, node, self.context)
        if any(isinstance(value, tree.Field | tree.Call | tree.Arithmetic | tree.Negative) for value in values):
            return disjunction(tuple(self.equal_terms(spec, subject, value, fold, span) for value in values), span)
        if any(isinstance(value, tree.Null) for value in values):
            # Elasticsearch leaves a null out of the list: it does not find what lacks the field.
            rest = tuple(value for value in values if not isinstance(value, tree.Null))
            return self.listed(replace(node, values=rest)) if rest else Truth(False, span)
        if operator in REGEXPS:
            refuse_keyed(self.context, spec, "a regular expression", span, "use `startsWith`")
            regexps = tuple(self.regexp(self.string(spec, value, exact=False), fold, value) for value in values)
            return matched_by_version(spec, regexps, span)
        if operator in WILDCARDS and any(isinstance(value, tree.String) and value.value == "*" for value in values):
            return Exists(spec, span)
        if spec.kind.traits.ordered:
            return self.listed_ordered(spec, node)
        if operator in WILDCARDS and any(isinstance(value, tree.String) and set("*?") & set(value.value) for value in values):
            refuse_keyed(self.context, spec, "a wildcard", span, "use `startsWith`")
        fold = fold or spec.caseless
        patterns: list[Pattern] = []
        for value in values:
            text = self.string(spec, value, exact=operator in _MEMBERSHIPS)
            patterns.append(from_eql(text, fold, value.span) if operator in WILDCARDS else exact(text, fold, value.span, Writing.OPERAND))
        return Atom(spec, Like(tuple(patterns)), span)

    def equal_terms(self, spec: FieldSpec, subject: tree.Field, value: tree.Expression, fold: bool, span: Span) -> Formula:
        """A field in a list that holds fields and functions; letters of texts are equal in either case if `fold`."""
        if not fold or not spec.kind.traits.textual or not isinstance(value, tree.Field | tree.Call):
            return self.comparison("==", subject, value, span)
        operands = (FieldTerm(spec, subject.span), self.term(value))
        check_comparable(operands, (subject.span, value.span), span, self.context)
        return Predicate(self.apply("==", operands, True, span), span)

    def listed_ordered(self, spec: FieldSpec, node: tree.InList) -> Formula:
        """A list of values on a number, date, address or boolean."""
        intervals = [self.interval(spec, value) for value in node.values]
        return self.context.equals(spec, [interval for interval in intervals if _representable(spec, interval)], node.span)

    def listed_term(self, node: tree.InList) -> Formula:
        """A function result in a list of values."""
        term = self.term(node.subject)
        if node.operator in REGEXPS | WILDCARDS:
            check_operands(node.operator, ArgumentType.STRING, ((term, node.subject.span),), self.context)
        fold = node.operator in _FOLDING
        parts = []
        for value in node.values:
            name = "==" if isinstance(value, tree.Null) else self.test_of(node.operator, value, fold)
            entry = self.term(value)
            check_comparable((term, entry), (node.subject.span, value.span), value.span, self.context)
            parts.append(self.apply(name, (term, entry), fold, node.span))
        return disjunction(tuple(self.constant(part, node.span) or Predicate(part, node.span) for part in parts), node.span)

    def test_of(self, operator: tree.ListOperator, value: tree.Expression, fold: bool) -> str:
        """The function that tests a value against one entry of a list."""
        if operator not in REGEXPS | WILDCARDS:
            return "=="
        if not isinstance(value, tree.String):
            self.context.invalid(f"`{operator}` takes strings, not `{self.written(value)}`", value.span, code="argument")
        if operator in REGEXPS:
            self.regexp(value.value, fold, value)
            return "regex"
        return "like" if any(char in value.value for char in "*?") else "=="

    def regexp(self, text: str, fold: bool, value: tree.Expression) -> Regexp:
        try:
            return parse_regexp(text, fold, value.span)
        except RegexpError as error:
            self.context.invalid(
                f"not a Lucene regular expression: {error.message}, at character {error.offset + 1} of the pattern",
                value.span,
                code="regexp",
            )

    # -- other events ------------------------------------------------------------------------------

    def relation(self, node: tree.Lineage) -> Formula:
        """A marker, and what it stands for; what lies inside comes before it."""
        outside = self.item
        condition = self.step(tree.Item(node.query, span=node.query.span), ()).formula
        self.item = outside
        relation = Relation(Kinship(node.kind), condition, marker(len(self.relations)), node.span)
        # The same relation has the same marker, so that one place requires it or excludes it for all.
        same = (known for known in self.relations if (known.kinship, known.formula) == (relation.kinship, condition))
        relation = next(same, relation)
        if relation not in self.relations:
            self.relations.append(relation)
        return Atom(relation.marker, Within((Interval(1, 1, span=node.span),)), node.span)

    # -- functions ---------------------------------------------------------------------------------

    def is_condition(self, node: tree.Expression) -> bool:
        """Whether it is true or false without being compared; Elasticsearch makes `not c` of `c == false`."""
        return isinstance(node, _CONDITIONS) or (isinstance(node, tree.Call) and self.is_boolean(node))

    def is_boolean(self, call: tree.Call) -> bool:
        function = BY_LOWER_NAME.get(call.name.lower())
        return call.name.lower() in OLD_LISTS or (function is not None and function.result == "true or false")

    def call(self, call: tree.Call) -> Formula:
        """A function used as a condition."""
        name = call.name.lower()
        if name == "safe" and len(call.args) == 1:
            return self.formula(call.args[0])
        if name in ARRAY_FUNCTIONS:
            return lower_array_call(call, self)
        if name in OLD_LISTS and len(call.args) > 1:
            return self.listed(tree.InList(OLD_LISTS[name], call.args[0], call.args[1:], span=call.span))
        match name, call.args:
            case "cidrmatch", (tree.Field() as field, *blocks) if blocks and all(isinstance(block, tree.String) for block in blocks):
                spec = self.field(field)
                if values_of(spec).blocks and not call.insensitive:
                    intervals = [self.context.interval(spec, each.value, each.span) for each in blocks if isinstance(each, tree.String)]
                    return Atom(spec, Within(tuple(intervals)), call.span)
            case (("startswith" | "endswith" | "stringcontains"), (tree.Field() as field, tree.String() as part)):
                spec = self.field(field)
                if spec.kind.traits.textual:
                    return self.part(BY_LOWER_NAME[name].name, spec, part, call)
        term = self.term(call)
        if not self.is_boolean(call):
            self.context.invalid(f"`{call.name}` does not give true or false", call.span, code="argument", help="compare its result")
        return self.constant(term, call.span) or Predicate(term, call.span)

    def part(self, function: str, spec: FieldSpec, part: tree.String, call: tree.Call) -> Formula:
        """A part of a string field.

        Elasticsearch runs ``endsWith`` and ``stringContains`` as wildcard queries in which the part is not escaped, and
        ``startsWith`` as a prefix query, in which nothing is active.
        """
        fold = call.insensitive or spec.caseless
        before = (Wild.RUN,) if function in ("endsWith", "stringContains") else ()
        after = (Wild.RUN,) if function in ("startsWith", "stringContains") else ()
        literal = Atom(spec, Like((make_pattern((*before, part.value, *after), fold, part.span, Writing.OPERAND),)), call.span)
        if function == "startsWith":
            return literal
        # A backslash at the end of the part escapes the wildcard that follows it.
        active = from_lucene(f"*{part.value}*" if after else f"*{part.value}", fold).tokens
        wild = Atom(spec, Like((make_pattern(active, fold, part.span, Writing.OPERAND),)), call.span)
        return literal if wild == literal else DualReading(wild, literal, call.span)


def _negated(formula: Formula, span: Span, build: Callable[[Formula, Span], Formula] = Not) -> Formula:
    """The negation of a condition; that of null is null, and finds nothing either."""
    return Predicate(formula.term, span) if isinstance(formula, Predicate) and formula.term == Constant(None) else build(formula, span)


def _representable(spec: FieldSpec, interval: Interval) -> bool:
    return not spec.kind.traits.integral or (isinstance(interval.low, int) or float(interval.low or 0).is_integer())
