"""``SourceEvents``: documents that match queries and rules."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import IO, TYPE_CHECKING, Any, ClassVar, Self

from ..backends.decide.solve_program import Limits, Solution, Strategy
from ..backends.decide.solve_rule import solve_rule
from ..backends.elasticsearch.mappings import index_mappings
from ..backends.generate.document_source import roles_of
from ..backends.generate.sampler import Document, Group, Sampler
from ..backends.plan.mixture import Mixture
from ..backends.plan.ndjson import groups_of
from ..backends.plan.plan import Plan
from ..backends.realism.apply import STYLES, given_up, make_realistic
from ..backends.realism.given_values import given_values
from ..backends.realism.population import Outline, draw_world, usual_world
from ..backends.realism.realistic import Realistic
from ..backends.realism.world_file import outline_of, read_world
from ..compiler.compile import compile_query
from ..compiler.diagnostics.diagnostic import Diagnostic
from ..compiler.ir.program import Program
from ..compiler.languages import language_of_tree
from ..compiler.schema.built_in import CUSTOM_SCHEMA
from ..compiler.schema.field_types import YEAR_1_MS, YEAR_9999_END_MS
from ..compiler.schema.fields import ECS_VERSION, FieldSpec, Schema, ecs_schema
from ..compiler.schema.load import schema_from
from ..compiler.schema.raw_log import RawLog
from ..compiler.semantics.match_group import TIMESTAMP, fields_of_program
from ..rules import Rule
from ..rules.lowering.compile_rule import compile_rule
from ..rules.lowering.rule_text import RuleText
from .errors import UndecidedError, UnsolvableError, UnsolvableWarning
from .rule_errors import about_rule
from .start_time import DEFAULT_START

if TYPE_CHECKING:
    from ..backends.match.near_misses import NearMiss
    from ..grammar.eql.tree import Query as EqlQuery
    from ..grammar.kuery.tree import Query as KueryQuery


@dataclass(frozen=True, slots=True)
class Root:
    """A query or rule that documents are generated for.

    Attributes:
        programs: what it was compiled to: the ways to match it, mostly one.
        solution: what is known of it; its status is ``ok``.
        plan: draws documents.
        rule: the rule it came from, if any.
    """

    programs: tuple[Program, ...]
    solution: Solution
    plan: Plan
    rule: Rule | None = None

    def __repr__(self) -> str:
        subject = repr(self.rule.name) if self.rule else f"{' '.join(self.program.text.split())!r}"
        return f"<Root {subject}{f': {len(self.findings)} findings' if self.findings else ''}>"

    @property
    def program(self) -> Program:
        """The first way to match it."""
        return self.programs[0]

    @property
    def findings(self) -> tuple[Diagnostic, ...]:
        """What is wrong with it, though documents match it."""
        return self.solution.findings

    def fields(self) -> dict[str, FieldSpec]:
        """The fields used, by name."""
        found: dict[str, FieldSpec] = {}
        for program in self.programs:
            found.update(fields_of_program(program))
        return found


_PARSED = 32
"""The number of matches to parse at once."""


def _outline(world: Mapping[str, Any] | str | Path) -> Outline:
    return outline_of(world) if isinstance(world, Mapping) else read_world(world)


def _named(rule: Rule | None) -> tuple[str | None, str | None]:
    return (rule.name or None, rule.rule_id or None) if rule is not None else (None, None)


def _rendered(ast: KueryQuery | EqlQuery) -> tuple[str, str]:
    """The text of a syntax tree, and its language."""
    row = language_of_tree(ast)
    if row.render is None:
        raise TypeError(f"a syntax tree of {row.display} cannot be printed")
    return row.render(ast), row.name


class SourceEvents:
    """Generates documents that match queries or rules, without end.

    Every document has passed the matcher. The same seed gives the same documents.

    Args:
        schema: field types instead of the built-in ones: a mapping such as ``{"x": {"type": "long"}}``, ECS's flat form, or an
            Elasticsearch mapping. Without it, ECS with :attr:`custom_schema` on top.
        seed: decides all random choices.
        strict: whether alternatives that no event can take are an error (True) or a warning (False); None: an error in
            a query, a warning in a rule.
        start: the time of the first event, in epoch milliseconds, or ``"now"``.
        now: what ``now`` means in the date math of queries, in epoch milliseconds; by default, the start.
        limits: what solving may cost.
        strategy: by which road queries and rules are decided; by default without a look for conditions that change nothing.
        style: ``"plain"`` documents have the fields of their query and ``@timestamp``, with random letters where the query leaves
            values open; ``"realistic"`` ones have believable values that agree with each other, and related fields.
        history: whether the documents of a rule about new values begin with older ones that make known what is not to be new.
        world: the hosts, users and networks of realistic documents: the path of a world file, or its content as a mapping; by default
            all are drawn from the seed.
        template: a document, nested or with dotted names, whose values realistic documents have wherever queries and rules allow;
            :attr:`given_up` lists what they lack.

    Attributes:
        ecs_version: the version of ECS that the built-in types are from.
        custom_schema: types of fields outside ECS, of the class; read when an object is made.
    """

    ecs_version: ClassVar[str] = ECS_VERSION
    custom_schema: ClassVar[dict[str, dict[str, Any]]] = CUSTOM_SCHEMA

    def __init__(
        self,
        schema: Mapping[str, Any] | Schema | None = None,
        *,
        seed: int | str = 0,
        strict: bool | None = None,
        start: int | str = DEFAULT_START,
        now: int | None = None,
        limits: Limits | None = None,
        strategy: Strategy | None = None,
        history: bool = False,
        style: str = "plain",
        world: Mapping[str, Any] | str | Path | None = None,
        template: Mapping[str, Any] | None = None,
    ) -> None:
        if style not in STYLES:
            raise ValueError(f"`{style}` is not a style; use one of {', '.join(f'`{each}`' for each in STYLES)}")
        if schema is None:
            self.schema = ecs_schema().with_fields(schema_from(type(self).custom_schema))
        else:
            self.schema = schema if isinstance(schema, Schema) else schema_from(schema)
        self.seed = seed
        self.strict = strict
        self.start = int(time.time() * 1000) if start == "now" else int(start)
        if not YEAR_1_MS <= self.start <= YEAR_9999_END_MS:
            raise ValueError(f"the start {self.start} is outside the years 1 to 9999")
        self.now = self.start if now is None else now
        self.limits = limits or Limits()
        self.strategy = strategy or Strategy(findings=False)
        self.history = history
        self.style = style
        if style != "realistic" and (world is not None or template is not None):
            raise ValueError("a world or a template requires the style `realistic`")
        self.world = usual_world(seed) if world is None else draw_world(seed, _outline(world))
        self.template = {} if template is None else given_values(template, (), self.schema)
        self._roots: list[Root] = []
        self._drawn = 0
        self._groups: Iterator[Group] | None = None

    @classmethod
    def from_query(cls, query: str, *, language: str | None = None, **options: Any) -> Self:
        """An object with one query; ``options`` are those of the class."""
        events = cls(**options)
        events._add_query(query, language)
        return events

    @classmethod
    def from_rule(cls, rule: Rule, **options: Any) -> Self:
        """An object with one rule; ``options`` are those of the class."""
        events = cls(**options)
        events._add_rule(rule)
        return events

    @classmethod
    def from_ast(cls, ast: KueryQuery | EqlQuery, **options: Any) -> Self:
        """An object with one syntax tree; ``options`` are those of the class."""
        events = cls(**options)
        events._add_query(*_rendered(ast))
        return events

    def add_query(self, query: str, *, language: str | None = None) -> Root:
        """Add a query; documents then match any of what was added.

        Args:
            query: its text.
            language: ``"kuery"``, ``"eql"`` or ``"lucene"``; by default it is guessed between the first two.

        Raises:
            QuerySyntaxError: it does not parse.
            InvalidQueryError, UnsupportedQueryError: it means nothing, or nothing that can be compiled yet.
            UnsolvableError: nothing can match it or, unless ``strict=False``, one of its alternatives.
            UndecidedError: neither a document nor a proof was found.
        """
        return self._add_query(query, language)

    def _add_query(self, query: str, language: str | None) -> Root:
        compilation = compile_query(query, self.schema, self.now, language)
        return self._add((compilation.program,), None, (self.schema, None), strict=self.strict is not False)

    def add_rule(self, rule: Rule) -> Root:
        """Add a rule, under the same errors as :meth:`add_query`.

        Alternatives of it that nothing can match are left out and warned of (:class:`UnsolvableWarning`), unless ``strict=True``.
        """
        return self._add_rule(rule)

    def _add_rule(self, rule: Rule) -> Root:
        rule_text = RuleText(rule.places)
        with about_rule(rule, rule_text):
            compiled = compile_rule(rule, self.schema, self.now, rule_text=rule_text)
            return self._add(compiled.programs, rule, (compiled.schema, compiled.raw_log), strict=self.strict is True)

    def add_ast(self, ast: KueryQuery | EqlQuery) -> Root:
        """Add a syntax tree of ``triggerfish.grammar``, under the same errors as :meth:`add_query`."""
        return self._add_query(*_rendered(ast))

    def _add(self, programs: tuple[Program, ...], rule: Rule | None, fields: tuple[Schema, RawLog | None], *, strict: bool) -> Root:
        program = programs[0]
        seed = f"{self.seed}|{program.text}"
        solution = solve_rule(programs, seed, self.start, self.limits, self.strategy, history=self.history)
        if solution.status == "unsatisfiable":
            raise UnsolvableError(solution.reasons, solution.findings, program.text)
        if solution.status == "unknown":
            raise UndecidedError(solution.findings, program.text)
        dead = tuple(finding for finding in solution.findings if finding.code == "dead-alternative")
        if dead and strict:
            raise UnsolvableError(solution.reasons, dead, program.text)
        if dead:
            warnings.warn(UnsolvableWarning(dead, program.text, rule.name if rule else None), stacklevel=4)  # the caller of a public method
        assert solution.sampler is not None
        if self.style == "realistic":
            schema, raw_log = fields
            make_realistic(solution.sampler, schema, self.world, self.template, rule.index if rule is not None else (), raw_log)
        root = Root(programs, solution, Plan(solution.sampler, seed), rule)
        self._roots.append(root)
        self._groups = None
        return root

    @property
    def roots(self) -> tuple[Root, ...]:
        """What was added, in order."""
        return tuple(self._roots)

    def __repr__(self) -> str:
        return f"<SourceEvents roots={len(self)} seed={self.seed!r} style={self.style!r}>"

    def __len__(self) -> int:
        return len(self._roots)

    def __iter__(self) -> Iterator[Group]:
        return self

    def __next__(self) -> Group:
        """The documents of one match: one for an event query, as many as a sequence has events."""
        groups = self._groups
        if groups is None:
            self._some()
            groups = self._groups = self._from(self._drawn)
        return next(groups)

    def emit(self, count: int = 1, complete: bool = False, timestamp: bool = True) -> list[Document]:
        """Documents that match.

        Args:
            count: how many matches; each is of one query or rule, drawn at random.
            complete: instead of drawing, give for every query and rule the matches that together take each of its live
                alternatives, ``count`` times over.
            timestamp: whether documents have an ``@timestamp``.

        Returns:
            The documents of all matches, in order.

        Raises:
            ValueError: nothing was added yet.
        """
        self._some()
        groups: list[Group] = []
        for _ in range(count):
            if complete:
                for root in self._roots:
                    groups += self._complete(root)
            else:
                groups.append(next(self))
        found = [document for group in groups for document in group]
        if not timestamp:
            for document in found:
                document.pop(TIMESTAMP, None)
        return found

    def near_misses(self) -> Iterator[NearMiss]:
        """Documents that only just do not match, for each query and rule: those that fail one condition alone.

        Each says in which way and where (``kind``, ``span``), with its ``documents`` and their ``roles``. None of them matches: all
        have been matched.

        Raises:
            ValueError: nothing was added yet.
        """
        from ..backends.match.near_misses import Examined
        from ..backends.match.near_misses_of_groups import near_misses

        self._some()
        limits = replace(self.limits, timeout=self.limits.timeout / 5)
        for root in self._roots:
            seed = f"{self.seed}|{root.program.text}|near misses"
            assert root.solution.sampler is not None
            group = root.solution.sampler.draw(Random(seed))
            if group is None:
                continue
            for found in near_misses(root.programs, group, roles_of(root.program, len(group)), seed, limits):
                yield from found.misses if isinstance(found, Examined) else (found,)

    def write_ndjson(self, file: IO[bytes], count: int) -> int:
        """Write the documents that :meth:`emit` would give next, a line of JSON each, without making them.

        Args:
            file: where to write; memory stays flat however many there are.
            count: how many matches.

        Returns:
            How many documents were written.

        Raises:
            ValueError: nothing was added yet.
            UndecidedError: no further match of a query or rule was found; what was found before is written.
        """
        self._some()
        written = 0
        stop = self._drawn + count
        for places, texts in self._mixture().texts(self._drawn, stop):
            found = [text for text in texts if text is not None]
            lines = "".join(found)
            file.write(lines.encode())
            written += lines.count("\n")
            self._drawn += len(texts)
            if len(found) < len(texts):
                raise self._undecided(self._roots[places[texts.index(None)]])
        self._groups = None
        return written

    def save_plan(self, path: str | Path) -> None:
        """Write what was found out about the queries and rules to a file that :meth:`load` reads.

        Raises:
            PlanFileError: documents of one of them cannot be drawn from a file.
            OSError: it cannot be written.
        """
        from ..backends.plan.plan_file import Planned, entry_of, write_plans

        rules = [
            entry_of(Planned(root.program, root.plan, *_named(root.rule), root.rule is not None and root.rule.sigma is not None))
            for root in self._roots
        ]
        Path(path).write_bytes(write_plans(rules, self.seed))

    @classmethod
    def load(cls, path: str | Path, **options: Any) -> Self:
        """An object with the queries and rules of a plan file; it gives the documents that the one that wrote it gave at first.

        Files from strangers are safe to load: nothing in them is run, and no document comes of them that does not match the
        rule in them.

        Args:
            path: the file.
            options: those of the class, but for the seed and the start, which are the file's.

        Raises:
            PlanFileError: the file is not a plan, is damaged, or has a different version or schema.
            OSError: it cannot be read.
        """
        from ..backends.plan.plan_file import read_plans

        events = cls(**options)
        found, events.seed = read_plans(Path(path).read_bytes(), events.schema)
        for each in found:
            assert isinstance(each.plan.source, Sampler)
            events.start = each.plan.source.start
            events._roots.append(Root((each.program,), Solution("ok", sampler=each.plan.source), each.plan))
        return events

    def _mixture(self) -> Mixture:
        return Mixture([root.plan for root in self._roots], self.seed)

    def _some(self) -> None:
        if not self._roots:
            raise ValueError("nothing to generate documents for: add a query or a rule first")

    def _from(self, number: int) -> Iterator[Group]:
        """Yields the matches from a number on, each counted as it is drawn."""
        for places, texts in self._mixture().texts(number, sys.maxsize):
            for at in range(0, len(texts), _PARSED):
                part = texts[at : at + _PARSED]
                for group in groups_of(part):
                    self._drawn += 1
                    yield group
                if None in part:
                    self._drawn += 1
                    self._groups = None
                    raise self._undecided(self._roots[places[at + part.index(None)]])

    def _undecided(self, root: Root) -> UndecidedError:
        return UndecidedError(root.findings, root.program.text)

    def _complete(self, root: Root) -> list[Group]:
        number = self._drawn
        assert root.solution.sampler is not None
        groups = root.solution.sampler.cover(f"{self.seed}|{root.program.text}", number)
        self._drawn += len(groups)
        self._groups = None
        return groups

    @property
    def given_up(self) -> tuple[str, ...]:
        """What realistic documents have lacked so far because a query or rule contradicts it, sorted."""
        sources = [root.solution.sampler for root in self._roots if root.solution.sampler is not None]
        return tuple(sorted({note for source in sources for note in given_up(source)}))

    def fields(self) -> set[str]:
        """The names of the fields that the queries and rules use."""
        return {name for root in self._roots for name in root.fields()}

    def mappings(self) -> dict[str, Any]:
        """Elasticsearch mappings of ``@timestamp`` and of all fields that the queries, the rules and the style use."""
        specs = {name: spec for root in self._roots for name, spec in root.fields().items()}
        stamp = ecs_schema().lookup(TIMESTAMP)
        assert stamp is not None
        if self.style == "realistic":
            specs = {**{spec.name: spec for spec in Realistic(self.schema, self.world, self.template).fields()}, **specs}
        return index_mappings({TIMESTAMP: stamp, **specs}.values(), self.schema)
