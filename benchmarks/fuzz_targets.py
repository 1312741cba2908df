"""Fuzzing targets: the seeds of each, and the properties that every input must satisfy."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from click.testing import CliRunner

from triggerfish.api.cli.command import command
from triggerfish.api.source_events import DEFAULT_START, SourceEvents
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.elasticsearch.mappings import MappingError, index_mappings
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.plan.ndjson import documents
from triggerfish.backends.plan.plan import Plan
from triggerfish.backends.plan.plan_file import FORMAT, VERSION, PlanFileError, Planned, _digest, entry_of, read_plans
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.languages import LANGUAGES, Language, of_rule_type
from triggerfish.compiler.schema.fields import FieldSpec, Schema
from triggerfish.compiler.schema.load import SchemaError, load_schema
from triggerfish.compiler.semantics.match_group import GroupMatcher
from triggerfish.grammar.span import Span
from triggerfish.grammar.syntax_error import QuerySyntaxError
from triggerfish.rules import RuleError, find_rule_files
from triggerfish.rules.lowering.compile_rule import compile_rule
from triggerfish.rules.rule import Rule, parse_rule
from triggerfish.rules.rule_files import members_of

from .subjects import SAMPLES


class DefectError(Exception):
    """What must hold of an input does not."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to fuzz.

    Attributes:
        check: reads an input; whatever it raises is a defect.
        seeds: the inputs to begin with.
        kind: a key of `TOKENS`.
        seconds: of a processor that one input may take, under a tracer, which slows it down several times.
        longest: bytes of an input.
    """

    check: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    kind: str = "query"
    seconds: float = 30.0
    longest: int = 4096


@cache
def _schema() -> Schema:
    return SourceEvents().schema


# -- parsers -------------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _parsed(row: Language) -> Callable[[bytes], None]:
    """Whether a text parses or is refused by name and place, whether its tree comes back from its print, and the same for its program."""

    def check(data: bytes) -> None:
        text = _text(data)
        try:
            tree = row.parse(text)
        except QuerySyntaxError as error:
            _placed(error, text)
            return
        if row.render is not None and row.parse(row.render(tree)) != tree:
            raise DefectError("the printed tree parses as another one")
        try:
            compile_query(text, _schema(), DEFAULT_START, row.name)
        except QueryError as error:
            for span in error.diagnostic.spans:
                if not 0 <= span.start <= span.end <= len(text):
                    raise DefectError(f"{span} is not in the query") from error

    return check


def _placed(error: QuerySyntaxError, text: str) -> None:
    if not error.message or not 0 <= error.span.start <= error.span.end <= len(text):
        raise DefectError(f"{error.span} is not in the query") from error
    str(error)


def _queries(*languages: str) -> Callable[[], list[bytes]]:
    def seeds() -> list[bytes]:
        queries = [rule.query.encode() for rule in _rules() if rule.query and rule.language in languages]
        return queries or [b"process.name : a*", b"a:b AND NOT c:[1 TO 5]"]

    return seeds


@cache
def _rules() -> tuple[Rule, ...]:
    rules = []
    for path in find_rule_files([SAMPLES]).files:
        with contextlib.suppress(RuleError):
            rules.append(parse_rule(path.read_text(encoding="utf-8"), path))
    return tuple(rules)


# -- loaders -------------------------------------------------------------------------------------

_NAMES = ("r.toml", "r.json", "r.ndjson", "r.yaml", "r.zip")


def _loaded(data: bytes) -> None:
    """Read an input as a file of rules; its first byte tells the form."""
    path = Path(_NAMES[data[0] % len(_NAMES)]) if data else Path(_NAMES[0])
    for member in members_of(data[1:], path):
        if isinstance(member.rule, RuleError):
            str(member.rule)
            continue
        for key, value in (("name", member.rule.name), ("id", member.rule.rule_id), ("query", member.rule.query)):
            if value is not None and not isinstance(value, str):
                raise DefectError(f"the {key} of a rule is not a string")
        orjson.dumps([member.name, member.rule.name, member.rule.rule_id])
        if member.rule.query_map is not None and member.rule.query is not None and member.rule.places is not None:
            span = member.rule.query_map.span(Span(0, len(member.rule.query)))
            if not 0 <= span.start <= span.end <= len(member.rule.places.text):
                raise DefectError(f"{span} is not in the file")


def _rule_files() -> list[bytes]:
    tables = [{**rule.raw, "rule_id": rule.rule_id} for rule in _rules()[:12]]
    contents = [b"\0" + path.read_bytes() for path in find_rule_files([SAMPLES]).files]
    contents += [b"\1" + json.dumps(table, default=str).encode() for table in tables]
    contents.append(b"\2" + b"\n".join(json.dumps(table, default=str).encode() for table in tables[:3]))
    contents += [b"\3" + _yaml(table) for table in tables[:6]]
    return contents


def _yaml(table: dict[str, Any]) -> bytes:
    lines = ["---"]
    for key, value in table.items():
        if isinstance(value, str) and "\n" in value.strip():
            lines += [f"{key}: |", *("  " + line for line in value.strip().splitlines())]
        else:
            lines.append(f"{key}: {json.dumps(value, default=str)}")
    return "\n".join(lines).encode()


def _schema_read(data: bytes) -> None:
    """Read an input as a schema, JSON or YAML by its first byte; compile with what it says, and map it."""
    with _folder() as folder:
        path = folder / ("s.yaml" if data[:1] > b"\x7f" else "s.json")
        path.write_bytes(data[1:])
        try:
            schema = _schema().with_fields(load_schema(path))
        except SchemaError:
            return
    specs: dict[str, FieldSpec] = {}
    for name in ("process.name", "a", "a.b", "@timestamp", "event.category"):
        spec = schema.lookup(name)
        if spec is not None:
            specs[name] = spec
    with contextlib.suppress(MappingError):
        index_mappings(specs.values(), schema)
    for query in ("process.name : x* and a : 1", "a.b > 5 or not @timestamp : now", "a : { b : 1 }"):
        with contextlib.suppress(QueryError, QuerySyntaxError):
            compile_query(query, schema, DEFAULT_START, "kuery")


def _schemas() -> list[bytes]:
    fields: dict[str, Any] = {
        "a": {"type": "keyword", "normalize": ["array"], "multi_fields": [{"name": "text", "type": "text"}]},
        "a.b": {"type": "long", "allowed_values": [{"name": "x", "expected_event_types": ["y"]}]},
        "labels": {"type": "object", "object_type": "keyword"},
        "size": {"type": "scaled_float", "scaling_factor": 100},
    }
    properties: dict[str, Any] = {
        "a": {"type": "nested", "properties": {"b": {"type": "long", "null_value": 1}}},
        "process": {"properties": {"name": {"type": "constant_keyword", "value": "x", "fields": {"text": {"type": "text"}}}}},
        "other": {"type": "alias", "path": "process.name"},
        "flat": {"type": "flattened"},
    }
    templates = [{"x": {"path_match": "labels.*", "mapping": {"type": "keyword"}}}]
    mapping = {"mappings": {"properties": properties, "dynamic_templates": templates}}
    texts = [json.dumps(shape).encode() for shape in (fields, mapping, {"index": mapping}, {"properties": properties})]
    return [b"\0" + text for text in texts] + [b"\xff" + text for text in texts]


# -- plan files ----------------------------------------------------------------------------------


def _planned(data: bytes) -> None:
    """Read an input as a plan whose digest is right, and draw from it."""
    try:
        body = json.loads(data)
        content = json.dumps({"format": FORMAT, "version": VERSION, "digest": _digest(body), **body}).encode()
    except (ValueError, TypeError, RecursionError, AttributeError):
        content = data
    try:
        plans, _ = read_plans(content, _schema())
    except PlanFileError:
        return
    for plan in plans:
        matcher = GroupMatcher(plan.program)
        for texts in plan.plan.texts(0, 3):
            for text in texts:
                if text is not None and not matcher.accepts(documents(text)):
                    raise DefectError("a document of a plan does not match its program")


def _plans() -> list[bytes]:
    contents = []
    queries = (
        ("process.name : a* and not process.pid : 4", "kuery"),
        ("process where process.pid > 4 and process.name regex \"[a-c]{2}\"", "eql"),
        ("sequence by host.id with maxspan=1m [process where true] [file where file.size > 5]", "eql"),
        ("source.ip : \"10.0.0.0/8\" or event.created > now-1d", "kuery"),
    )  # fmt: skip
    for query, language in queries:
        program = compile_query(query, _schema(), DEFAULT_START, language).program
        sampler = solve(program, "seed", DEFAULT_START).sampler
        assert isinstance(sampler, Sampler)
        entry = entry_of(Planned(program, Plan(sampler, "seed")))
        contents.append(json.dumps({"seed": 0, "rules": [entry]}, sort_keys=True).encode())
    return contents


# -- the whole command ---------------------------------------------------------------------------

GOOD = """\
[rule]
type = "query"
name = "good"
rule_id = "good"
query = "process.name : good.exe"
"""
_OPTIONS: tuple[tuple[str, ...], ...] = (
    (),
    ("--style", "plain"),
    ("-n", "3", "--style", "plain"),
    ("-v", "--strict"),
    ("-f", "query-dsl"),
    ("--mappings", "m.json"),
    ("--style", "plain", "--emit-plan", "p.json"),
    ("--emit-smt2", "s"),
    ("--history", "--no-findings"),
    ("--solver", "whole"),
)
_FILES = ("bad.toml", "bad.toml", "bad.toml", "bad.json", "bad.yaml")
_ONE_IN = 400
"""Of so many inputs one is also given to a process of its own."""


def _commanded(data: bytes) -> None:
    """Give an input to the command as a rule file beside a good one; its first two bytes tell the options and the form."""
    options = _OPTIONS[data[0] % len(_OPTIONS)] if data else ()
    name = _FILES[data[1] % len(_FILES)] if len(data) > 1 else _FILES[0]
    args = [*options, "--timeout", "1", "--report", "r.json", name, "good.toml"]
    if "-f" not in options:
        args = ["-f", "groups", *args]
    with _folder() as folder, contextlib.chdir(folder):
        (folder / name).write_bytes(data[2:])
        (folder / "good.toml").write_text(GOOD)
        result = CliRunner().invoke(command("compile-rule"), args, catch_exceptions=False)
        _check_run(result.exit_code, result.stdout, result.stderr, folder, name)
        if zlib.crc32(data) % _ONE_IN == 0:
            run = subprocess.run(
                [sys.executable, "-m", "triggerfish", "compile-rule", *args], capture_output=True, text=True, timeout=120, check=False
            )
            _check_run(run.returncode, run.stdout, run.stderr, folder, name)
            if run.stdout != result.stdout and "time limit" not in run.stderr + result.stderr:
                raise DefectError("a process of its own wrote something else")


_CODES = {"invalid": 2, "unsatisfiable": 1, "unknown": 3, "unsupported": 3, "ok": 0}


def _check_run(code: int, stdout: str, stderr: str, folder: Path, name: str) -> None:
    if "Traceback" in stderr or "error in triggerfish itself" in stderr:
        raise DefectError(stderr[-1500:])
    report = json.loads((folder / "r.json").read_bytes())
    statuses = {entry["status"] for entry in report["rules"]}
    expected = next(number for status, number in _CODES.items() if status in statuses)
    if code != expected:
        raise DefectError(f"exit code {code} for {sorted(statuses)}")
    errors = [entry for entry in report["rules"] if entry["status"] != "ok" and not entry["findings"]]
    if errors or not any(entry["path"] == "good.toml" and entry["status"] == "ok" for entry in report["rules"]):
        raise DefectError("a rule without documents has no finding, or the good rule has no documents")
    lines = [orjson.loads(line) for line in stdout.splitlines()]
    if not any(line["rule"] == "good.toml" for line in lines):
        raise DefectError("the good rule has no line")
    _check_matches([line["docs"] for line in lines if line["rule"] == name and "docs" in line and "roles" not in line], folder / name)


def _check_matches(groups: Sequence[list[dict[str, Any]]], path: Path) -> None:
    """Check the written documents with a matcher compiled from the rule file again, if it has one rule with a self-contained query."""
    if not groups or path.suffix != ".toml":
        return
    rule = parse_rule(path.read_bytes().decode("utf-8-sig"), path)
    if rule.type not in ("query", "eql"):
        return
    matchers = [GroupMatcher(program) for program in compile_rule(rule, _schema(), DEFAULT_START).programs]
    size = len(matchers[0].events)
    for group in groups:
        if not any(matcher.accepts(group[-size:]) for matcher in matchers):
            raise DefectError(f"the matcher does not accept {json.dumps(group)[:1000]}")


def _command_lines() -> list[bytes]:
    files = find_rule_files([SAMPLES]).files
    return [bytes((at % len(_OPTIONS), 0)) + path.read_bytes() for at, path in enumerate(files)]


@contextlib.contextmanager
def _folder():  # type: ignore[no-untyped-def]
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=base, prefix="fuzz-") as name:
        yield Path(name)


TARGETS = {
    **{name: Target(_parsed(row), _queries(*of_rule_type(row.rule_type))) for name, row in LANGUAGES.items()},
    "rules": Target(_loaded, _rule_files, "rule"),
    "schema": Target(_schema_read, _schemas, "schema"),
    "plan": Target(_planned, _plans, "schema", longest=1 << 16),
    "command": Target(_commanded, _command_lines, "rule", seconds=60.0),
}
