"""Bad input: what is given to ``compile-rule`` beside a good rule, and what it must say.

Each entry writes its files into an empty folder in which the command then runs. ``python -m benchmarks.bad_input`` prints what came of
each; `test_bad_input` holds them to it.
"""

from __future__ import annotations

import json
import os
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

GOOD = 'type = "query"\nname = "good"\nrule_id = "good"\nquery = "process.name : good.exe"\n'
N = 10_000
M = 1_000_000

Write = Callable[[Path], object]


@dataclass(frozen=True, slots=True)
class BadInput:
    """One bad input.

    Attributes:
        write: makes its files in a folder.
        args: the command's arguments; ``good.toml`` is there.
        code: the exit code.
        says: what standard error has.
        good: whether the good rule gets its document.
        redirect: what a shell does with the streams; such input needs a process of its own.
        findings: how many there are.
    """

    write: Write
    args: tuple[str, ...]
    code: int
    says: str
    good: bool = True
    redirect: str = ""
    findings: int = 1


def rule(query: str, type: str = "query", *more: str, id: str = "bad") -> bytes:
    """A rule's file."""
    return "\n".join(("[rule]", f'type = "{type}"', f'rule_id = "{id}"', *more, f"query = '''{query}'''", "")).encode()


def _file(content: bytes | Callable[[], bytes], code: int, says: str, name: str = "bad.toml", *options: str, findings: int = 1) -> BadInput:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content() if callable(content) else content)

    return BadInput(write, (*options, name, "good.toml"), code, says, findings=findings)


def _query(query: str, code: int, says: str, language: str = "kuery", *options: str) -> BadInput:
    type = "eql" if language == "eql" else "query"
    return _file(rule(query, type, f'language = "{language}"'), code, says, "bad.toml", *options)


def _command(
    code: int, says: str, *args: str, write: Write = lambda folder: None, good: bool = False, redirect: str = "", findings: int = 0
) -> BadInput:
    return BadInput(write, args, code, says, good, redirect, findings)


def _zip(files: Mapping[str, bytes], flags: int = 0) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    data = bytearray(packed.getvalue())
    data[6] |= flags
    data[data.index(b"PK\x01\x02") + 8] |= flags
    return bytes(data)


def _aliases(levels: int) -> str:
    """YAML of a few lines that stands for nine to the power of that many values."""
    names = "abcdefghijklm"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]" for before, name in pairwise(names[: levels + 1])]
    return "\n".join(lines)


def _fields(levels: int) -> str:
    """The same as a schema: objects of nine objects of nine objects."""
    names = "abcdefghijklm"[: levels + 1]
    lines = ["a: &a {properties: {x: {type: long}}}"]
    for before, name in pairwise(names):
        lines.append(f"{name}: &{name} {{properties: {{{', '.join(f'x{at}: *{before}' for at in range(9))}}}}}")
    return "\n".join([*lines, f"properties: {{all: *{names[-1]}}}"])


def _linked(folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "rules" / "bad.toml").symlink_to("nowhere.toml")
    (folder / "rules" / "up").symlink_to("..")
    (folder / "rules" / "self").symlink_to("self")


def _unreadable(folder: Path) -> None:
    (folder / "bad.toml").write_bytes(rule("a : b"))
    (folder / "bad.toml").chmod(0)


def _twice(folder: Path) -> None:
    (folder / "bad.toml").write_bytes(rule("a : b", id="good"))


_ESCAPES = "\x1b[31m\x1b]0;title\x07\u202egnp.exe\u2066\r\n"
_YAML_RULE = "type: query\nrule_id: bad\nquery: 'a : b'\n"
_HOSTILE = "../../../etc/passwd"
_TIME = ("--timeout", "0.5")

FILES: dict[str, BadInput] = {
    # -- bytes
    "an empty file": _file(b"", 2, "the file is empty"),
    "nothing but white space": _file(b" \n\t\r\n", 2, "the file is empty"),
    "UTF-16 with a mark": _file(rule("a : b").decode().encode("utf-16"), 2, "the file is UTF-16, not UTF-8"),
    "UTF-16 without a mark": _file(rule("a : b").decode().encode("utf-16-le"), 2, "looks like UTF-16"),
    "UTF-32": _file(rule("a : b").decode().encode("utf-32"), 2, "the file is UTF-32"),
    "a UTF-8 mark": _file(b"\xef\xbb\xbf" + rule("a : (b"), 2, "bad.toml:4:18"),
    "Latin-1": _file(rule("a : é").decode().encode("latin-1"), 2, "(byte 0xe9); it looks like Latin-1"),
    "a surrogate in UTF-8": _file(rule("a : X").replace(b"X", b"\xed\xa0\x80"), 2, "bad.toml:4:16"),
    "a NUL byte": _file(rule("a : b\0c"), 2, "the file holds a NUL character"),
    "nothing but NUL bytes": _file(b"\0" * 4096, 2, "bad.toml"),
    "random bytes": _file(random.Random(1).randbytes(4096), 2, "bad.toml"),
    # -- TOML
    "an open table": _file(b"[rule\ntype = 'query'\n", 2, "bad.toml:1:6"),
    "an open string": _file(b"[rule]\ntype = 'query'\nquery = '''a", 2, "bad.toml:3:9"),
    "an escape that is no character": _file(b'[rule]\ntype = "query"\nquery = "\\ud800"\n', 2, "bad.toml:3:10"),
    "an escape beyond Unicode": _file(b'[rule]\ntype = "query"\nquery = "\\UFFFFFFFF"\n', 2, "bad.toml:3:10"),
    "a number of a million digits": _file(lambda: b"[rule]\nrisk_score = " + b"9" * M, 2, "bad.toml:2:14"),
    "deep arrays": _file(b"[rule]\na = " + b"[" * N + b"]" * N, 2, "more than 100 arrays and tables inside each other"),
    "deep inline tables": _file(b"[rule]\na = " + b"{a = " * N + b"1" + b"}" * N, 2, "more than 100 arrays and tables inside each other"),
    "a deep table": _file(b"[" + b".".join([b"a"] * N) + b"]\n", 2, "bad.toml"),
    "a rule of 50 MB": _file(lambda: rule("a : b or " * (50 * M // 9) + "a : b"), 2, "characters; the limit is 4,000,000"),
    "a file of 65 MB": _file(lambda: b"#" * 65 * (1 << 20), 2, "larger than 64 MiB"),
    # -- what a rule says
    "no rule": _file(b"[metadata]\na = 1\n", 2, "missing [rule] table"),
    "a list of rules": _file(b"[[rule]]\ntype = 'query'\n", 2, "`rule` is not a table"),
    "no query": _file(b"[rule]\ntype = 'query'\n", 2, "needs a `query`"),
    "a query that is a number": _file(b"[rule]\ntype = 'query'\nquery = 5\n", 2, "bad.toml:3:9"),
    "a query that is a list": _file(b"[rule]\ntype = 'query'\nquery = ['a']\n", 2, "bad.toml:3:9"),
    "a query that is a table": _file(b"[rule]\ntype = 'query'\n[rule.query]\na = 1\n", 2, "`query` is not a string"),
    "an empty EQL query": _query("", 2, "the query is empty", "eql"),
    "an unknown language": _query("a : b", 2, "cannot be written in `sql`", "sql"),
    "an unknown type": _file(rule("a : b", "quary"), 3, "a rule of type `quary` is not supported"),
    "a type that is a number": _file(b"[rule]\ntype = 5\nquery = 'a : b'\n", 2, "bad.toml:2:8"),
    "an id that is a number": _file(b"[rule]\ntype = 'query'\nquery = 'a : b'\nrule_id = 5\n", 2, "bad.toml:4:11"),
    "filters that are no tables": _file(b"[rule]\ntype = 'query'\nquery = 'a : b'\nfilters = 'x'\n", 2, "bad.toml:4:11"),
    "a threshold below nothing": _file(rule("a : b", "threshold") + b"[rule.threshold]\nfield = ['b']\nvalue = -5\n", 2, "bad.toml:7:9"),
    "an id that another rule has": BadInput(_twice, ("good.toml", "bad.toml"), 0, "this rule has the same id as good.toml"),
    # -- queries
    "a query of 2 MB": _query("a : b or " * 2 * N * 12 + "a : b", 2, "characters; the limit is 1,000,000"),
    "10,000 open brackets, Kuery": _query("(" * N, 2, "is never closed"),
    "10,000 open brackets, EQL": _query("any where " + "(" * N, 2, "is never closed", "eql"),
    "10,000 open brackets, Lucene": _query("(" * N, 2, "is never closed", "lucene"),
    "10,000 brackets, Lucene": _query("(" * N + "a:b" + ")" * N, 2, "nested too deeply", "lucene"),
    "10,000 negations, Kuery": _query("not (" * N + "a:b" + ")" * N, 2, "nested too deeply"),
    "10,000 negations, EQL": _query("any where " + "not " * N + "a == 1", 2, "nested too deeply", "eql"),
    "10,000 functions, EQL": _query("any where " + "length(" * N + "a" + ")" * N + " == 1", 2, "nested too deeply", "eql"),
    "40,000 fields": _query(" and ".join(f"f{at}:v" for at in range(40_000)), 3, "timed out after 0.5 s", "kuery", *_TIME),
    "50,000 exclusions": _query(
        "a:* and " + " and ".join(f"not a:v{at}" for at in range(50_000)), 3, "timed out after 0.5 s", "kuery", *_TIME
    ),
    "a sequence of 5,000 events": _query("sequence " + "[any where a == 1]" * 5000, 3, "timed out after 0.5 s", "eql", *_TIME),
    "999,999,999 runs": _query("sequence [any where true] with runs=999999999", 2, "from 1 to 100", "eql"),
    "a regular expression that explodes": _query('any where a regex "(a{999}){999}b"', 3, "timed out after 0.5 s", "eql", *_TIME),
    "a regular expression of 20,000 characters": _query('any where a regex "' + "(a|b)*" * 3300 + '"', 2, "longer than 1,000", "eql"),
    "a repetition without end": _query('any where a regex "a{999999999}"', 2, "must be in order, at most 1000", "eql"),
    "wildcards that exclude each other": _query(
        'any where a : "' + "*a" * 100 + '*" and not a : "' + "*a" * 99 + '*"', 1, "no event can match", "eql"
    ),
    "a number of 100,000 digits, Kuery": _query("process.pid : " + "9" * 100_000, 2, "is not a value of `process.pid`"),
    "a number of 100,000 digits, EQL": _query("any where process.pid == " + "9" * 100_000, 2, "the number is too large", "eql"),
    "a date of 100,000 digits": _query("@timestamp > " + "9" * 100_000, 2, "is not a value of `@timestamp`"),
    "1e999": _query("process.pid > 1e999", 2, "is not a value of `process.pid`"),
    "dates out of the calendar": _query("@timestamp > now-999999999999999999999y", 2, "leaves the calendar"),
    "a maxspan of 5,000 digits": _query("sequence with maxspan=" + "9" * 5000 + "s [any where true]", 2, "too large", "eql"),
    "half a character, Kuery": _query(r"a : \ud800x", 2, r"`\ud800` is not a character"),
    "half a character, Lucene": _query(r"a:\ud800x", 2, r"`\ud800` is not a character", "lucene"),
    "half a character, EQL": _query(r'any where a == "\u{d800}"', 2, r"`\u{d800}` is not a character", "eql"),
    "a field of 2,000 parts": _query("a." * 2000 + "b : c", 3, "timed out after 0.5 s", "kuery", *_TIME),
    # -- JSON, YAML, archives
    "broken JSON": _file(b'{"type": "query",', 2, "not valid JSON", "bad.json"),
    "deep JSON": _file(b"[" * N + b"]" * N, 2, "not valid JSON: depth limit exceeded", "bad.json"),
    "a rule deep in JSON": _file(b"[" * 1000 + b'{"type": "query"}' + b"]" * 1000, 2, "nested too deeply", "bad.json"),
    "half a character in JSON": _file(b'{"type": "query", "query": "a:b", "name": "\\ud800"}', 2, "not valid JSON", "bad.json"),
    "a number of a million digits in JSON": _file(lambda: b'{"risk_score": ' + b"9" * M + b"}", 2, "bad.json:1:16", "bad.json"),
    "broken NDJSON": _file(b'{"a": 1}\n{"type"\n', 2, "bad.ndjson:2", "bad.ndjson"),
    "deep YAML": _file(b"[" * N + b"]" * N, 2, "nested too deeply", "bad.yaml"),
    "YAML that multiplies": _file((_YAML_RULE + _aliases(9)).encode(), 2, "more than 500,000 values", "bad.yaml", "--timeout", "60"),
    "YAML in itself": _file((_YAML_RULE + "x: &x [*x]\n").encode(), 2, "nested too deeply", "bad.yaml"),
    "YAML that would call Python": _file(b"!!python/object/apply:os.system [touch called]\n", 2, "not valid YAML", "bad.yaml"),
    "a boolean in YAML that is none": _file(b"x: !!bool y\n", 2, "not of the type that it is written as", "bad.yaml"),
    "a date in YAML that is none": _file(b"x: !!timestamp abc\n", 2, "not of the type that it is written as", "bad.yaml"),
    "a control character in YAML": _file(b"a: \x01\n", 2, "invalid character U+0001", "bad.yaml"),
    "half a character in YAML": _file(_YAML_RULE.encode() + b'name: "\\ud800"\n', 2, "invalid character U+D800", "bad.yaml"),
    "no archive": _file(b"PK\x03\x04x", 2, "cannot read the archive", "bad.zip"),
    "an archive cut short": _file(_zip({"a.toml": rule("a : b")})[:-40], 2, "cannot read the archive", "bad.zip"),
    "an archive under a password": _file(_zip({"a.toml": rule("a : b")}, flags=1), 2, "the file is encrypted", "bad.zip"),
    "an archive that unpacks to 300 MB": _file(
        lambda: _zip({f"{at}.toml": b"a" * 30 * M for at in range(10)}), 2, "unpacks to more than 256 MiB", "bad.zip"
    ),
    # -- what a terminal would obey
    "escape sequences in a type": _file(b'[rule]\ntype = "' + json.dumps(_ESCAPES).encode()[1:-1] + b'"\n', 3, "is not supported"),
    "escape sequences in a query": _query("a : (\u202egnp.exe\u2066", 2, "the query ends too early"),
    "escape sequences in a file's name": _file(b"[rule", 2, "bad␛[31m\ufffd␊.toml:1:6", "bad\x1b[31m\u202e\n.toml"),
    "a file's name that is not UTF-8": _file(b"[rule", 2, "bad\ufffd.toml:1:6", os.fsdecode(b"bad\xff.toml")),
}  # fmt: skip
"""Rule files."""

PATHS: dict[str, BadInput] = {
    "a path that is not there": BadInput(lambda folder: None, ("bad.toml", "good.toml"), 2, "no such file or folder"),
    "a folder named like a rule": BadInput(lambda folder: (folder / "bad.toml").mkdir(), ("bad.toml", "good.toml"), 2, "no rule"),
    "an empty folder": BadInput(lambda folder: (folder / "bad").mkdir(), ("bad", "good.toml"), 2, "no rules in this folder"),
    "links in a circle, and to nowhere": BadInput(_linked, ("rules", "good.toml"), 2, "rules/bad.toml"),
    "a file that may not be read": BadInput(_unreadable, ("bad.toml", "good.toml"), 2, "permission denied"),
    "a pipe that nobody writes to": BadInput(
        lambda folder: os.mkfifo(folder / "bad.toml"), ("--timeout", "0.5", "bad.toml", "good.toml"), 3, "while reading the rule"
    ),
    "a device without end": BadInput(lambda folder: None, ("/dev/zero", "good.toml"), 2, "/dev/zero"),
    "an empty device": BadInput(lambda folder: None, ("/dev/null", "good.toml"), 2, "the file is empty"),
}
"""What is no file, or none that can be read."""


def _schema(content: bytes | Callable[[], bytes], says: str, name: str = "bad.json", *options: str) -> BadInput:
    def write(folder: Path) -> None:
        (folder / name).write_bytes(content() if callable(content) else content)

    return _command(2, says, *options, "--schema", name, "good.toml", write=write)


SCHEMAS: dict[str, BadInput] = {
    "a schema that is not there": _command(2, "none.json: cannot be read", "--schema", "none.json", "good.toml"),
    "a schema that is a folder": _command(2, "cannot be read: is a directory", "--schema", ".", "good.toml"),
    "a schema without end": _command(2, "/dev/zero: larger than 64 MiB", "--schema", "/dev/zero", "good.toml"),
    "an empty schema": _schema(b"", "not valid JSON"),
    "a schema in UTF-16": _schema('{"a": {"type": "long"}}'.encode("utf-16"), "not valid JSON"),
    "a schema of deep JSON": _schema(b'{"properties": {"a": ' * 5000, "not valid JSON"),
    "a schema that is a list": _schema(b"[]", "expected a schema"),
    "a type that is none": _schema(b'{"a": {"type": "long integer"}}', "`a`: unknown type `long integer`"),
    "templates that are none": _schema(b'{"mappings": {"properties": {}, "dynamic_templates": 5}}', "expected a list"),
    "a template that maps to nothing": _schema(b'{"properties": {}, "dynamic_templates": [{"x": {"mapping": 5}}]}', "expected a mapping"),
    "a schema of deep YAML": _schema(b"[" * N + b"]" * N, "nested too deeply", "bad.yml"),
    "a schema of YAML that multiplies": _schema(
        _fields(9).encode(), "bad.yml: timed out after 0.5 s while reading it", "bad.yml", "--timeout", "0.5"
    ),
    "a schema that would call Python": _schema(b"!!python/object/apply:os.system [touch called]\n", "not valid YAML", "bad.yml"),
}
"""Schema files."""


def _full_link(folder: Path) -> None:
    (folder / "smt").mkdir()
    (folder / "smt" / "good.smt2").symlink_to("/dev/full")


OUTPUTS: dict[str, BadInput] = {
    "documents to a full disk": _command(2, "cannot write `/dev/full`: no space left", "-o", "/dev/full", "good.toml"),
    "a report to a full disk": _command(2, "cannot write `/dev/full`: no space left", "--report", "/dev/full", "good.toml", good=True),
    "mappings to a full disk": _command(2, "cannot write `/dev/full`: no space left", "--mappings", "/dev/full", "good.toml", good=True),
    "a plan to a full disk": _command(
        2, "cannot write `/dev/full`", "--style", "plain", "--emit-plan", "/dev/full", "good.toml", good=True
    ),
    "SMT-LIB to a full disk": _command(2, "cannot write `smt`: no space left", "--emit-smt2", "smt", "good.toml", write=_full_link),
    "a folder that is not there": _command(2, "cannot write `no/out`: no such file", "-o", "no/out", "good.toml"),
    "a folder for a file": _command(2, "cannot write `.`: it is a folder", "-o", ".", "good.toml"),
    "a file for a folder": _command(2, "cannot write `good.toml`", "--emit-smt2", "good.toml", "good.toml"),
    "a full standard output": _command(2, "cannot write standard output: no space left", "good.toml", redirect=">/dev/full"),
    "a full standard error": _command(2, "", "good.toml", redirect="2>/dev/full", good=True),
    "a closed standard output": _command(2, "cannot write standard output: it is closed", "good.toml", redirect=">&-"),
    "a closed standard error": _command(0, "", "good.toml", redirect="2>&-", good=True),
    "a closed standard input": _command(2, "<stdin>", "-", redirect="<&-", findings=1),
    "all streams closed": _command(2, "", "good.toml", redirect="<&- >&- 2>&-"),
    "documents that nobody reads": _command(141, "", "-q", "-n", "20000", "good.toml", redirect="| head -c 1 >/dev/null"),
    "findings that nobody reads": _command(141, "", "-v", *["good.toml"] * 3, redirect="2>&1 >/dev/null | true"),
}
"""Where output cannot go."""

USAGE: dict[str, BadInput] = {
    "a start that is no time": _command(2, "`yesterday` is not a time", "--start", "yesterday", "good.toml"),
    "a start out of the calendar": _command(2, "is outside the years 1 to 9999", "--start", "99999999999999999", "good.toml"),
    "a seed of 30 digits": _command(2, "--seed", "--seed", "9" * 30, "good.toml"),
    "no number of seconds": _command(2, "`nan` is not a number of seconds", "--timeout", "nan", "good.toml"),
    "seconds without end": _command(2, "--timeout", "--timeout", "inf", "good.toml"),
    "memory that no machine has": _command(2, "--memory", "--memory", "9" * 15, "good.toml"),
    "a million processes": _command(2, "--jobs", "--jobs", "1000000", "good.toml"),
    "an index that would break a line": _command(2, "--index must be printable", "--index", "a\nb", "-f", "bulk", "good.toml"),
    "a query that is not UTF-8": _command(2, "invalid character", "--query", os.fsdecode(b"a : \xff"), findings=1),
}
"""Options."""

BAD_INPUTS: dict[str, BadInput] = {**FILES, **PATHS, **SCHEMAS, **OUTPUTS, **USAGE}


def prepare(bad: BadInput, folder: Path) -> None:
    """Write the files of a bad input and the good rule beside them."""
    (folder / "good.toml").write_text(f"[rule]\n{GOOD}")
    bad.write(folder)
