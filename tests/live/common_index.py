"""The documents of many rules in one index, and every rule's query over all of them: engine and matcher must agree on every pair."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from engine import Engine
from triggerfish.api.run.compile_one import compile_source
from triggerfish.api.run.inputs import RuleFile, rule_of, rule_sources, text_of
from triggerfish.api.run.options import CompileOptions
from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.elasticsearch.formula_dsl import program_dsl
from triggerfish.backends.elasticsearch.mappings import MappingError, index_mappings
from triggerfish.backends.elasticsearch.query_dsl import to_query_dsl
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.ir.program import Program, Role, ShapeKind
from triggerfish.compiler.schema.fields import FieldSpec, Schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.compiler.semantics.match_group import fields_of_program
from triggerfish.compiler.stage_timer import StageTimer
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleError
from triggerfish.rules.lowering.compile_rule import compile_rule

INDEX = "common"


@dataclass(frozen=True, slots=True)
class Query:
    """A condition on one event, as the matcher and the engine read it.

    Attributes:
        name: the rule's file, the step of its program, and whose translation the DSL is.
        program: an event program with this condition alone.
        dsl: its Query DSL.
        own: the numbers of documents that were generated for it.
        rule: the numbers of the documents of its rule, for all its conditions.
    """

    name: str
    program: Program
    dsl: Mapping[str, Any]
    own: range
    rule: range


@dataclass(slots=True)
class Gathered:
    """What goes into the index.

    Attributes:
        queries, documents: what is compared.
        fields: the fields that the queries name.
        left_out: what is not compared, and why.
    """

    queries: list[Query] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[str, FieldSpec] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)


def gather(paths: Iterable[str], *, count: int, style: str, every: int = 1) -> Gathered:
    """The event conditions of rules, with documents for each.

    Args:
        paths: rule files and folders.
        count: matches of each rule.
        style: of the documents.
        every: take one of so many rules.
    """
    schema = SourceEvents().schema
    options = CompileOptions(schema, DEFAULT_START, count=count, style=style, format="groups")
    gathered, kibana = Gathered(), dict[str, str]()
    for source in list(rule_sources(list(paths)))[::every]:
        if not isinstance(source, RuleFile):
            continue
        try:
            rule = rule_of(source, text_of(source), StageTimer())
            programs = compile_rule(rule, schema, DEFAULT_START).programs
        except (RuleError, QueryError, QuerySyntaxError) as error:
            gathered.left_out[source.name] = str(error)
            continue
        fields = {name: spec for program in programs for name, spec in fields_of_program(program).items()}
        clash = next(
            (name for name, spec in fields.items() if name in gathered.fields and gathered.fields[name].type is not spec.type), None
        )
        if clash is not None:
            gathered.left_out[source.name] = f"another rule uses `{clash}` with another type"
            continue
        first = len(gathered.documents)
        groups = [orjson.loads(line)["docs"] for line in compile_source(source, options).lines.splitlines()]
        gathered.documents += [document for group in groups for document in group]
        gathered.fields |= fields
        if rule.language == "kuery" and rule.type == "query" and not rule.filters and rule.query:
            kibana[source.name] = rule.query
        rule_documents = range(first, len(gathered.documents))
        for name, program, own in conditions_of(source.name, programs, rule_documents):
            try:
                gathered.queries.append(Query(name, program, program_dsl(program), own, rule_documents))
            except QueryError as error:
                gathered.left_out[name] = str(error)
    # Kibana expands wildcard names by the fields of the index.
    indexed = schema.with_fields(gathered.fields)
    for query in list(gathered.queries):
        text = kibana.get(query.name.rpartition(" [")[0])
        if text is not None:
            dsl = to_query_dsl(text, indexed, language="kuery")
            gathered.queries.append(replace(query, name=f"{query.name} (as Kibana sends it)", dsl=dsl))
    return gathered


def conditions_of(name: str, programs: Sequence[Program], documents: range) -> Iterator[tuple[str, Program, range]]:
    """The conditions of the steps of programs; for the only condition of a rule, the numbers of its documents."""
    alone = len(programs) == 1 and len(programs[0].steps) == 1
    for way, program in enumerate(programs):
        for at, step in enumerate(program.steps):
            if step.role is Role.EVENT and not step.missing and not program.relations:
                event = replace(program, kind=ShapeKind.EVENT, steps=(replace(step, runs=1, keys=()),), until=None, pipes=(), distinct=())
                yield f"{name} [{way}.{at}]", event, documents if alone else range(0)


def mappings_of(fields: Iterable[FieldSpec], schema: Schema | None = None) -> dict[str, Any]:
    """Mappings of these fields and of no others."""
    return {**index_mappings(fields, schema), "dynamic": False}


@dataclass(slots=True)
class Comparison:
    """How engine and matcher compare.

    Attributes:
        documents: how many there are.
        decisions: pairs of a query and a document.
        hits: how many of them the engine matches.
        differences: a line each.
        refused: queries that the engine refuses, and why.
    """

    documents: int = 0
    decisions: int = 0
    hits: int = 0
    differences: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, hits: Set[int], matched: Set[int], documents: Sequence[Any], decisions: int) -> None:
        """Count a query: what the engine and what the matcher match, of how many of these documents."""
        self.decisions += decisions
        self.hits += len(hits)
        for number in sorted(hits ^ matched):
            who = "the engine" if number in hits else "the matcher"
            self.differences.append(f"{name}: only {who} matches {orjson.dumps(documents[number]).decode()[:300]}")


def compare(engine: Engine, gathered: Gathered) -> Comparison:
    """Put every query to the engine over all documents, and to the matcher.

    Raises:
        MappingError: the fields do not fit into one index.
    """
    refused = engine.index(INDEX, mappings_of(gathered.fields.values(), SourceEvents().schema), gathered.documents)
    assert not refused, refused
    flat = [flatten(document) for document in gathered.documents]
    comparison = Comparison(len(flat))
    for query in gathered.queries:
        hits = engine.hits(INDEX, query.dsl)
        if isinstance(hits, str):
            comparison.refused[query.name] = hits
            continue
        matches = compile_formula(query.program.steps[0].formula, Reading.ELASTICSEARCH)
        matched = {number for number, document in enumerate(flat) if matches(document) is True}
        comparison.add(query.name, hits, matched, gathered.documents, len(flat))
        comparison.differences += [f"{query.name}: its own document {number} is not a hit" for number in query.own if number not in hits]
    return comparison


__all__ = ["Comparison", "Gathered", "MappingError", "Query", "compare", "conditions_of", "gather", "mappings_of"]
