"""A real Elasticsearch on the loopback, built from the jars of Maven Central.

The jars are a download for tests; nothing of them is shipped. ``TRIGGERFISH_ENGINES`` names the folder that keeps them between runs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).with_name("engine")
_SECONDS_TO_START = 120.0


@dataclass(frozen=True, slots=True)
class Module:
    """A module of Elasticsearch: its name, its plugin class, the modules it extends, and the patterns of its jars."""

    name: str
    plugin: str
    extends: str
    jars: tuple[str, ...]


_XPACK = (
    "x-pack-core-*",
    "x-pack-template-*",
    "http*",
    "unboundid*",
    "commons-codec*",
    "commons-logging*",
    "log4j-1.2*",
    "log4j-slf4j2*",
    "slf4j*",
)
_NETTY = Module("transport-netty4", "org.elasticsearch.transport.netty4.Netty4Plugin", "", ("transport-netty4-*", "netty-*"))
_VERSION = Module(
    "x-pack-mapper-version", "org.elasticsearch.xpack.versionfield.VersionFieldPlugin", "x-pack-core", ("x-pack-mapper-version-*",)
)
_CORE = "org.elasticsearch.xpack.core.XPackPlugin"
_KQL = "org.elasticsearch.xpack.kql.KqlPlugin"
_ESQL_JARS = (
    *("x-pack-esql-[0-9]*", "x-pack-esql-compute*", "arrow*", "flatbuffers*", "checker*", "elasticsearch-dissect*", "elasticsearch-h3*"),
    *("jackson-databind*", "jackson-annotations*", "jackson-datatype*"),
)
_STANDINS = Module("standins", "StandIns", "", ("standins-*",))


@dataclass(frozen=True, slots=True)
class Release:
    """A version of Elasticsearch that is tested.

    Attributes:
        name: of its folder of sources.
        java: the least version of Java that runs it.
        modules: what is sorted out of its jars, in order; the rest is the server's.
    """

    name: str
    java: int
    modules: tuple[Module, ...]


RELEASES = {
    release.name: release
    for release in (
        Release(
            "elasticsearch-9",
            21,
            (
                _NETTY,
                Module("x-pack-core", _CORE, "", (*_XPACK, "antlr4*")),
                _VERSION,
                Module("x-pack-kql", _KQL, "x-pack-core", ("x-pack-kql-*",)),
                _STANDINS,
            ),
        ),
        Release(
            "elasticsearch-8",
            17,
            (
                _NETTY,
                Module("x-pack-core", _CORE, "", _XPACK),
                _VERSION,
                Module(
                    "x-pack-esql-core",
                    "org.elasticsearch.xpack.esql.core.plugin.EsqlCorePlugin",
                    "x-pack-core",
                    ("x-pack-esql-core-*", "antlr4*"),
                ),
                Module("x-pack-kql", _KQL, "x-pack-core,x-pack-esql-core", ("x-pack-kql-*",)),
                Module(
                    "x-pack-esql", "org.elasticsearch.xpack.esql.plugin.EsqlPlugin", "x-pack-core,x-pack-esql-core,x-pack-kql", _ESQL_JARS
                ),
                _STANDINS,
            ),
        ),
    )
}


class EngineError(Exception):
    """Elasticsearch cannot be built or started here; the message says what is missing."""


def java_home(least: int) -> Path:
    """The home of an installed Java of at least this version.

    Raises:
        EngineError: there is none.
    """
    named = [os.environ[name] for name in ("ENGINE_JAVA_HOME", "JAVA_HOME") if os.environ.get(name)]
    found = shutil.which("java")
    candidates = [
        *(Path(home) / "bin" / "java" for home in named),
        *([Path(found)] if found else []),
        *sorted(Path("/usr/lib/jvm").glob("*/bin/java")),
    ]
    for java in candidates:
        if java.is_file() and (java.parent / "javac").is_file():
            said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
            version = re.search(r'version "(\d+)', said)
            if version and int(version[1]) >= least:
                return java.resolve().parents[1]
    raise EngineError(f"no Java {least} or later with its compiler (set ENGINE_JAVA_HOME)")


def folder_of(release: Release) -> Path:
    """Where the jars and classes of a release lie."""
    kept = os.environ.get("TRIGGERFISH_ENGINES")
    return (Path(kept) if kept else Path(tempfile.gettempdir()) / "triggerfish-engines") / release.name


def build(release: Release) -> Path:
    """Fetch the jars of a release and compile what starts it, unless that was done.

    Returns:
        Its folder.

    Raises:
        EngineError: Java or Maven is missing, or the jars cannot be fetched.
    """
    java, folder = java_home(release.java), folder_of(release)
    if (folder / "built").is_file():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineError("Maven is not installed")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SOURCES / release.name, folder)
    _run(folder, maven, "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=lib")
    sources = [*sorted((SOURCES / "common").glob("[GN]*.java")), folder / "StandIns.java"]
    _run(folder, java / "bin" / "javac", "-nowarn", "-cp", "lib/*", "-d", "standins", *sources)
    _run(folder, java / "bin" / "jar", "cf", "lib/standins-1.jar", "-C", "standins", ".")
    _arrange(release, folder)
    _run(folder, java / "bin" / "javac", "-nowarn", "-cp", "server/*", "-d", "classes", SOURCES / "common" / "Engine.java")
    shutil.copy(SOURCES / "common" / "log4j2.properties", folder / "classes")
    (folder / "built").touch()
    return folder


def _run(folder: Path, *command: str | Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise EngineError(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr)[-2000:]}")


def _arrange(release: Release, folder: Path) -> None:
    """Sort the jars into those of the server and those of each module, with its descriptor."""
    server, modules = folder / "server", folder / "modules"
    server.mkdir()
    for jar in (folder / "lib").iterdir():
        (server / jar.name).hardlink_to(jar)
    (version,) = (match[1] for jar in server.iterdir() if (match := re.fullmatch(r"elasticsearch-([\d.]+)\.jar", jar.name)))
    for module in release.modules:
        home = modules / module.name
        home.mkdir(parents=True)
        for jar in sorted(server.iterdir()):
            if any(fnmatch(jar.name, pattern) for pattern in module.jars):
                jar.rename(home / jar.name)
        descriptor = {
            "name": module.name,
            "description": module.name,
            "version": version,
            "elasticsearch.version": version,
            "java.version": "17",
            "classname": module.plugin,
            "extended.plugins": module.extends,
        }
        (home / "plugin-descriptor.properties").write_text("".join(f"{key}={value}\n" for key, value in descriptor.items()))
    # ES|QL reads versions with the classes of the version field, from a copy: no other module may extend that one.
    if (modules / "x-pack-esql-core").is_dir():
        for jar in (modules / "x-pack-mapper-version").glob("*.jar"):
            shutil.copy(jar, modules / "x-pack-esql-core")


class Engine:
    """A running Elasticsearch.

    Attributes:
        url: its address.
        version: its version.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.version: str = self.call("GET", "/")["version"]["number"]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON answer to a request; a list as body is sent as lines. An error answers with its own JSON."""
        data, kind = None, "application/json"
        if isinstance(body, list):
            data, kind = b"".join(json.dumps(line).encode() + b"\n" for line in body), "application/x-ndjson"
        elif body is not None:
            data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, {"Content-Type": kind}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def index(self, name: str, mappings: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> dict[int, Any]:
        """Create an index, replacing one of that name, and load documents; the id of each is its number.

        Returns:
            The numbers of the documents that are refused, and why.

        Raises:
            AssertionError: the mappings are refused.
        """
        self.call("DELETE", f"/{name}")
        settings = {
            "number_of_shards": 1,
            "number_of_replicas": 0,
            "mapping.total_fields.limit": 20_000,
            "mapping.nested_fields.limit": 500,
        }
        made = self.call("PUT", f"/{name}", {"settings": settings, "mappings": mappings})
        assert made.get("acknowledged"), made
        refused: dict[int, Any] = {}
        for first in range(0, len(documents), 1000):
            lines: list[Any] = []
            for number, document in enumerate(documents[first : first + 1000], first):
                lines += [{"index": {"_id": str(number)}}, document]
            loaded = self.call("POST", f"/{name}/_bulk", lines)
            refused |= {int(item["index"]["_id"]): item["index"]["error"] for item in loaded["items"] if "error" in item["index"]}
        self.call("POST", f"/{name}/_refresh")
        return refused

    def hits(self, name: str, query: Mapping[str, Any]) -> set[int] | str:
        """The numbers of the documents that a query matches, or why it is refused."""
        body = {"query": query, "size": 10_000, "_source": False, "track_total_hits": True}
        answer = self.call("POST", f"/{name}/_search", body)
        if "error" in answer:
            error = answer["error"]
            causes = error.get("root_cause") or [error] if isinstance(error, dict) else [{"reason": str(error)}]
            return str(causes[0].get("reason"))
        return {int(hit["_id"]) for hit in answer["hits"]["hits"]}


@contextmanager
def running(release: Release) -> Iterator[Engine]:
    """Elasticsearch during a block, with a folder of its own for its data.

    Raises:
        EngineError: it cannot be built or started.
    """
    folder = build(release)
    with tempfile.TemporaryDirectory(prefix="triggerfish-engine-", ignore_cleanup_errors=True) as data:
        home, log = Path(data), Path(data) / "engine.log"
        command = [
            *(
                str(java_home(release.java) / "bin" / "java"),
                "-Xms512m",
                "-Xmx2g",
                "-XX:TieredStopAtLevel=1",
                f"-Des.nativelibs.path={home}",
            ),
            *("-cp", "classes:server/*", "Engine", str(home), "modules"),
        ]
        with log.open("wb") as output:
            process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield Engine(f"http://127.0.0.1:{_port(home, process, log)}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(home: Path, process: subprocess.Popen[bytes], log: Path) -> int:
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        if (home / "port").is_file():
            return int((home / "port").read_text())
        time.sleep(0.1)
    raise EngineError(f"Elasticsearch did not start: {log.read_text(errors='replace')[-2000:]}")
