"""The context of compiling one rule: its query, filters, exceptions and fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

import orjson

from ...compiler.compile import compile_query
from ...compiler.diagnostics.diagnostic import Diagnostic, InvalidQueryError, QueryError, UnsupportedQueryError
from ...compiler.diagnostics.errors import TypeMismatch, Unsupported, WrongAttribute
from ...compiler.diagnostics.finding import Finding
from ...compiler.diagnostics.notes import ExceptionsUnknown
from ...compiler.ir.formula import And, Atom, Exists, Formula, conjunction, fields_of
from ...compiler.ir.program import Key, Program, Step
from ...compiler.ir.relocate import relocated
from ...compiler.languages import Tree, of_rule_type
from ...compiler.lower.constants import with_constants
from ...compiler.lower.context import Lowering
from ...compiler.lower.query_dsl_scope import FilterLocation
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.stage_timer import StageTimer
from ...compiler.values.literals import LiteralError, parse_date
from ...grammar.syntax_error import QuerySyntaxError
from ..errors import listed
from ..reading.attribute_locations import Path
from .rule_text import RuleText

if TYPE_CHECKING:
    from ..rule import Rule


@dataclass(slots=True)
class RuleContext:
    """One rule being compiled.

    Attributes:
        rule: the rule.
        schema: field types.
        now: what ``now`` means in date math, in epoch milliseconds.
        stopwatch: measures the stages.
        rule_text: the text that spans point into; it starts with the query.
        notes: findings that do not stop the rule.
        inferred: types found for fields that no schema knows.
        tree: the syntax tree of the query, once it is compiled.
    """

    rule: Rule
    schema: Schema
    now: int
    stopwatch: StageTimer
    rule_text: RuleText
    notes: list[Diagnostic] = field(default_factory=list)
    inferred: dict[str, FieldSpec] = field(default_factory=dict)
    tree: Tree = None

    # -- conditions --------------------------------------------------------------------------------

    def query(self) -> Program:
        """The rule's query with its filters and exceptions."""
        assert self.rule.query is not None
        category = self.rule.event_category_override or "event.category"
        compilation = compile_query(self.rule.query, self.schema, self.now, self.rule.language, category, self.stopwatch)
        self.notes += compilation.notes
        self.tree = compilation.tree
        return self._filtered(compilation.program, [*self.filters("filters", self.rule.filters), *self._exceptions()])

    def threat_query(self, inferred: Mapping[str, FieldSpec]) -> Step:
        """What an indicator is: the threat query with its filters."""
        raw = self.rule.raw
        languages = of_rule_type("query")
        text, language = raw.get("threat_query") or "*:*", raw.get("threat_language") or languages[0]
        if language not in languages:
            help = f"use {listed(languages)}"
            self.invalid(f"`{language}` is not a language of threat queries", ("threat_language",), help=help)
        span = self.rule_text.add(text, self.rule.threat_query_map)
        self.inferred = dict(inferred)
        try:
            compilation = compile_query(text, self.schema, self.now, language, stopwatch=self.stopwatch)
        except QuerySyntaxError as error:
            place = relocated(error.span, span.start)
            raise QuerySyntaxError(error.message, place, self.rule_text.text, error.language, error.expected, error.hint) from None
        except QueryError as error:
            raise type(error)(relocated(error.diagnostic, span.start), self.rule_text.text) from None
        self.notes += relocated(compilation.notes, span.start)
        program = relocated(compilation.program, span.start)
        return self._filtered(program, self.filters("threat_filters", self.tables("threat_filters"))).steps[0]

    def _filtered(self, program: Program, conditions: Sequence[Formula]) -> Program:
        """The program whose events satisfy further conditions, all of them: what does not is not even seen."""
        for step in program.steps:
            self.inferred.update({name: spec for name, spec in fields_of(step.formula).items() if not spec.known})
        program = replace(program, text=self.rule_text.text)
        if not conditions:
            return program

        def narrowed(step: Step) -> Step:
            return replace(step, formula=conjunction((step.formula, *map(with_constants, conditions)), step.formula.span))

        until = narrowed(program.until) if program.until is not None else None
        return replace(program, steps=tuple(map(narrowed, program.steps)), until=until)

    def filters(self, key: str, filters: Sequence[Mapping[str, Any]]) -> list[Formula]:
        """The formulas of Kibana filters."""
        if not filters:
            return []
        # Most rules have none, and it takes the grammar of Lucene's query strings along.
        from ...compiler.lower.query_dsl import lower_filter

        found = []
        with self.stopwatch.stage("compile"):
            for number, each in enumerate(filters):
                span = self.rule_text.add_value(_shown(each.get("query") or each), (key, number, "query"), (key, number), (key,))
                context = self.context()
                formula = lower_filter(each, FilterLocation(f"{key}[{number}]", span), context)
                self._keep(context)
                if formula is not None:
                    found.append(formula)
        return found

    def _exceptions(self) -> list[Formula]:
        """What exception items leave, as far as the rule's file has them."""
        tables = self.tables("exceptions_list")
        if not tables:
            return []
        from .exception_items import ValueListError, lower_exception

        found: list[Formula] = []
        for number, each in enumerate(tables):
            items = each.get("items") or ([each] if each.get("entries") else None)
            path: Path = ("exceptions_list", number)
            if items is None:
                name = each.get("list_id") or each.get("id")
                self.note(ExceptionsUnknown(variant="items", list_id=str(name)), path)
                continue
            for at, item in enumerate(items):
                if self._has_expired(item, path):
                    continue
                inner: Path = (*path, "items", at) if each.get("items") else path
                entries = [
                    self.rule_text.add_value(_shown(entry), (*inner, "entries", place), path)
                    for place, entry in enumerate(item.get("entries") or ())
                ]
                span = entries[0].to(entries[-1]) if entries else self.rule_text.add_value("", path)
                context = self.context()
                try:
                    found.append(lower_exception(item, FilterLocation(f"exceptions_list[{number}]", span), entries, context))
                except ValueListError as error:
                    self.notes.append(ExceptionsUnknown(variant="values", list_id=error.name).at(span))
                self._keep(context)
        return found

    def _has_expired(self, item: Mapping[str, Any], path: Path) -> bool:
        """Whether an exception item ended before now: Kibana does not apply it any more."""
        text = item.get("expire_time")
        if not text:
            return False
        try:
            low = parse_date(str(text), self.now).low
        except LiteralError as error:
            self.invalid(f"the `expire_time` of an exception, `{text}`: {error}", path)
        return low is not None and low <= self.now

    def context(self) -> Lowering:
        """For lowering what comes after the query: it knows the types that the query suggested."""
        return Lowering(self.rule_text.text, self.schema, self.now, dict(self.inferred))

    def _keep(self, context: Lowering) -> None:
        self.notes += context.notes
        self.inferred.update(context.inferred)

    # -- fields ------------------------------------------------------------------------------------

    def key(self, name: Any, path: Path, fallback: Path) -> Key:
        """A field that documents must have and are gathered by."""
        if not isinstance(name, str) or not name:
            self.invalid(f"`{name}` is not the name of a field", path)
        span = self.rule_text.add_value(name, path, fallback)
        spec = self.context().lookup(name)
        if not spec.kind.traits.groupable and spec.type.name != "flattened":
            message = f"documents cannot be gathered by `{name}`, which is of type {spec.type.name}"
            mismatch = TypeMismatch(text=message, remedy=_keyword_beside(self.schema, name), field=name, inferred=None, use=None)
            raise InvalidQueryError(mismatch.at(span), self.rule_text.text)
        self.inferred.setdefault(name, spec)
        # That it must be there is a condition of its own, which a proof can name.
        return Key(spec, optional=True, span=span)

    def tables(self, key: str) -> Sequence[Mapping[str, Any]]:
        """A list of tables among the rule's attributes."""
        value = self.rule.raw.get(key) or ()
        if not isinstance(value, list | tuple) or not all(isinstance(each, Mapping) for each in value):
            self.invalid(f"`{key}` is not a list of tables", (key,))
        return value

    # -- findings ----------------------------------------------------------------------------------

    def note(self, finding: Finding, path: Path) -> None:
        """Add a finding about an attribute that does not stop the rule."""
        self.notes.append(finding.at(self.rule_text.add_value(str(path[0]), path)))

    def invalid(self, message: str, path: Path, help: str | None = None) -> NoReturn:
        """Raise for an attribute that means nothing."""
        span = self.rule_text.add_value(str(path[0]), path, path[:1])
        raise InvalidQueryError(WrongAttribute(text=message, remedy=help).at(span), self.rule_text.text)

    def unsupported(self, construct: str, why: str, path: Path) -> NoReturn:
        """Raise for an attribute that cannot be compiled yet."""
        span = self.rule_text.add_value(str(path[0]), path, path[:1])
        raise UnsupportedQueryError(Unsupported(construct=construct, why=why).at(span), self.rule_text.text)


def present(step: Step, keys: Sequence[Key]) -> Step:
    """The step whose events have all these fields, and are gathered by them."""
    conditions = step.formula.args if isinstance(step.formula, And) else (step.formula,)
    certain = {each.field.stored for each in conditions if isinstance(each, Atom | Exists)}
    there = (Exists(key.field, key.span) for key in keys if key.field.stored not in certain)
    return replace(step, formula=conjunction((step.formula, *there), step.formula.span), keys=tuple(keys))


def _shown(value: Any) -> str:
    """A condition as findings quote it."""
    return orjson.dumps(value, default=str).decode()


def _keyword_beside(schema: Schema, name: str) -> str:
    beside = schema.lookup(f"{name}.keyword")
    return f"use `{name}.keyword`" if beside is not None and beside.kind.traits.whole_strings else "use a field of type keyword"
