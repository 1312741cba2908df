"""Loading into Elasticsearch: whatever fails on the way, each document is there once, or listed with the reason why it is not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elasticsearch_server import MAPPER_ERROR, Cut, Elasticsearch, Fault, Half, Silence, Some, Status, Then, serving
from triggerfish.backends.elasticsearch.push import client as client_module
from triggerfish.backends.elasticsearch.push.address import Address, Credentials
from triggerfish.backends.elasticsearch.push.backoff import Backoff, seconds_to_wait
from triggerfish.backends.elasticsearch.push.bulk_file import Survey, read_documents, survey
from triggerfish.backends.elasticsearch.push.client import Client
from triggerfish.backends.elasticsearch.push.load import BatchSize, Loaded, Rejected, load
from triggerfish.backends.elasticsearch.push.problems import PushError, Unavailable


def bulk(count: int, index: str = "logs", **fields: Any) -> bytes:
    """A bulk file of documents some of which are equal."""
    action = json.dumps({"create": {"_index": index}}).encode()
    return b"".join(b"%s\n%s\n" % (action, json.dumps({"number": number // 2, **fields}).encode()) for number in range(count))


def bodies(data: bytes) -> Counter[str]:
    return Counter(json.dumps(json.loads(line)) for line in data.splitlines()[1::2])


def stored(server: Elasticsearch) -> Counter[str]:
    return Counter(map(json.dumps, server.documents.values()))


class Run:
    """One run of the loader, and all it told."""

    def __init__(self, server: Elasticsearch, data: bytes, start: int = 0, **options: Any) -> None:
        self.waits: list[float] = []
        self.acked: list[int] = []
        self.rejected: list[Rejected] = []
        self.loaded = Loaded()
        self.error: str | None = None
        options = {"backoff": Backoff(sleep=self.waits.append), "size": BatchSize(documents=4), **options}
        client = Client(Address(server.url, Credentials()), None, pytest.fail)
        try:
            load(
                client,
                BytesIO(data),
                key="k",
                start=start,
                loaded=self.loaded,
                acked=self.acked.append,
                rejected=self.rejected.extend,
                **options,
            )
        except PushError as error:
            self.error = str(error)
        finally:
            client.close()


# -- the file ------------------------------------------------------------------------------------


def test_ids_follow_from_file_and_key() -> None:
    data = bulk(6)
    first = list(read_documents(BytesIO(data), "k"))
    assert first == list(read_documents(BytesIO(data), "k"))
    assert len({each.id for each in first}) == 6
    assert b"".join(data[each.offset : each.end] for each in first) == data
    assert list(read_documents(BytesIO(data), "k", first[2].offset)) == first[2:]
    assert list(read_documents(BytesIO(data), "k", len(data))) == []
    others = (
        read_documents(BytesIO(data), "other"),
        read_documents(BytesIO(bulk(6, x=1)), "k"),
        read_documents(BytesIO(bulk(6, "b")), "k"),
    )
    assert all(not {each.id for each in first} & {each.id for each in other} for other in others)


def test_the_lines_sent() -> None:
    (document,) = read_documents(BytesIO(b'{"create":{"_index":"a"}}\n{ "b" : 1 }\n'), "k")
    action, body = document.lines.splitlines()
    assert json.loads(action) == {"create": {"_index": "a", "_id": document.id}}
    assert body == b'{ "b" : 1 }'


def test_survey() -> None:
    data = bulk(3, "b") + bulk(2, "a")
    found = survey(BytesIO(data))
    assert found == Survey(5, 0, ("a", "b"))
    assert survey(BytesIO(data), len(bulk(3, "b"))) == Survey(5, 3, ("a", "b"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"create":{"_index":"a"}}\n', "the bulk file ends in the middle of the document at byte 0"),
        (bulk(1) + bulk(1)[:-1], f"the bulk file ends in the middle of the document at byte {len(bulk(1))}"),
        (b'{"index":{"_index":"a"}}\n{}\n', "the bulk file has no `create` action at byte 0"),
        (b'{"create":{"_index":"a","_id":"b"}}\n{}\n', "the bulk file has no `create` action at byte 0"),
        (b"\n\n", "the bulk file has no `create` action at byte 0"),
    ],
)
def test_no_bulk_file(data: bytes, message: str) -> None:
    with pytest.raises(PushError, match=f"^{message}$"):
        survey(BytesIO(data))


# -- nothing lost, nothing twice -----------------------------------------------------------------


def test_loaded_in_batches(server: Elasticsearch) -> None:
    data = bulk(10)
    run = Run(server, data)
    assert (run.loaded, run.error, server.bulks) == (Loaded(created=10), None, [4, 4, 2])
    assert stored(server) == bodies(data)
    assert run.acked == [len(bulk(4)), len(bulk(8)), len(data)]
    again = Run(server, data)
    assert again.loaded == Loaded(already=10)
    assert stored(server) == bodies(data)


def test_batches_by_size(server: Elasticsearch) -> None:
    Run(server, bulk(3, text="x" * 100) + bulk(1, text="x" * 900), size=BatchSize(bytes=500))
    assert server.bulks == [2, 1, 1]


@pytest.mark.parametrize(
    ("faults", "loaded", "waits", "bulks"),
    [
        ([Status(429)], Loaded(created=6), [1], [4, 2]),
        ([Status(429, {"Retry-After": "7"})], Loaded(created=6), [7], [4, 2]),
        ([Status(503), Status(502), Status(504), Status(503)], Loaded(created=6), [1, 2, 4, 8], [4, 2]),
        ([Cut(answer=False)], Loaded(created=6), [1], [4, 2]),
        ([Cut(answer=True)], Loaded(created=2, already=4), [1], [4, 4, 2]),
        ([Half()], Loaded(created=2, already=4), [1], [4, 4, 2]),
        ([Some(2)], Loaded(created=6), [1], [4, 2, 2]),
        ([Some(2, 503), Status(429), Some(2)], Loaded(created=6), [1, 2, 1], [4, 2, 1, 2]),
        ([Some(1), Some(1)], Loaded(created=6), [1, 2], [4, 4, 4, 2]),
    ],
    ids=repr,
)
def test_failures_that_pass(server: Elasticsearch, faults: list[Fault], loaded: Loaded, waits: list[float], bulks: list[int]) -> None:
    data = bulk(6)
    server.faults = faults
    run = Run(server, data)
    assert (run.error, run.loaded, run.waits, server.bulks) == (None, loaded, waits, bulks)
    assert stored(server) == bodies(data)
    assert run.acked == [len(bulk(4)), len(data)]


def test_no_answer_in_time(server: Elasticsearch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_TIMEOUT", 0.2)
    server.faults = [Silence()]
    run = Run(server, bulk(4))
    assert (run.loaded, run.waits) == (Loaded(already=4), [1])
    assert stored(server) == bodies(bulk(4))


def test_too_large_a_request(server: Elasticsearch) -> None:
    server.most_bytes = 500
    data = bulk(16, text="x" * 50) + bulk(1, text="x" * 600) + bulk(1)
    run = Run(server, data, size=BatchSize(documents=8))
    assert run.loaded == Loaded(created=17, rejected=1)
    (rejected,) = run.rejected
    assert (rejected.answer.status, rejected.document.offset) == (413, len(bulk(16, text="x" * 50)))
    assert stored(server) == bodies(bulk(16, text="x" * 50) + bulk(1))
    # The first batch of eight and its two halves are too large, then batches fit, then there is the large document.
    assert (server.too_large, max(server.bulks)) == (4, 2)


def test_rejected_documents_are_all_told(server: Elasticsearch) -> None:
    server.refuse = lambda document: MAPPER_ERROR if document["number"] % 2 else None
    server.faults = [Some(3), Cut(answer=True)]
    data = bulk(12)
    run = Run(server, data)
    assert (run.error, run.loaded.rejected) == (None, 6)
    assert run.loaded.created + run.loaded.already == 6
    assert sorted(json.loads(each.document.body)["number"] for each in run.rejected) == [1, 1, 3, 3, 5, 5]
    assert {each.document.id for each in run.rejected}.isdisjoint(id for _, id in server.documents)
    assert all(each.answer.status == 400 and "failed to parse field [port]" in each.answer.reason for each in run.rejected)
    assert all("For input string" in each.answer.reason for each in run.rejected)


def test_giving_up(server: Elasticsearch) -> None:
    server.faults = [Some(99), *[Status(503)] * 5]
    data = bulk(8)
    waits: list[float] = []
    run = Run(server, data, backoff=Backoff(tries=4, sleep=waits.append))
    assert run.error == f"{server.url} answers 503 (4 times in a row)"
    assert (run.loaded.created, waits) == (3, [1, 2, 4])
    assert run.acked == []
    server.faults = []
    assert Run(server, data).loaded == Loaded(created=5, already=3)
    assert stored(server) == bodies(data)


def test_too_long_a_wait(server: Elasticsearch) -> None:
    server.faults = [Status(429, {"Retry-After": "86400"})]
    run = Run(server, bulk(1))
    assert (run.error, run.waits) == (f"{server.url} answers 429, and requires a wait of 86400 s", [])


@pytest.mark.parametrize("code", [400, 401, 403, 404, 500])
def test_refused_as_such(server: Elasticsearch, code: int) -> None:
    server.faults = [Some(99, 400), Status(code, error={"type": "some_exception", "reason": "because"})]
    run = Run(server, bulk(8))
    assert run.error == f"{server.url} refuses to load documents: {code} some_exception: because"
    assert (run.loaded, run.waits) == (Loaded(created=3, rejected=1), [])


def test_an_answer_of_something_else(server: Elasticsearch) -> None:
    server.carry_out = lambda body, fault: {"items": []}  # type: ignore[method-assign]
    assert "returned an invalid response" in str(Run(server, bulk(1)).error)


def test_wait_and_its_end() -> None:
    told: list[Any] = []
    backoff = Backoff(tries=10, sleep=lambda seconds: told.append(seconds), warned=lambda *each: told.append(each))
    with pytest.raises(PushError, match=r"^why \(10 times in a row\)$"):
        for failure in range(1, 11):
            backoff.wait(failure, Unavailable("why"))
    assert [each for each in told if isinstance(each, float)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert told[:2] == [("why", 1.0, 1), 1.0]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("12", 12),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("soon", None),
        ("-3", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert seconds_to_wait(header, 10.0) == seconds


FAULTS = st.one_of(
    st.sampled_from([Cut(answer=False), Cut(answer=True), Half()]),
    st.builds(Status, st.sampled_from([429, 502, 503, 504])),
    st.builds(Some, st.integers(1, 4), st.sampled_from([429, 503])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(FAULTS, max_size=8), st.integers(0, 14), st.integers(1, 6))
def test_whatever_fails_each_document_is_there_once(faults: Sequence[Fault], count: int, documents: int) -> None:
    data = bulk(count)
    with serving(Elasticsearch(faults=list(faults))) as server:
        run = Run(server, data, size=BatchSize(documents=documents))
        assert run.error is None
        assert stored(server) == bodies(data)
        assert run.loaded.created + run.loaded.already == count
        assert run.acked == sorted(set(run.acked)) and run.acked[-1:] == ([len(data)] if data else [])


# -- killed --------------------------------------------------------------------------------------

SCRIPT = """
import sys
from pathlib import Path
from triggerfish.backends.elasticsearch.push.address import Address, Credentials
from triggerfish.backends.elasticsearch.push.backoff import Backoff
from triggerfish.backends.elasticsearch.push.client import Client
from triggerfish.backends.elasticsearch.push.load import BatchSize, load

url, data, journal = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
start = int(journal.read_text()) if journal.exists() else 0
client = Client(Address(url, Credentials()), None, print)
with data.open("rb") as file:
    acked = lambda end: journal.write_text(str(end))
    load(client, file, key="k", start=start, acked=acked, backoff=Backoff(first=0.01), size=BatchSize(documents=4))
"""


@pytest.mark.parametrize("carried_out", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("before", [[], [None, Cut(answer=True), None]], ids=["at once", "later"])
def test_killed_and_started_again(server: Elasticsearch, tmp_path: Path, before: list[Fault | None], carried_out: bool) -> None:
    file, journal = tmp_path / "data", tmp_path / "journal"
    file.write_bytes(bulk(18))
    processes: list[subprocess.Popen[bytes]] = []

    def started() -> tuple[int, bytes]:
        processes.append(subprocess.Popen([sys.executable, "-c", SCRIPT, server.url, file, journal], stderr=subprocess.PIPE))
        _, errors = processes[-1].communicate(timeout=60)
        return processes[-1].returncode, errors

    server.faults = [*before, Then(lambda: processes[-1].kill(), carried_out)]
    assert started() == (-signal.SIGKILL, b"")
    acked = int(journal.read_text()) if journal.exists() else 0
    assert acked == (len(bulk(8)) if before else 0)
    assert len(server.documents) == acked // len(bulk(1)) + (4 if carried_out else 0)
    del server.bulks[:]
    assert started() == (0, b"")
    assert stored(server) == bodies(bulk(18))
    assert sum(server.bulks) == 18 - acked // len(bulk(1))
