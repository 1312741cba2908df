"""``compile-rule --push``: what is loaded, what is said, and what happens when something fails."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compile_rule import PORT_26, SAMPLES, command, documents, invoke, refused, rule, start
from elasticsearch_server import MAPPER_ERROR, Cut, Elasticsearch, Some, Status, Then, serving
from triggerfish.api.cli.terminal import Terminal
from triggerfish.api.run import push
from triggerfish.api.run.crash_log import CrashLog
from triggerfish.backends.elasticsearch.push.bulk_file import read_documents
from triggerfish.backends.elasticsearch.push.index_templates import template_body
from triggerfish.backends.elasticsearch.push.load import Loaded

pytestmark = pytest.mark.usefixtures("surroundings")


def stored(server: Elasticsearch, index: str = "triggerfish") -> list[Any]:
    return [server.documents[place] for place in server.created if place[0] == index]


# -- what is loaded ------------------------------------------------------------------------------


def test_documents_and_template(server: Elasticsearch, surroundings: Path) -> None:
    result = invoke("-n", "3", "--push", server.url, PORT_26, "--index", "logs")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines()[0] == f"3 of 3 documents are in {server.url}"
    assert stored(server, "logs") == documents("-n", "3", PORT_26)
    ((name, template),) = server.templates.items()
    assert (name, template["index_patterns"], template["_meta"]) == ("triggerfish-logs", ["logs"], {"created_by": "triggerfish"})
    assert template["template"]["mappings"]["properties"]["destination"]["properties"]["port"] == {"type": "long"}
    assert list(surroundings.iterdir()) == []


def test_twice_is_once(server: Elasticsearch) -> None:
    first = invoke("-n", "5", "--push", server.url, PORT_26)
    assert invoke("-n", "5", "--push", server.url, PORT_26).stderr.startswith(
        f"5 of 5 documents are in {server.url}, 5 of them by an earlier run\n"
    )
    assert (first.exit_code, len(server.documents)) == (0, 5)
    invoke("-n", "5", "--seed", "1", "--push", server.url, PORT_26)
    assert len(server.documents) == 10


def test_indicators_have_an_index_of_their_own(server: Elasticsearch, tmp_path: Path) -> None:
    path = tmp_path / "threat.toml"
    path.write_text(
        '[rule]\nname = "t"\nrule_id = "t"\ntype = "threat_match"\nlanguage = "kuery"\nquery = "destination.ip : *"\n'
        'threat_index = ["i"]\nthreat_query = "*:*"\nthreat_language = "kuery"\n'
        'threat_mapping = [{ entries = [{ field = "destination.ip", type = "mapping", value = "threat.indicator.ip" }] }]\n'
    )
    assert invoke("--push", server.url, path).exit_code == 0
    assert sorted(server.templates) == ["triggerfish-triggerfish", "triggerfish-triggerfish-indicators"]
    assert [len(stored(server)), len(stored(server, "triggerfish-indicators"))] == [1, 1]
    mappings = server.templates["triggerfish-triggerfish-indicators"]["template"]["mappings"]["properties"]
    assert mappings["threat"]["properties"]["indicator"]["properties"]["ip"] == {"type": "ip"}


def test_out_is_kept(server: Elasticsearch, tmp_path: Path) -> None:
    out = tmp_path / "out.bulk"
    assert invoke("-n", "2", "--push", server.url, "--no-push-templates", "-f", "bulk", "-o", out, PORT_26).exit_code == 0
    assert invoke("-n", "2", "-f", "bulk", PORT_26).stdout == out.read_text()
    with out.open("rb") as file:
        assert server.created == [(each.index, each.id) for each in read_documents(file, "0")]
    assert server.templates == {}


def test_nothing_to_load(server: Elasticsearch) -> None:
    result = invoke("-n", "0", "--push", server.url, PORT_26)
    assert (result.exit_code, server.bulks, server.templates) == (0, [], {})
    assert result.stderr.startswith(f"0 of 0 documents are in {server.url}\n")


def test_rules_that_fail_keep_none_back(server: Elasticsearch) -> None:
    result = invoke("--push", server.url, PORT_26, SAMPLES / "broken" / "contradictory_port_range.toml")
    assert (result.exit_code, len(server.documents)) == (1, 1), result.stderr


def test_a_template_with_many_fields_raises_the_limit() -> None:
    few, many = ({"properties": {f"f{number}": {"type": "long"} for number in range(count)}} for count in (700, 900))
    assert "settings" not in template_body(few, "a")["template"]
    assert template_body(many, "a")["template"]["settings"] == {"index.mapping.total_fields.limit": 1900}


# -- rejected documents --------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_rejected_documents_are_listed(server: Elasticsearch, tmp_path: Path, surroundings: Path, jobs: str) -> None:
    for number in range(4):
        rule(tmp_path, f"rule{number}", f"process.pid : {number}")
    server.refuse = lambda document: MAPPER_ERROR if document["process"]["pid"] in (1, 2) else None
    server.faults = [Some(3)]
    report = tmp_path / "report.json"
    result = invoke("-n", "8", "-j", jobs, "--style", "plain", "--push", server.url, "--report", report, tmp_path)
    assert result.exit_code == 2
    shown = [line for line in result.stderr.splitlines() if line.startswith("rejected: ")]
    assert len(shown) == 10
    why = '400 document_parsing_exception: [1:9] failed to parse field [port] of type [long]: For input string: "␛[31mx"'
    assert re.fullmatch(rf"rejected: {tmp_path}/rule1.toml: [0-9a-f]{{32}} in triggerfish: {re.escape(why)}", shown[0])
    (log,) = surroundings.glob("triggerfish-*.log")
    assert f"error: {server.url} rejected 16 of 32 documents; details are in {log}" in result.stderr.splitlines()
    listed = [json.loads(line) for line in log.read_text().splitlines() if line]
    pids = {each["rule"]: each.pop("document")["process"]["pid"] for each in listed}
    assert pids == {f"{tmp_path}/rule1.toml": 1, f"{tmp_path}/rule2.toml": 2}
    told = json.loads(report.read_text())["push"]
    assert told.pop("rejected") == listed
    assert told == {
        "url": server.url,
        "documents": 32,
        "templates": ["triggerfish-triggerfish"],
        "created": 16,
        "already_there": 0,
        "error": None,
    }
    assert len({each["id"] for each in listed}) == 16 and {each["status"] for each in listed} == {400}


def test_a_reason_that_ends_in_half_a_character(server: Elasticsearch, tmp_path: Path) -> None:
    server.refuse = lambda document: {"type": "document_parsing_exception", "reason": "Preview of field's value: '\ud83d"}
    report = tmp_path / "report.json"
    result = invoke("--push", server.url, "--report", report, PORT_26)
    assert result.exit_code == 2 and "rejected 1 of 1 documents" in result.stderr
    assert json.loads(report.read_text())["push"]["rejected"][0]["reason"] == "Preview of field's value: '?"


# -- when Elasticsearch fails --------------------------------------------------------------------


def test_giving_up_and_going_on(server: Elasticsearch, tmp_path: Path) -> None:
    server.faults = [Some(2), *[Status(503)] * 20]
    report = tmp_path / "report.json"
    result = invoke("-n", "4", "--push", server.url, "--report", report, PORT_26)
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert (
        lines[0].startswith("warning: 429 es_rejected_execution_exception: rejected execution")
        and "trying again in 1 s (1 of 9)" in lines[0]
    )
    assert lines[1] == f"warning: {server.url} answers 503; trying again in 2 s (2 of 9)"
    again = "repeat the command unchanged to load the others"
    assert f"error: {server.url} answers 503 (10 times in a row); 2 of 4 documents are loaded: {again}" in lines
    assert json.loads(report.read_text())["push"]["error"] == f"{server.url} answers 503 (10 times in a row)"
    server.faults = [Cut(answer=True)]
    assert invoke("-n", "4", "--push", server.url, PORT_26).exit_code == 0
    assert stored(server) != [] and sorted(map(json.dumps, stored(server))) == sorted(map(json.dumps, documents("-n", "4", PORT_26)))


def test_template_refused(server: Elasticsearch) -> None:
    error = {"type": "security_exception", "reason": "action [indices:admin/index_template/put] is unauthorized"}
    server.template_faults = [Status(503), Status(403, error=error)]
    said = refused("--push", server.url, PORT_26)
    assert said.startswith(f"{server.url} refuses the index template `triggerfish-triggerfish`: 403 security_exception: action [")
    assert server.documents == {}


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
def test_killed_and_started_again(server: Elasticsearch, carried_out: bool) -> None:
    args = ("-q", "-n", "2500", "--style", "plain", "--push", server.url, PORT_26)
    server.faults = [None, Then(lambda: process.kill(), carried_out)]
    process = start(*args)
    assert process.communicate(timeout=60) == (b"", b"") and process.returncode == -signal.SIGKILL
    assert len(server.documents) == (2000 if carried_out else 1000)
    assert command(*args).returncode == 0
    assert stored(server) == documents(*args[:5], PORT_26)


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
def test_killed_and_resumed(server: Elasticsearch, tmp_path: Path, carried_out: bool) -> None:
    out = tmp_path / "out.bulk"
    args = ("-q", "-n", "2500", "--style", "plain", "--push", server.url, "-o", str(out), PORT_26)
    server.faults = [None, Then(lambda: process.kill(), carried_out)]
    process = start(*args)
    assert process.communicate(timeout=60) == (b"", b"") and process.returncode == -signal.SIGKILL
    assert not out.exists()
    del server.bulks[:]
    assert command(*args, "--resume").returncode == 0
    # The first request was known to have arrived.
    assert server.bulks == [1000, 500]
    assert stored(server) == documents(*args[:5], PORT_26)
    assert out.read_text() == invoke(*args[:5], "-f", "bulk", PORT_26).stdout
    assert [path.name for path in tmp_path.iterdir()] == ["out.bulk"]


def test_given_up_and_resumed(server: Elasticsearch, tmp_path: Path) -> None:
    out = tmp_path / "out.bulk"
    args = ("-n", "2500", "--style", "plain", "--push", server.url, "-o", out, PORT_26)
    server.faults = [None, *[Status(503)] * 10]
    first = invoke(*args)
    again = "1000 of 2500 documents are loaded: repeat the command with --resume to load the others"
    assert f"error: {server.url} answers 503 (10 times in a row); {again}" in first.stderr.splitlines()
    assert (first.exit_code, out.exists()) == (2, False)
    second = invoke(*args, "--resume")
    assert (second.exit_code, server.bulks) == (0, [1000, 1000, 500])
    assert f"2500 of 2500 documents are in {server.url}, 1000 of them by an earlier run" in second.stderr.splitlines()
    assert len(server.documents) == 2500 and len(out.read_text().splitlines()) == 5000


def test_resumed_with_another_url(server: Elasticsearch, tmp_path: Path) -> None:
    args = ("-o", tmp_path / "out.bulk", PORT_26)
    server.faults = [Status(400)]
    assert invoke("--push", server.url, *args).exit_code == 2
    with serving() as other:
        assert "the earlier run had other options" in refused("--push", other.url, "--resume", *args)


def test_a_resumed_run_tells_of_all_that_are_rejected(server: Elasticsearch, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    for number in range(3):
        rule(rules, f"rule{number}", f"process.pid : {number}")
    server.refuse = lambda document: MAPPER_ERROR if document["process"]["pid"] == 1 else None
    server.faults = [None, None, Status(400)]
    report = tmp_path / "report.json"
    args = ("-n", "1000", "--style", "plain", "--push", server.url, "-o", tmp_path / "out.bulk", "--report", report, rules)
    for resume, created in (((), 1000), (("--resume",), 2000)):
        result = invoke(*args, *resume)
        told = json.loads(report.read_text())["push"]
        assert (result.exit_code, told["created"] + told["already_there"]) == (2, created)
        assert [each["rule"] for each in told["rejected"]] == [f"{rules}/rule1.toml"] * 1000
    assert len(server.documents) == 2000
    # The first batch is known to be there; that of the rejected ones is sent again, for they are to be told of.
    assert server.bulks == [1000, 1000, 1000, 1000]


def test_going_on_from_an_offset(server: Elasticsearch, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.write_text(invoke("-n", "3", "-f", "bulk", PORT_26).stdout)
    second = len("".join(out.read_text().splitlines(keepends=True)[:2]))
    acked: list[int] = []
    with push.connected(server.url, None, str(out), False, Terminal(-1)) as connection:
        pushed = connection.load(out, {}, "0", CrashLog(), start=second, acked=acked.append)
        assert (pushed.documents, pushed.loaded, acked) == (3, Loaded(created=2, already=1), [out.stat().st_size])
        assert stored(server) == documents("-n", "3", PORT_26)[1:]
        out.unlink()
        assert connection.load(out, {}, "0", CrashLog()).error == f"cannot read `{out}`: no such file or directory"


def test_interrupted(server: Elasticsearch) -> None:
    server.faults = [Then(lambda: process.send_signal(signal.SIGINT), carried_out=False)]
    process = start("-q", "--push", server.url, PORT_26)
    assert process.communicate(timeout=60) == (b"", b"error: interrupted\n") and process.returncode == 130


def test_warnings_of_the_server_are_shown_once(server: Elasticsearch) -> None:
    server.warning = "security is off"
    result = invoke("--push", server.url, PORT_26)
    assert (result.exit_code, result.stderr.count(f"warning: {server.url} warns: security is off\n")) == (0, 1)
    assert "Warning" not in result.stderr


# -- the first contact ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("localhost:9200", "`localhost:9200` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        ("ftp://a:1", "`ftp://a:1` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        ("http://a:99999", "`http://a:99999` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        ("http://a..b", "`http://a..b` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        (f"http://{'a' * 64}", f"`http://{'a' * 64}` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        ("http://[::g]:1", "`http://[::g]:1` is not a valid Elasticsearch URL, such as https://localhost:9200"),
        ("http://127.0.0.1:1", "cannot reach http://127.0.0.1:1: connection refused"),
        ("https://[::1]:1/path/", r"cannot reach https://\[::1\]:1/path: .*"),
        ("http://no-such-host.invalid:9200", "cannot reach http://no-such-host.invalid:9200: .*name.*"),
    ],
)
def test_who_cannot_be_reached(url: str, message: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert re.fullmatch(message if "*" in message else re.escape(message), refused("--push", url, "-o", out, PORT_26))
    assert not out.exists()


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (Elasticsearch(product=False), "{} is not Elasticsearch: its response has no `X-Elastic-Product` header"),
        (Elasticsearch(product=False, greeting_faults=[Status(404)]), "{} is not Elasticsearch, or a proxy failed to reach it: 404"),
        (Elasticsearch(greeting_faults=[Status(404)]), "{} is not the URL of an Elasticsearch API: 404"),
        (
            Elasticsearch(authorization="x"),
            "{} requires credentials: set ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD",
        ),
        (Elasticsearch(greeting_faults=[Status(503), Status(429, {"Retry-After": "601"})]), "{} answers 429, and requires a wait of 601 s"),
        (Elasticsearch(greeting_faults=[Status(503)] * 10), "{} answers 503 (10 times in a row)"),
        (Elasticsearch(major=7), "{} is older than the installed `elasticsearch` package (MAJOR.x): pip install 'elasticsearch<MAJOR'"),
    ],
)
def test_who_is_not_as_expected(state: Elasticsearch, message: str) -> None:
    import elasticsearch

    with serving(replace(state)) as server:
        said = refused("--push", server.url, PORT_26)
        assert said == message.replace("{}", server.url).replace("MAJOR", str(elasticsearch.__version__[0]))
        assert server.documents == {}


def test_credentials_that_may_not_ask_for_the_version_will_do(server: Elasticsearch) -> None:
    server.greeting_faults = [Status(403, error={"type": "security_exception", "reason": "unauthorized"})]
    assert invoke("--push", server.url, PORT_26).exit_code == 0
    assert len(server.documents) == 1


# -- usage ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--push", "https://a", "-f", "json"), "--push loads documents in the bulk format: omit --format, or use --format bulk"),
        (("--push", "https://a", "-f", "none"), "--push loads documents in the bulk format: omit --format, or use --format bulk"),
        (("--push", "https://a", "-o", "-"), "--push reads the documents back: use --out FILE, or omit --out"),
        (("--push", "https://a", "--explain"), "--explain does not write documents: omit --push"),
        (("--push", "https://a", "--watch"), "--watch: --push would load every intermediate version of a rule"),
        (("--push-ca", "x"), "--push-ca and --no-push-templates require --push"),
        (("--no-push-templates",), "--push-ca and --no-push-templates require --push"),
    ],
)
def test_usage(args: tuple[str, ...], message: str) -> None:
    result = invoke(*args, PORT_26)
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, f"Error: {message}")


def test_out_must_be_a_file() -> None:
    assert refused("--push", "https://a", "-o", "/dev/null", PORT_26) == "cannot load documents from `/dev/null`: it is not a regular file"


def test_no_place_for_a_temporary_file(server: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/no/such/folder")
    assert refused("--push", server.url, PORT_26) == "cannot create a temporary file: no such file or directory"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("triggerfish.api.cli.generate.elasticsearch_available", lambda: False)
    result = invoke("--push", "https://a", PORT_26)
    why = "Error: the Elasticsearch client is not installed: pip install 'triggerfish[elasticsearch]'"
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, why)


def test_the_client_is_loaded_only_to_push(tmp_path: Path) -> None:
    (tmp_path / "elasticsearch.py").write_text("raise ImportError('not for this transport')")
    assert command("-q", PORT_26, PYTHONPATH=str(tmp_path)).returncode == 0
    found = command("-q", "--push", "https://a", PORT_26, PYTHONPATH=str(tmp_path))
    message = b"error: cannot import the package `elasticsearch`: not for this transport\n"
    assert (found.returncode, found.stderr) == (2, message)
