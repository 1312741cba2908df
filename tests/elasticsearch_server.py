"""A small server that speaks what loading needs of Elasticsearch: its greeting, index templates, and bulk requests.

It keeps documents as Elasticsearch does: ``create`` under an id that is there is a conflict, and a document without an id gets one.
Faults are scripted: each bulk request, or each for a template, takes the next one.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Status:
    """The request is answered with an error, and nothing else happens."""

    code: int
    headers: Mapping[str, str] = field(default_factory=dict)
    error: Json | str = "scripted"


@dataclass(frozen=True)
class Cut:
    """The connection is cut: while the request is read, or while the answer to a request that was carried out is written."""

    answer: bool


@dataclass(frozen=True)
class Half:
    """The answer to a request that was carried out ends too early, as if it were whole."""


@dataclass(frozen=True)
class Some:
    """Every so many-th document is refused for now."""

    every: int
    code: int = 429


@dataclass(frozen=True)
class Silence:
    """A request that was carried out gets no answer."""


@dataclass(frozen=True)
class Then:
    """Something happens, after the request was carried out or before; there is no answer."""

    action: Callable[[], object]
    carried_out: bool


Fault = Status | Cut | Half | Some | Silence | Then

MAPPER_ERROR = {
    "type": "document_parsing_exception",
    "reason": "[1:9] failed to parse field [port] of type [long]",
    "caused_by": {"type": "illegal_argument_exception", "reason": 'For input string: "\u001b[31mx"'},
}


@dataclass
class Elasticsearch:
    """The server's state, and what it is to do.

    Attributes:
        documents: by index and id.
        created: the order in which they came to be.
        bulks: of each bulk request that was read whole, how many documents it held.
        templates: by name.
        authorizations: what requests showed, in order.
        faults, template_faults, greeting_faults: what to do to the next requests; None is nothing.
        authorization: what a request must show.
        refuse: the error of a document that will not do, if so.
        most_bytes: of a bulk request.
        too_large: how many held more.
        warning: what it warns of in every answer.
        product, major: what the server is.
        errors: what went wrong in the server itself.
    """

    url: str = ""
    documents: dict[tuple[str, str], Json] = field(default_factory=dict)
    created: list[tuple[str, str]] = field(default_factory=list)
    bulks: list[int] = field(default_factory=list)
    templates: dict[str, Json] = field(default_factory=dict)
    authorizations: list[str | None] = field(default_factory=list)
    faults: list[Fault | None] = field(default_factory=list)
    template_faults: list[Status] = field(default_factory=list)
    greeting_faults: list[Status] = field(default_factory=list)
    authorization: str | None = None
    refuse: Callable[[Json], Json | None] = lambda document: None
    most_bytes: int = 100_000_000
    too_large: int = 0
    warning: str | None = None
    product: bool = True
    major: int | None = None
    errors: list[BaseException] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, body: bytes, fault: Fault | None) -> Json:
        """Create the documents of a bulk request."""
        lines = body.split(b"\n")
        assert lines.pop() == b""
        with self.lock:
            self.bulks.append(len(lines) // 2)
            pairs = zip(lines[::2], lines[1::2], strict=True)
            items = [{"create": self._item(*map(json.loads, pair), number, fault)} for number, pair in enumerate(pairs)]
        return {"took": 1, "errors": any("error" in item["create"] for item in items), "items": items}

    def _item(self, action: Json, document: Json, number: int, fault: Fault | None) -> Json:
        ((operation, target),) = action.items()
        assert operation == "create"
        place = (target["_index"], target.get("_id") or f"generated-{len(self.documents)}")
        known = {"_index": place[0], "_id": place[1]}
        if isinstance(fault, Some) and number % fault.every == 0:
            reason = "rejected execution of coordinating operation"
            return {**known, "status": fault.code, "error": {"type": "es_rejected_execution_exception", "reason": reason}}
        if (error := self.refuse(document)) is not None:
            return {**known, "status": 400, "error": error}
        if place in self.documents:
            return {**known, "status": 409, "error": {"type": "version_conflict_engine_exception", "reason": "document already exists"}}
        self.documents[place] = document
        self.created.append(place)
        return {**known, "status": 201, "result": "created"}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    elasticsearch: Elasticsearch

    def log_message(self, format: str, *args: Any) -> None:
        """Tests show what they compare."""

    def do_GET(self) -> None:
        if self._let_in() and not self._scripted(self.elasticsearch.greeting_faults):
            self._answer(200, {"name": "test", "version": {"number": "9.5.0"}, "tagline": "You Know, for Search"})

    def do_PUT(self) -> None:
        # Elasticsearch takes bulk requests by either method.
        if self.path.partition("?")[0] == "/_bulk":
            self._bulk()
        else:
            self._template()

    do_POST = do_PUT

    def _template(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self._let_in() or self._scripted(self.elasticsearch.template_faults):
            return
        prefix, _, name = self.path.rpartition("/")
        assert prefix == "/_index_template"
        self.elasticsearch.templates[name] = json.loads(body)
        self._answer(200, {"acknowledged": True})

    def _bulk(self) -> None:
        server = self.elasticsearch
        fault = server.faults.pop(0) if server.faults else None
        length = int(self.headers["Content-Length"])
        if fault == Cut(answer=False):
            self.rfile.read(length // 2)
            return self._reset()
        body = self.rfile.read(length)
        if not self._let_in():
            return None
        if isinstance(fault, Status):
            return self._error(fault)
        if length > server.most_bytes:
            server.too_large += 1
            return self._error(Status(413, error="the body is too large"))
        if isinstance(fault, Then) and not fault.carried_out:
            fault.action()
            return self._reset()
        answer = server.carry_out(body, fault)
        match fault:
            case Then():
                fault.action()
                self._reset()
            case Cut():
                self._answer(200, answer, sent=0.5)
                self._reset()
            case Half():
                self._answer(200, answer, sent=0.5, length=0.5)
            case Silence():
                server.over.wait(30)
                self._reset()
            case _:
                self._answer(200, answer)

    def _let_in(self) -> bool:
        server, shown = self.elasticsearch, self.headers["Authorization"]
        server.authorizations.append(shown)
        if server.major is not None and f"compatible-with={server.major}" not in self.headers["Accept"]:
            error = {"type": "media_type_header_exception", "reason": "Invalid media-type value on headers [Accept]"}
            self._error(Status(400, error=error))
            return False
        if server.authorization not in (None, shown):
            # A careless server: it repeats what it was shown.
            self._error(Status(401, error={"type": "security_exception", "reason": f"unable to authenticate with [{shown}]"}))
            return False
        return True

    def _scripted(self, faults: list[Status]) -> bool:
        if faults:
            self._error(faults.pop(0))
            return True
        return False

    def _error(self, status: Status) -> None:
        self._answer(status.code, {"error": status.error, "status": status.code}, status.headers)

    def _answer(self, code: int, value: Json, headers: Mapping[str, str] | None = None, *, sent: float = 1.0, length: float = 1.0) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        if self.elasticsearch.product:
            self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/vnd.elasticsearch+json;compatible-with=9")
        self.send_header("Content-Length", str(int(len(data) * length)))
        if self.elasticsearch.warning is not None:
            self.send_header("Warning", f'299 Elasticsearch-9.5.0 "{self.elasticsearch.warning}"')
        for name, header in (headers or {}).items():
            self.send_header(name, header)
        self.end_headers()
        self.wfile.write(data[: int(len(data) * sent)])

    def _reset(self) -> None:
        # With no lingering, the client sees a reset and not an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    elasticsearch: Elasticsearch

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up, as one does that is killed or does not trust the certificate, is no error of a test."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.elasticsearch.errors.append(error)

    def shutdown_request(self, request: Any) -> None:
        if request.fileno() >= 0:
            super().shutdown_request(request)


@contextmanager
def serving(server: Elasticsearch | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Elasticsearch]:
    """A server on a port of its own, as long as the block."""
    state = server or Elasticsearch()
    http = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"elasticsearch": state}))
    http.elasticsearch = state
    if tls is not None:
        http.socket = tls.wrap_socket(http.socket, server_side=True)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{http.server_port}"
    try:
        yield state
    finally:
        state.over.set()
        http.shutdown()
        http.server_close()
        thread.join()
        assert state.errors == []
