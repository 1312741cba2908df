"""``--explain``: the query with its alternatives marked, the verdict, and what a rule asks of each field."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from compile_rule import GOOD, PORT_26, ROOT, SAMPLES, command, invoke, rule
from triggerfish.backends.decide.solve_program import solve
from triggerfish.backends.report.explain.outline import State, alternatives, outline
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.explain.constraint_text import shortened
from triggerfish.compiler.schema.fields import ecs_schema

DEAD = SAMPLES / "broken" / "dead_alternative.toml"


def explained(*args: str | Path) -> str:
    found = invoke("-q", "--explain", *args)
    assert found.stderr == ""
    return found.stdout


def constraints(query: str, *args: str) -> list[str]:
    """What stands below `every match has`, a line each, blanks made one."""
    rows = explained("--query", query, *args).split("every match has\n")[1].split("\n\n")[0].splitlines()
    return [" ".join(row.split()) for row in rows]


def test_a_dead_alternative() -> None:
    assert (
        explained(DEAD)
        == f"""\
{DEAD}  One Alternative Is Dead
ok: events can match  (query in kuery; 3 alternatives: 2 live, 1 dead)

24 | network.transport : tcp and (
25 +   destination.port : (80 or 443)
26 |   or (network.transport : udp and destination.port : 53)
   |      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |      dead: network.transport: single-valued field cannot equal both `tcp` and `udp`
27 | )
     + live alternatives   ^ dead alternatives

every match has
  network.transport  keyword  "tcp"
  one of 2 alternatives
    live  destination.port   long     one of 80, 443
    dead  network.transport  keyword  "udp"
          destination.port   long     53
"""
    )


def test_what_excludes_each_other() -> None:
    found = explained("--query", "destination.port < 1024 and destination.port > 1024")
    assert (
        found
        == """\
<query>
unsatisfiable: no event can match  (query in kuery)
  = destination.port: empty solution space, 1025 <= x <= 1023
  = help: these conditions contradict each other; remove or relax one

1 | destination.port < 1024 and destination.port > 1024
  | ^^^^^^^^^^^^^^^^^^^^^^^     ^^^^^^^^^^^^^^^^^^^^^^^
    ^ contradict each other

every match has
  destination.port  long  1025 <= x <= 1023
"""
    )


def test_what_changes_nothing() -> None:
    found = explained("--query", "destination.port: (80 or 443 or 80) and destination.port: *")
    assert "~~ adds nothing, because of `80`\n" in found
    assert "~~~~~~~~~~~~~~~~~~~\n  |                                         changes nothing, because of `80 or 443 or 80`\n" in found
    assert "destination.port  long  present  (changes nothing)\n" in found
    assert "destination.port  long  one of 80, 443\n                          changes nothing: 80\n" in found
    assert "3 alternatives: 3 live; 2 parts that change nothing" in found


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("destination.port >= 1 and destination.port < 1024", ["destination.port long 1 <= x <= 1023"]),
        ("destination.port > 1", ["destination.port long x >= 2"]),
        ("event.risk_score > 1.5 and event.risk_score < 2", ["event.risk_score float 1.5 < x < 2.0"]),
        ("event.risk_score >= 1.5", ["event.risk_score float x >= 1.5"]),
        ("destination.ip: 10.0.0.0/8", ["destination.ip ip 10.0.0.0/8"]),
        ("destination.ip: \"2001:db8::/32\"", ["destination.ip ip 2001:db8::/32"]),
        ("destination.ip >= 10.0.0.1 and destination.ip <= 10.0.0.9", ["destination.ip ip 10.0.0.1 <= x <= 10.0.0.9"]),
        ("process.name: (a or b*) and not process.name: bc", ['process.name keyword one of "a", "b*" and not "bc"']),
        ("process.name: a* and not process.name: (ab or ac)", ['process.name keyword "a*" and not one of "ab", "ac"']),
        ("process where process.name : \"A?\"", ['event.category keyword "process"', 'process.name keyword "A?" (any case)']),
        ("any where process.name == \"A*\"", ['process.name keyword "A\\*"']),
        ("process.args: a and process.args: b", ['process.args keyword "a" and also "b"']),
        ("process.name: *", ["process.name keyword present"]),
        ("not process.name: *", ["process.name keyword missing"]),
        ("any where process.name regex \"a+\"", ["process.name keyword matching /a+/"]),
        ("any where length(process.name) > 3", ["process.name keyword length >= 4"]),
        ("any where length(process.name) == 3", ["process.name keyword of length 3"]),
        ("message: \"one two\"", ['message match_only_text a text with "one two"']),
        ("@timestamp >= \"2024-01-01\"", ["@timestamp date x >= 2024-01-01T00:00:00.000Z"]),
        ("process.parent.interactive: true", ["process.parent.interactive boolean true"]),
        ('any where source.ip > "10.0.0.1" and source.ip < "10.0.0.2"', ["source.ip ip 10.0.0.2 <= x <= 10.0.0.1"]),
        ("any where process.pid == process.parent.pid", ["process.pid, process.parent.pid `process.pid == process.parent.pid`"]),
        (
            "a: 1 and not (b: 2 and c: 3)",
            ['a keyword "1"', "at least one of", '- b keyword not "2"', '- c keyword not "3"'],
        ),
        (
            "destination.port: 1 or (source.port: 2 and (process.pid: 3 or process.parent.pid < 0))",
            [
                "one of 2 alternatives",
                "live destination.port long 1",
                "live source.port long 2",
                "one of 2 alternatives",
                "live process.pid long 3",
                "live process.parent.pid long x <= -1",
            ],
        ),
    ],
)  # fmt: skip
def test_constraints(query: str, wanted: list[str]) -> None:
    assert constraints(query) == wanted


def test_long_lists_are_cut_short() -> None:
    values = " or ".join(f"v{number:02}" for number in range(40))
    (row,) = [" ".join(constraints(f"process.name: ({values})"))]
    assert row.endswith('"v10", "v11", … 28 more')
    alternatives = " or ".join(f"(a: {number} and b{number}: 1)" for number in range(30))
    rows = constraints(f"({alternatives}) and not a: 29")
    assert rows[0] == 'a keyword not "29"' and rows[1] == "one of 30 alternatives" and rows[-1] == "… 20 more: 20 live"
    assert any(row.startswith('dead a keyword "29"') for row in rows), "a dead alternative is shown wherever it stands"


def test_sequences() -> None:
    query = """\
sequence by host.id with maxspan=90s
  [process where process.pid == 1] by process.entity_id
  ![file where true] by process.entity_id
  [network where destination.port == 2] by process.parent.entity_id with runs=3
until [process where event.type == "end"] by process.entity_id
| head 2
"""
    found = explained("--query", query).split("\n\na match is ")[1]
    assert [" ".join(row.split()) for row in found.splitlines()] == [
        "a sequence of 4 events, joined by their keys, no more than 90s apart",
        "of the matches: | head 2",
        "event 1, joined by host.id, process.entity_id",
        'event.category keyword "process"',
        "process.pid long 1",
        "no event in between, joined by host.id, process.entity_id",
        'event.category keyword "file"',
        "events 2 to 4, joined by host.id, process.parent.entity_id",
        'event.category keyword "network"',
        "destination.port long 2",
        "ended by, joined by host.id, process.entity_id",
        'event.category keyword "process"',
        'event.type keyword "end"',
    ]


def test_equal_items_of_a_sequence_are_told_apart() -> None:
    found = explained("--query", "sequence [any where a == 1] [any where a == 1] [any where a == 1]")
    assert [row for row in found.splitlines() if row.startswith("event ")] == ["event 1", "event 2", "event 3"]


def test_conditions_beside_the_query(tmp_path: Path) -> None:
    """Of a threshold, that its fields are there and differ; of a filter, its own."""
    path = rule(tmp_path, "many", "a : 1", "threshold")
    tables = '[rule.threshold]\nfield = ["b"]\nvalue = 5\n\n[[rule.threshold.cardinality]]\nfield = "c"\nvalue = 3\n'
    path.write_text(f"{path.read_text()}\n{tables}")
    found = explained(path)
    assert 'field = ["b"]' in found and "a match is 5 events that agree on b\n" in found
    assert "together they have at least 3 different values of c\n" in found
    assert re.search(r'each of them has\n  a +keyword +"1"\n  b +keyword +present\n  c +keyword +present\n', found)


def test_what_was_not_compiled() -> None:
    found = explained(SAMPLES / "broken" / "unclosed_bracket_in_eql.toml")
    assert "\ninvalid: it cannot be read" in found and "\nerror[syntax]: " in found and "^" in found
    assert "\nunsupported: it cannot be compiled yet" in explained(SAMPLES / "broken" / "unsupported_esql.toml")
    missing = invoke("--explain", "nowhere.toml")
    assert missing.exit_code == 2 and "no such file" in missing.stdout


def test_states_go_by_place_and_not_by_text() -> None:
    """A wildcard in a field's name makes several alternatives of one piece of text: one of them is dead, the others are not."""
    program = compile_query("process.parent.*am*: foo and not process.parent.name: foo", ecs_schema(), 0, "kuery").program
    (examined,) = solve(program, "seed", 0).examined
    states = {each.block.lines[0].field: each.state for each in alternatives(outline(examined)) if hasattr(each, "block")}
    assert states["process.parent.name"] is State.DEAD and list(states.values()).count(State.LIVE) == len(states) - 1 > 0


def test_alternatives_that_were_not_looked_at() -> None:
    """The other roads to a verdict look at no alternatives, and nothing is called alive that nobody saw."""
    found = explained("--query", "a: 1 or b: 2", "--solver", "whole")
    assert "2 alternatives: 2 not examined" in found and "live" not in found
    assert re.search(r'one of 2 alternatives\n    - a  keyword  "1"\n    - b  keyword  "2"\n', found)


def test_where_it_goes(tmp_path: Path) -> None:
    found = invoke("--explain", DEAD, PORT_26)
    assert found.stdout.count("every match has") == 2 and "\n\n" + str(PORT_26) in found.stdout
    assert re.fullmatch(r"2 rules: 2 ok \(1 with warnings\); 0 documents in .* s\n", found.stderr)
    report = tmp_path / "report.json"
    assert invoke("--explain", DEAD, "--report", report).exit_code == 0
    assert json.loads(report.read_text())["rules"][0]["findings"][0]["code"] == "dead-alternative"
    assert invoke("--explain", *GOOD[:8]).stdout == invoke("--explain", "-j", "2", *GOOD[:8]).stdout
    assert invoke("--explain", SAMPLES / "broken" / "contradictory_port_range.toml").exit_code == 1


@pytest.mark.parametrize("options", [("-o", "x"), ("-f", "bulk"), ("--mappings", "x"), ("--emit-plan", "x"), ("--report", "-")])
def test_what_it_does_not_go_with(options: tuple[str, str]) -> None:
    found = invoke("--explain", DEAD, *options)
    assert found.exit_code == 2 and options[0].replace("-o", "--out").replace("-f", "--format") in found.stderr


def _examples() -> list[tuple[str, str]]:
    page = (ROOT / "docs" / "terminal.md").read_text(encoding="utf-8")
    assert page.count("```console") == 5
    return [found for found in re.findall(r"```console\n\$ ([^\n]*)\n(.*?)```", page, re.DOTALL) if "--watch" not in found[0]]


@pytest.mark.parametrize(("line", "shown"), _examples())
def test_the_page_on_terminals(line: str, shown: str) -> None:
    program, *words = shlex.split(line)
    found = command(*words)
    assert program == "compile-rule"
    assert re.sub(r"\d+\.\d\d s\n", "0.15 s\n", (found.stdout + found.stderr).decode()) == shown


def test_samples() -> None:
    """Every rule has something to say of each of its fields, and takes no more than a few screens."""
    for path in GOOD:
        found = explained(path)
        assert "ok: events can match" in found
        assert len(found.splitlines()) < 120


def test_the_longest_rules_of_a_corpus(shared: Path) -> None:
    files = sorted((shared / "corpus").rglob("*.toml"), key=lambda path: -path.stat().st_size)[:20]
    for path in files:
        found = invoke("-q", "--explain", path, "--timeout", "5").stdout
        assert found and "internal-error" not in found
        assert len(found.splitlines()) <= 250, path


@pytest.mark.parametrize("most", [20, 60, 61])
def test_a_long_text_is_shortened_to_its_ends(most: int) -> None:
    text = "".join(f"{number:03}" for number in range(100))
    short = shortened(text, most)
    head, tail = short.split(" … ")
    assert len(short) == most
    assert text.startswith(head) and text.endswith(tail)
    assert shortened(text[:most], most) == text[:most]
