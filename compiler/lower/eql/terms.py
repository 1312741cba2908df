"""EQL to IR: fields, and what functions and arithmetic make of them."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

from ....grammar.eql import tree as tree
from ....grammar.span import Span
from ...ir.formula import Apply, Constant, FieldTerm, Formula, Predicate, Term, Truth
from ...schema.fields import FieldSpec, of_step
from ...values.functions import FUNCTIONS, ArgumentType, evaluate
from ..context import Lowering
from .calls import ARRAY_FUNCTIONS, called_function, check_arguments, check_operands

_LITERALS = ("true", "false", "null")


class TermLowering:
    """What stands on either side of a comparison; the state is the shared context.

    Attributes:
        context: of the run.
        aliases: the names of items of the sequence, with the number of the item.
        item: the number of the item being lowered; None outside an item, and in one that cannot see the other events.
    """

    def __init__(self, context: Lowering) -> None:
        self.context = context
        self.aliases: dict[str, int] = {}
        self.single: frozenset[int] = frozenset()
        self.item: int | None = None

    def field(self, node: tree.Field, *, presence: bool = False) -> FieldSpec:
        """The field that a condition names; ``presence`` if it is only asked whether the field has a value."""
        if node.path[0] in self.aliases and len(node.path) > 1:
            return self.field_of_event(node, presence=presence)
        spec = self.context.lookup(node.name)
        if not (spec.known or node.quoted or node.optional) and node.path[1:] == () and node.name.lower() in _LITERALS:
            message = f"`{node.name}` would be a field here: keywords are lower case"
            self.context.invalid(message, node.span, field=node.name, help=f"write `{node.name.lower()}`")
        if spec.kind.traits.analysed and not presence:
            # Elasticsearch takes the keyword beside a text field, if the mapping has one.
            beside = self.context.schema.lookup(f"{spec.name}.keyword")
            if beside is not None and beside.known and beside.multi_field_of == spec.name and beside.kind.traits.whole_strings:
                spec = beside
        self.check_searchable(spec, node, presence)
        return spec

    def field_of_event(self, node: tree.Field, *, presence: bool) -> FieldSpec:
        """The field of an event that an earlier item of the sequence found, named through the alias of that item.

        Raises:
            UnsupportedQueryError: there is no one such event where the condition stands.
        """
        step = self.aliases[str(node.path[0])]
        spec = self.field(replace(node, path=node.path[1:]), presence=presence)
        if step == self.item:
            return spec
        construct = f"`{node.name}`, a field of another event,"
        if self.item is None:
            self.context.unsupported(construct, node.span, "only the conditions of the items of a sequence can name other events")
        if step > self.item:
            self.context.unsupported(construct, node.span, f"`{node.path[0]}` is not an earlier item")
        if step not in self.single:
            self.context.unsupported(construct, node.span, f"`{node.path[0]}` does not stand for exactly one event")
        if spec.kind.traits.container:
            self.context.unsupported(construct, node.span, "only fields that hold values can be compared between events")
        return replace(of_step(spec, step), name=node.name)

    def check_searchable(self, spec: FieldSpec, node: tree.Field, presence: bool) -> None:
        """Refuse the fields that Elasticsearch does not search with EQL: text, and what lies inside nested objects.

        Raises:
            InvalidQueryError: the field is one of them.
        """
        if spec.nested_path is not None:
            message = f"EQL does not search `{spec.name}`, which lies inside the nested objects of `{spec.nested_path}`"
            help = f"write the rule in Kuery: `{spec.nested_path}:{{ ... }}`"
            self.context.invalid(message, node.span, code="nested-field", field=spec.name, help=help)
        if spec.kind.traits.analysed and not presence:
            keyword = next((name for name in (f"{spec.name}.keyword", spec.multi_field_of) if self._is_whole(name)), None)
            help = f"use `{keyword}`" if keyword else "write the rule in Kuery, or add a keyword field to the mapping"
            self.context.invalid(
                f"EQL does not search `{spec.name}`, which is of type {spec.type.name}", node.span, field=spec.name, help=help
            )

    def _is_whole(self, name: str | None) -> bool:
        spec = None if name is None else self.context.schema.lookup(name)
        return spec is not None and spec.kind.traits.whole_strings

    def written(self, node: tree.Expression) -> str:
        return self.context.text[node.span.start : node.span.end]

    def term(self, node: tree.Expression) -> Term:
        match node:
            case tree.Field():
                return FieldTerm(self.field(node), node.span)
            case tree.String(value, _, span):
                return Constant(value, span)
            case tree.Number(value, span) | tree.Boolean(value, span):
                return Constant(value, span)
            case tree.Null(span):
                return Constant(None, span)
            case tree.Negative(arg, span):
                operand = self.term(arg)
                check_operands("-", ArgumentType.NUMBER, ((operand, arg.span),), self.context)
                return self.apply("subtract", (Constant(0, span), operand), False, span)
            case tree.Arithmetic(operator, left, right, span):
                name = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo"}[operator]
                operands = (self.term(left), self.term(right))
                check_operands(operator, ArgumentType.NUMBER, tuple(zip(operands, (left.span, right.span), strict=True)), self.context)
                return self.apply(name, operands, False, span)
            case tree.Comparison(operator, left, right, span):
                return self.apply(str(operator), (self.term(left), self.term(right)), False, span)
            case tree.Call():
                return self.call_term(node)
            case tree.Variable(path, span):
                self.context.invalid(f"`${path[0]}` is not bound", span, help="variables belong inside `arraySearch` and its like")
            case _:
                self.context.unsupported("a condition inside a function", node.span, "functions take values and fields")

    def call_term(self, call: tree.Call) -> Term:
        if call.name.lower() == "safe" and len(call.args) == 1:
            return self.term(call.args[0])
        if call.name.lower() in ARRAY_FUNCTIONS:
            why = "it can only be a condition, or be compared with a number"
            self.context.unsupported(f"`{call.name}` inside an expression", call.span, why)
        function = called_function(call, self.context)
        args = tuple(self.term(arg) for arg in call.args)
        check_arguments(function, call, args, self.context)
        return self.apply(function.name, args, call.insensitive, call.span)

    def apply(self, name: str, args: tuple[Term, ...], fold: bool, span: Span) -> Term:
        """The application, folded to a constant where all arguments are constant."""
        function = FUNCTIONS[name]
        if not function.variadic:
            # An optional argument may be spelled out as null.
            while len(args) > function.required and args[-1] == Constant(None):
                args = args[:-1]
        if Constant(None) in args and not function.sees_null:
            return Constant(None, span)
        if all(isinstance(arg, Constant) for arg in args):
            value = evaluate(name, tuple(arg.value for arg in args if isinstance(arg, Constant)), fold)
            if isinstance(value, float) and not isfinite(value):
                self.context.invalid("the number is too large", span, code="argument")
            return Constant(value, span)
        return Apply(name, args, fold, span)

    def constant(self, term: Term, span: Span) -> Formula | None:
        if not isinstance(term, Constant):
            return None
        return Predicate(term, span) if term.value is None else Truth(term.value is True, span)
