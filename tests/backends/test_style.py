"""The realistic style: whatever it changes and adds, documents match; what it relates agrees, where the rule leaves room."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import event, given, settings

from compile_rule import PORT_26, documents, report, rule
from formulas import FIELDS, formulas
from triggerfish import SourceEvents
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.generate.cells import Cell
from triggerfish.backends.generate.restyle import apply_accepted
from triggerfish.backends.generate.sampler import Sampler
from triggerfish.backends.limits import Strategy
from triggerfish.backends.realism.apply import make_realistic
from triggerfish.backends.realism.assignment import is_of
from triggerfish.backends.realism.environment import set_environment
from triggerfish.backends.realism.fill_patterns import Form, fill
from triggerfish.backends.realism.population import usual_world
from triggerfish.backends.realism.processes import directory_of, in_directory, join, last_part, split
from triggerfish.compiler.ir.formula import Formula
from triggerfish.compiler.ir.program import Program, ShapeKind, Step
from triggerfish.compiler.schema.field_types import FIELD_TYPES
from triggerfish.compiler.schema.fields import FieldSpec, Schema, ecs_schema
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, matches
from triggerfish.compiler.semantics.match_group import GroupMatcher
from triggerfish.compiler.values.patterns import compile_patterns, from_eql

START = 1_700_000_000_000
WORLD = usual_world(0)
COUNT = 12

Flat = dict[str, Any]


def samplers(program: Program, schema: Schema) -> tuple[Sampler, Sampler] | None:
    """One that draws plain documents and one that draws realistic ones."""
    found = []
    for style in ("plain", "realistic"):
        solution = solve(program, "seed", START, strategy=Strategy(findings=False))
        if not isinstance(solution.sampler, Sampler):
            return None
        if style == "realistic":
            make_realistic(solution.sampler, schema, WORLD)
        found.append(solution.sampler)
    return found[0], found[1]


def drawn(query: str, count: int = COUNT, seed: int = 0, **options: Any) -> list[list[Flat]]:
    """The documents of matches of a query, each with the first value of every field."""
    events = SourceEvents.from_query(query, style="realistic", seed=seed, **options)
    judge = GroupMatcher(events.roots[0].program)
    groups = [next(events) for _ in range(count)]
    for group in groups:
        assert judge.accepts(group)
        assert judge.accepts(group, Reading.STRICT)
    return [[{name: values[0] for name, values in flatten(document).items()} for document in group] for group in groups]


# -- laws ----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(formulas)
def test_realistic_documents_match(formula: Formula) -> None:
    schema = ecs_schema().with_fields({spec.name: spec for spec in FIELDS})
    found = samplers(Program(ShapeKind.EVENT, (Step(formula),), ""), schema)
    event("ok" if found else "none")
    if found is None:
        return
    plain, realistic = found
    for number in range(3):
        group = realistic.draw(Random(number), number)
        assert group is not None
        assert matches(formula, group[0])
        before = plain.draw(Random(number), number)
        assert before is not None
        assert matches(formula, group[0], Reading.STRICT) >= matches(formula, before[0], Reading.STRICT)


@settings(max_examples=60, deadline=None)
@given(formulas)
def test_what_the_rule_wants_missing_is_not_added(formula: Formula) -> None:
    """Under other names: the formula's fields are ones that the style likes to add."""
    renamed = {"name": "process.name", "args": "process.args", "port": "destination.port", "ip": "host.ip", "message": "user.name"}
    known = ecs_schema()
    specs = {name: spec for name, other in renamed.items() if (spec := known.lookup(other))}
    assert specs.keys() == renamed.keys()
    found = samplers(Program(ShapeKind.EVENT, (Step(_renamed(formula, specs)),), ""), known)
    if found is None:
        return
    judge = GroupMatcher(found[1].program)
    for number in range(3):
        group = found[1].draw(Random(number), number)
        assert group is not None
        assert judge.accepts(group)


def _renamed(node: Any, specs: dict[str, FieldSpec]) -> Any:
    if isinstance(node, FieldSpec):
        other = specs.get(node.name)
        return other if other is not None and other.kind is node.kind else node
    if isinstance(node, tuple):
        return tuple(_renamed(each, specs) for each in node)
    if type(node).__module__.endswith("compiler.ir") and hasattr(node, "__dataclass_fields__"):
        values = {name: _renamed(getattr(node, name), specs) for name in node.__dataclass_fields__}
        return type(node)(**values)
    return node


def test_the_same_seed_gives_the_same_documents() -> None:
    query = 'sequence by host.id [process where process.name : "*.exe"] [file where file.path : "?:\\\\Users\\\\*.dll"]'
    first, second = (SourceEvents.from_query(query, style="realistic", seed=3).emit(10) for _ in range(2))
    assert first == second
    assert first != SourceEvents.from_query(query, style="realistic", seed=4).emit(10)


def test_every_alternative_is_still_taken() -> None:
    query = 'process where process.name : ("*.exe", "*.dll", "a*") and (user.name : "x*" or process.args : ("-a", "-b*"))'
    events = SourceEvents.from_query(query, style="realistic").emit(complete=True)
    names = [document["process"]["name"] for document in events]
    arguments = [argument for document in events for argument in document["process"].get("args", ())]
    assert {name[-4:] for name in names} >= {".exe", ".dll"}
    assert any(name.startswith("a") for name in names)
    assert any(document.get("user", {}).get("name", "").startswith("x") for document in events)
    assert "-a" in arguments and any(argument.startswith("-b") for argument in arguments)


def test_plain_documents_hold_the_fields_of_the_query_and_no_others() -> None:
    (document,) = SourceEvents.from_query('process where process.name : "a*"').emit()
    assert flatten(document).keys() == {"process.name", "event.category", "@timestamp"}


@pytest.mark.parametrize("name", ["process.name", "process.args", "user.name", "host.ip", "file.path", "registry.path", "destination.port"])
@pytest.mark.parametrize("type_name", ["long", "keyword", "boolean", "ip", "date"])
def test_a_schema_of_ones_own_decides_what_a_field_holds(name: str, type_name: str) -> None:
    schema = ecs_schema().with_fields({name: FieldSpec(name, FIELD_TYPES[type_name])})
    for query in (f"{name}: *", "process.pid: 4", "event.category: file", "event.category: registry", "event.category: network"):
        for (document,) in drawn(query, count=2, schema=schema):
            if name in document:
                assert is_of(FieldSpec(name, FIELD_TYPES[type_name]), document[name]), document[name]


def test_a_style_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="`fancy` is not a style"):
        SourceEvents(style="fancy")


# -- exclusions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "without"),
    [
        ("process.name: a.exe and not user.name: *", "user.name"),
        ("process.name: a.exe and not process.parent.name: *", "process.parent.name"),
        ('process where process.name == "a.exe" and process.args == null', "process.args"),
        ('process where process.name == "a.exe" and host.os.type == null', "host.os.type"),
    ],
)
def test_a_field_that_must_be_missing_stays_so(query: str, without: str) -> None:
    assert all(without not in document for (document,) in drawn(query))


@pytest.mark.parametrize(
    ("query", "field", "refused"),
    [
        (
            'process where process.name : "svchost.exe" and not process.executable : "C:\\\\Windows\\\\System32\\\\*"',
            "process.executable",
            "C:\\Windows\\System32",
        ),
        ('process where process.name : "*.exe" and not process.parent.name : ("e*", "c*")', "process.parent.name", "e"),
        ("host.os.type: linux and event.category: file and not user.name: root", "user.name", "root"),
    ],
)
def test_added_and_changed_values_heed_exclusions(query: str, field: str, refused: str) -> None:
    for (document,) in drawn(query):
        assert not str(document.get(field, "")).startswith(refused)


def test_added_fields_bring_about_no_missing_event_and_no_end() -> None:
    missing = 'sequence by host.id with maxspan=1m [process where process.pid > 4] ![file where user.name : "*"] [network where true]'
    ending = 'sequence by host.id [process where process.pid > 4] [process where true] until [process where process.parent.name : "*"]'
    for query in (missing, ending):
        drawn(query)


def test_changes_that_are_not_accepted_are_taken_back_one_by_one() -> None:
    spec = ecs_schema().lookup("user.name")
    assert spec is not None
    before = {(0, name): Cell(spec) for name in "ab"}
    after = {(0, name): Cell(spec, required=True) for name in "abcdef"}
    assert apply_accepted(before, after, lambda cells: (0, "d") not in cells) == {
        name: cell for name, cell in after.items() if name != (0, "d")
    }
    assert apply_accepted(before, after, lambda cells: True) == after
    assert apply_accepted(before, after, lambda cells: False) is None


# -- relations -----------------------------------------------------------------------------------


def names_agree(document: Flat) -> bool:
    return last_part(document["process.executable"]) == document["process.name"]


def parents_agree(document: Flat) -> bool:
    return last_part(document["process.parent.executable"]) == document["process.parent.name"] != document["process.name"]


def line_starts_with_the_program(document: Flat) -> bool:
    line = document["process.command_line"].lstrip('"')
    return bool(line.startswith((document["process.name"], document["process.executable"])))


def file_agrees(document: Flat) -> bool:
    path, name = document["file.path"], document["file.name"]
    extension = document.get("file.extension", name.rpartition(".")[2])
    return last_part(path) == name and document["file.directory"] == directory_of(path) and name.endswith(extension)


def registry_agrees(document: Flat) -> bool:
    return bool(document["registry.path"].endswith(f"{document['registry.key']}\\{document['registry.value']}"))


def windows_paths(document: Flat) -> bool:
    return document["host.os.type"] == "windows" and "\\" in document["process.executable"] and document["user.id"].startswith("S-1-5-")


def unix_paths(document: Flat) -> bool:
    return document["process.executable"].startswith("/") and document["user.id"].isdecimal()


def outbound(document: Flat) -> bool:
    inside, outside = document["source.ip"], document["destination.ip"]
    version = 6 if document["network.type"] == "ipv6" else 4
    return ipaddress.ip_address(inside).version == ipaddress.ip_address(outside).version == version


def arrived_later(document: Flat) -> bool:
    return "2023-11-14T22:13:20" < document["event.created"] < document["event.ingested"]


def type_goes_with_category(document: Flat) -> bool:
    return document["event.type"] in ecs_schema().expected_event_types(document["event.category"])


def logged_on_from_elsewhere(document: Flat) -> bool:
    return document["source.ip"] not in document["host.ip"]


RELATIONS: list[tuple[str, Callable[[Flat], bool]]] = [
    ('process where process.name : "*.exe"', names_agree),
    ('process where process.executable : "?:\\\\Users\\\\*.exe"', names_agree),
    ('process where process.executable : "/opt/*" and process.parent.executable : "/usr/*"', names_agree),
    ('process where process.name : "rundll32.exe" and process.executable : "*\\\\Temp\\\\*"', names_agree),
    ('process where process.parent.name : ("winword.exe", "excel.exe")', parents_agree),
    ('process where process.name : "cmd.exe" and process.args : "/c"', line_starts_with_the_program),
    ('process where process.name : "curl" and process.command_line : "*http*"', line_starts_with_the_program),
    ('authentication where host.os.type == "windows" and event.outcome == "failure"', logged_on_from_elsewhere),
    ('any where event.code == "4625" and winlog.event_data.LogonType == "3" and source.ip != null', logged_on_from_elsewhere),
    ('file where file.extension : ("ps1", "vbs")', file_agrees),
    ('file where file.path : "?:\\\\Users\\\\*\\\\Startup\\\\*"', file_agrees),
    ('file where file.name : "*.so" and file.path : "/usr/lib/*"', file_agrees),
    ('registry where registry.path : "HKLM\\\\*\\\\Run\\\\*"', registry_agrees),
    ('registry where registry.value : "ImagePath"', registry_agrees),
    ('process where host.os.type == "windows"', windows_paths),
    ('process where host.os.type == "linux"', unix_paths),
    ('process where host.os.type == "macos"', unix_paths),
    ('process where process.name : "*.exe"', windows_paths),
    ("network where destination.port == 443", outbound),
    ('network where cidrMatch(destination.ip, "2001:db8::/32") and source.ip != null', outbound),
    ('file where process.name : "a*"', arrived_later),
    ("process where true", type_goes_with_category),
    ("registry where true", type_goes_with_category),
]


@pytest.mark.parametrize(("query", "relation"), RELATIONS, ids=lambda each: each.__name__ if callable(each) else each[:30])
def test_related_fields_agree(query: str, relation: Callable[[Flat], bool]) -> None:
    for (document,) in drawn(query, start=START):
        assert relation(document), document


def test_number_of_arguments() -> None:
    for wanted in (1, 2, 5):
        events = SourceEvents.from_query(f'process where process.name : "id" and process.args_count == {wanted}', style="realistic")
        for (document,) in (next(events) for _ in range(COUNT)):
            assert len(document["process"]["args"]) == wanted
            assert split(document["process"]["command_line"]) == document["process"]["args"]


@pytest.mark.parametrize(("user_id", "name"), [("S-1-5-18", "SYSTEM"), ("S-1-5-20", "NETWORK SERVICE")])
def test_well_known_accounts(user_id: str, name: str) -> None:
    for (document,) in drawn(f'process where host.os.type == "windows" and user.id == "{user_id}"'):
        assert (document["user.name"], document["user.domain"]) == (name, "NT AUTHORITY")


def test_events_of_a_sequence_happen_on_one_machine_to_one_person() -> None:
    query = 'sequence by process.entity_id [process where process.name : "*.exe"] [network where destination.port == 443]'
    for first, second in drawn(query):
        for name in ("host.name", "host.id", "user.name", "process.name", "process.executable", "process.pid"):
            assert first[name] == second[name], name


def test_a_child_knows_its_parent() -> None:
    query = 'sequence [process where process.name : "w*"] by process.entity_id [process where true] by process.parent.entity_id'
    for first, second in drawn(query):
        assert second["process.parent.name"] == first["process.name"]
        assert second["process.parent.executable"] == first["process.executable"]


def test_hashes_are_of_the_right_length_and_of_the_file() -> None:
    query = "process.hash.md5: * and process.hash.sha1: * and process.hash.sha256: *"
    for (document,) in drawn(query):
        assert [len(document[f"process.hash.{each}"]) for each in ("md5", "sha1", "sha256")] == [32, 40, 64]


def test_what_the_rule_says_otherwise_is_given_up_and_told() -> None:
    query = 'process where process.name : "a.exe" and process.executable : "C:\\\\b.exe" and event.type == "creation"'
    events = SourceEvents.from_query(query, style="realistic")
    next(events)
    sampler = events.roots[0].solution.sampler
    assert isinstance(sampler, Sampler)
    assert sampler.given_up == {"process.executable ends with process.name", "event.type goes with event.category"}


# -- parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "form", "expected"),
    [
        ("?:\\Users\\*\\AppData\\*\\a.exe", Form.PATH, "C:\\Users\\USER\\AppData\\"),
        ("HKLM\\SYSTEM\\*ControlSet*\\Services\\*\\Start", Form.REGISTRY, "HKLM\\SYSTEM\\C"),
        ("/home/*/.ssh/id_rsa", Form.PATH, "/home/USER/.ssh/id_rsa"),
        ("*.exe", Form.NAME, ""),
        ("* -enc *", Form.LINE, "powershell.exe -enc "),
        ("*.example.com", Form.DOMAIN, ""),
    ],
)
def test_wildcards_are_filled_by_their_surroundings(pattern: str, form: Form, expected: str) -> None:
    environment = set_environment(WORLD, [("host.os.type", "windows" if "\\" in pattern or "exe" in pattern else "linux")], [], Random(0))
    compiled = from_eql(pattern, False)
    for number in range(20):
        text = fill(compiled, form, environment, Random(number), "powershell.exe" if form is Form.LINE else "")
        assert text.startswith(expected.replace("USER", environment.user))
        assert compile_patterns((compiled,))(text)


@pytest.mark.parametrize("words", [["a", "b c"], ["cmd.exe", "/c", "echo x"], ["sh", "-c", "id; uname"]])
def test_a_command_line_is_split_into_what_it_was_made_of(words: list[str]) -> None:
    for os in ("windows", "linux"):
        assert split(join(words, set_environment(WORLD, [("host.os.type", os)], [], Random(0)))) == words


def test_the_scene_follows_what_the_rule_says() -> None:
    def os(*facts: tuple[str, str]) -> str | None:
        return set_environment(WORLD, facts, [], Random(0)).os

    assert os(("process.executable", "C:\\a\\b.exe")) == "windows"
    assert os(("file.path", "/etc/passwd")) == "linux"
    assert os(("file.path", "/Library/LaunchAgents/a.plist")) == "macos"
    assert os(("process.name", "bash")) == "linux"
    assert os(("event.dataset", "aws.cloudtrail")) is None
    assert set_environment(WORLD, [("event.provider", "ec2.amazonaws.com")], [], Random(0)).service == "aws"


# -- the command ---------------------------------------------------------------------------------


def test_realistic_is_the_default_of_the_command() -> None:
    (document,) = documents(PORT_26)
    assert document["destination"]["port"] == 26
    assert document["event"]["kind"] == "event"
    (document,) = documents("--style", "plain", PORT_26)
    assert document["destination"] == {"port": 26}


def test_the_report_notes_what_was_given_up(tmp_path: Any) -> None:
    path = rule(tmp_path, "renamed", 'process where process.name == "a.exe" and process.executable == "C:/b.exe"', "eql")
    (entry,) = report(path)["rules"]
    assert [finding["code"] for finding in entry["findings"]] == ["preference"]


def test_added_fields_are_mapped() -> None:
    events = SourceEvents.from_query("destination.port: 26", style="realistic")
    mapped = _names(events.mappings())
    for document in events.emit(5):
        assert flatten(document).keys() <= mapped


def _names(mapping: dict[str, Any], prefix: str = "") -> set[str]:
    found = set()
    for name, below in mapping["properties"].items():
        found |= _names(below, f"{prefix}{name}.") if "properties" in below else {f"{prefix}{name}"}
    return found


def test_an_address_has_the_extension_that_is_asked_for() -> None:
    urls = [group[0]["url.full"] for group in drawn('network where url.extension == "exe" and url.full : "http*"')]
    assert all(url.partition("?")[0].endswith(".exe") for url in urls)


def test_an_argument_that_is_a_path_names_a_file() -> None:
    for (document,) in drawn('process where process.args : "/tmp/*" and process.command_line : "*"'):
        (path,) = re.findall(r"/tmp/\S*", document["process.command_line"])[-1:]
        assert len(path) > len("/tmp/")


@pytest.mark.parametrize(
    ("directory", "path"),
    [
        ("C:\\Windows", "C:\\Windows\\a.exe"),
        ("C:\\Windows\\", "C:\\Windows\\a.exe"),
        ("D:", "D:\\a.exe"),
        ("/usr/bin", "/usr/bin/a.exe"),
        ("/", "/a.exe"),
    ],
)
def test_a_file_in_a_directory(directory: str, path: str) -> None:
    assert in_directory(directory, "a.exe", set_environment(WORLD, [], [], Random(0))) == path
