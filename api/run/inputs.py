"""Where rules come from: files of one rule or of many, standard input, a query on the command line."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from ...backends.limits import Limits, TimeUpError, ended_by
from ...backends.report.rule_result import RuleResult
from ...compiler.file_input import MAX_BYTES, TOO_LARGE
from ...compiler.stage_timer import StageTimer
from ...rules import Member, Rule, RuleError, find_rule_files, read_members
from ...rules.reading.text_file import decode, legible, read_bytes, read_text
from ...rules.rule import parse_rule, rule_of_query
from ...rules.rule_files import PATTERNS, holds_one, is_other_form, is_without_rules, members_of
from .time_limit import time_limit

_ENDINGS = ", ".join(f"`{pattern.removeprefix('**/')}`" for pattern in PATTERNS)
_STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule in a file."""

    path: Path

    @property
    def name(self) -> str:
        return legible(self.path)


@dataclass(frozen=True, slots=True)
class RuleSource:
    """The bytes of a rule file, its display name, and its path if it has one."""

    data: bytes
    name: str = _STDIN
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class RuleMember:
    """One of the rules in a file that may hold many."""

    member: Member

    @property
    def name(self) -> str:
        return self.member.name


@dataclass(frozen=True, slots=True)
class BareQuery:
    """A query without a rule; its language is guessed where none is given."""

    text: str
    language: str | None = None
    name: str = "<query>"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path at which no rule was found."""

    error: RuleError

    @property
    def name(self) -> str:
        return legible(self.error.path or "")


@dataclass(frozen=True, slots=True)
class Failed:
    """A file that an error of ours kept from being read."""

    path: Path
    error: Exception

    @property
    def name(self) -> str:
        return legible(self.path)


Source = RuleFile | RuleSource | RuleMember | BareQuery | Unreadable | Failed
"""Where a rule comes from."""


def digest_of(source: Source) -> str:
    """A digest of all that a rule says, of its name, and of the text that its findings quote."""
    match source:
        case RuleFile(path):
            try:
                # What a pipe holds can be read only once.
                content = read_bytes(path) if path.is_file() else b""
            except RuleError as error:
                content = repr(error).encode()
        case RuleSource(data):
            content = data
        case RuleMember(Member(rule=Rule() as rule, text=text)):
            content = json.dumps([rule.raw, _digest_of_text(text or "")], sort_keys=True, default=str).encode()
        case RuleMember(Member(rule=error)) | Unreadable(error) | Failed(error=error):
            content = repr(error).encode()
        case BareQuery(text, language):
            content = json.dumps([text, language]).encode()
    return hashlib.sha256(source.name.encode("utf-8", "surrogateescape") + b"\0" + content).hexdigest()


@lru_cache(maxsize=4)
def _digest_of_text(text: str) -> str:
    # Kept, for a text may hold a thousand rules.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def rule_sources(
    paths: Iterable[str | Path], wanted: Callable[[Path], bool] = lambda file: True, seconds: float = Limits().timeout
) -> Iterator[RuleFile | RuleMember | Unreadable | Failed]:
    """The rules under files and folders in the order of the paths, each file once; and what cannot be found.

    Args:
        paths: the files and folders.
        wanted: which of the files to take.
        seconds: how long reading one file that holds many rules may take.
    """
    seen: set[str] = set()
    for path in paths:
        found = find_rule_files([path], *PATTERNS)
        yield from map(Unreadable, found.errors)
        files = [file for file in found.files if wanted(file)]
        sources = [(file, source) for file in files for source in _sources_in(file, file == Path(path), seconds)]
        if not sources and not found.errors and len(files) == len(found.files):
            yield Unreadable(RuleError("no rules in this folder", Path(path), hint=f"rules are read from {_ENDINGS}"))
        places = {file: os.path.realpath(file) for file, _ in sources}
        yield from (source for file, source in sources if places[file] not in seen)
        seen.update(places.values())


def _sources_in(file: Path, named: bool, seconds: float) -> Sequence[RuleFile | RuleMember | Failed]:
    """The rules in a file; a file that nobody named and that holds none, as much JSON and YAML does, is passed over."""
    if holds_one(file):
        return [RuleFile(file)]
    try:
        with time_limit(seconds):
            members = read_members(file)
    except TimeUpError:
        message = f"{ended_by(seconds)} while reading the file"
        members = [Member(legible(file), RuleError(message, file, hint="increase --timeout, or split the file"))]
    except Exception as error:
        return [Failed(file, error)]
    return [RuleMember(member) for member in members if named or not is_without_rules(member)]


def sources_of(
    query: str | None, language: str | None, paths: Sequence[str], wanted: Callable[[Path], bool], seconds: float
) -> Iterator[Source]:
    """What a command is given: a query, what standard input holds (``-`` among the paths), and the rules under the other paths.

    Args:
        query, language: a query and its language, or None.
        paths: files, folders and ``-``.
        wanted: which of the files to take.
        seconds: how long reading one file that holds many rules may take.
    """
    if query is not None:
        yield BareQuery(query, language)
    if "-" in paths:
        yield from text_sources(_standard_input())
    yield from rule_sources([path for path in paths if path != "-"], wanted, seconds)


def text_sources(data: bytes, name: str = _STDIN) -> Iterator[RuleSource | RuleMember | Unreadable]:
    """The rules in bytes that come from no file: one as TOML, or any number as JSON."""
    if len(data) > MAX_BYTES:
        yield Unreadable(RuleError(TOO_LARGE, Path(name), hint="split it up"))
    elif is_other_form(data):
        yield from map(RuleMember, members_of(data, Path(name)))
    else:
        yield RuleSource(data, name)


def _standard_input() -> bytes:
    """The content of standard input, up to one byte more than the limit."""
    # Python has none where the shell closed it.
    return b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)


def text_of(source: Source) -> str:
    """What a source says.

    Raises:
        RuleError: it cannot be read.
    """
    match source:
        case RuleFile(path):
            return read_text(path)
        case RuleSource(data, name):
            return decode(data, Path(name))
        case BareQuery(text):
            return text
        case RuleMember(member):
            return member.text or ""
        case Unreadable(error) | Failed(error=error):
            raise error


def rule_of(source: Source, text: str, stopwatch: StageTimer) -> Rule:
    """The rule that a source says with its text.

    Raises:
        RuleError: the source is not a rule.
    """
    if isinstance(source, RuleMember):
        if isinstance(source.member.rule, RuleError):
            raise source.member.rule
        return source.member.rule
    if isinstance(source, RuleFile) and not holds_one(source.path):
        return _only_rule(members_of(text.encode(), source.path), source.path)
    if not isinstance(source, BareQuery):
        return parse_rule(text, Path(source.name))
    with stopwatch.stage("parse"):
        return rule_of_query(text, source.language)


def _only_rule(members: Sequence[Member], path: Path) -> Rule:
    if len(members) != 1:
        raise RuleError(f"the file holds {len(members)} rules", path, hint="put the rule into a file of its own")
    (member,) = members
    if isinstance(member.rule, RuleError):
        raise member.rule
    return member.rule


def in_file(result: RuleResult, source: Source) -> RuleResult:
    """The result with the file that its source is in, and the line of it that the text begins at."""
    match source:
        case RuleFile(path) | RuleSource(file=Path() as path) | Failed(path):
            file, line = path, result.line
        case RuleMember(member) if member.rule.path is not None and member.rule.path != Path(_STDIN):
            file, line = member.rule.path, result.line and member.line
        case Unreadable(error) if error.path is not None:
            file, line = error.path, result.line
        case _:
            return replace(result, line=None)
    return replace(result, file=str(file), line=line)


def legible_text(source: Source) -> str | None:
    """What can be quoted of a source that is not all UTF-8: up to the first wrong byte, places in it are right."""
    match source:
        case RuleFile(path) if path.is_file():
            data = path.read_bytes()
        case RuleSource(data):
            pass
        case _:
            return None
    return data.decode("utf-8-sig", errors="replace")
