"""Sigma documents: rules, filters and correlations of a YAML file, with what `action: global` adds to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from ...grammar.source_map import Segment, TextMap
from ...grammar.span import LineMap, Span
from ..errors import RuleError
from ..reading.yaml_nodes import Items, Map, Node, Scalar
from .log_sources import LogSource
from .values import Placeholders

_KINDS = ("correlation", "filter", "detection")


@dataclass(frozen=True, slots=True)
class SigmaDocument:
    """One document of a Sigma file.

    Attributes:
        kind: ``detection``, ``correlation`` or ``filter``.
        body: what stands under that key.
        node: the whole document, with what is global.
        source: the log source.
    """

    kind: str
    body: Map
    node: Map
    source: LogSource

    def string(self, key: str) -> str:
        """An attribute as a string; empty where it has none."""
        value = self.node.get(key)
        return value.text if isinstance(value, Scalar) and value.value is not None else ""

    @property
    def names(self) -> frozenset[str]:
        """What other documents call it."""
        return frozenset(name for name in (self.string("name"), self.string("id"), self.string("title")) if name)


@dataclass(frozen=True, slots=True)
class SigmaRule:
    """A Sigma rule, with the documents of its file that it is made of.

    Attributes:
        document: the rule: a detection or a correlation.
        filters: those that apply to it.
        others: by the name that a correlation uses, the rules that it refers to.
        text: of the whole file.
        placeholders: values of placeholders.
        pipelines: names or files of processing pipelines.
    """

    document: SigmaDocument
    filters: tuple[SigmaDocument, ...]
    others: tuple[tuple[str, SigmaRule], ...]
    text: str
    placeholders: Placeholders = field(default_factory=dict)
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    path: Path | None

    def fail(self, message: str, span: Span, hint: str | None = None) -> NoReturn:
        place = LineMap(self.text).position(span.start)
        raise RuleError(message, self.path, place.line, place.column, hint)


def is_sigma(node: Node) -> bool:
    """Whether a YAML document is meant as a Sigma rule, or as a part of one."""
    if not isinstance(node, Map):
        return False
    keys = {entry.key.text for entry in node.entries}
    action = node.get("action")
    shared = isinstance(action, Scalar) and action.text in ("global", "reset", "repeat")
    stated = "detection" in keys and ("logsource" in keys or "title" in keys)
    return (
        stated
        or (shared and bool(keys & {"logsource", "detection", "title"}))
        or ("title" in keys and bool(keys & {"correlation", "filter"}))
    )


def sigma_rules(nodes: Sequence[Node], text: str, path: Path | None) -> Iterator[SigmaRule | RuleError]:
    """The rules of a file, in order, or what is wrong with one of them.

    A rule that a correlation refers to is a part of it, unless the correlation has ``generate: true``.
    """
    file = _File(text, path)
    documents: list[SigmaDocument | RuleError] = []
    for node in _with_globals(nodes):
        try:
            documents.append(_document(node, file))
        except RuleError as error:
            documents.append(error)
    read = [each for each in documents if isinstance(each, SigmaDocument)]
    silent = [each for each in read if each.kind == "correlation" and not _generates(each)]
    for document in documents:
        if isinstance(document, RuleError):
            yield document
        elif document.kind != "filter" and not any(document.names & {*references(each)} for each in silent if each is not document):
            try:
                yield _rule(document, read, file, ())
            except RuleError as error:
                yield error


def _with_globals(nodes: Sequence[Node]) -> Iterator[Map]:
    shared: Map | None = None
    previous: Map | None = None
    for node in nodes:
        if not isinstance(node, Map):
            continue
        action = node.get("action")
        name = action.text if isinstance(action, Scalar) else ""
        if name == "global":
            shared = node if shared is None else _merged(shared, node)
            continue
        if name == "reset":
            shared = None
        if name == "repeat" and previous is not None:
            node = _merged(previous, node)
        elif shared is not None:
            node = _merged(shared, node)
        previous = node
        yield node


def _merged(base: Map, over: Map) -> Map:
    """The entries of two mappings; those of the second win, and mappings in both are merged."""
    found = {entry.key.text: entry for entry in base.entries}
    for entry in over.entries:
        before = found.get(entry.key.text)
        if before is not None and isinstance(before.value, Map) and isinstance(entry.value, Map):
            entry = replace(entry, value=_merged(before.value, entry.value))
        found[entry.key.text] = entry
    return Map(tuple(entry for name, entry in found.items() if name != "action"), over.span)


def _document(node: Map, file: _File) -> SigmaDocument:
    for kind in _KINDS:
        entry = node.entry(kind)
        if entry is not None:
            break
    else:
        file.fail("a Sigma rule needs a `detection` or a `correlation`", node.span)
    if not isinstance(entry.value, Map):
        file.fail(f"`{kind}` is not a mapping", entry.span)
    return SigmaDocument(kind, entry.value, node, _log_source(node, kind, file))


def _log_source(node: Map, kind: str, file: _File) -> LogSource:
    entry = node.entry("logsource")
    if entry is None:
        if kind == "detection":
            file.fail("a Sigma rule needs a `logsource`", node.span, "state its `product`, `category` or `service`")
        return LogSource()
    if not isinstance(entry.value, Map):
        file.fail("`logsource` is not a mapping", entry.span, "state its `product`, `category` or `service`")
    stated = {each.key.text: each.value for each in entry.value.entries}
    parts = {name: value.text for name, value in stated.items() if isinstance(value, Scalar) and value.value is not None}
    return LogSource(parts.get("product", ""), parts.get("category", ""), parts.get("service", ""), entry.value.span)


def references(document: SigmaDocument) -> tuple[str, ...]:
    """The names of the rules that a correlation, or a filter, refers to."""
    value = document.body.get("rules")
    match value:
        case Scalar(text=text) if value.value is not None:
            return (text,)
        case Items(items):
            return tuple(item.text for item in items if isinstance(item, Scalar))
    return ()


def _generates(document: SigmaDocument) -> bool:
    value = document.body.get("generate")
    return isinstance(value, Scalar) and value.value is True


def _rule(document: SigmaDocument, documents: Sequence[SigmaDocument], file: _File, around: tuple[SigmaDocument, ...]) -> SigmaRule:
    if document.kind == "detection":
        filters = tuple(each for each in documents if each.kind == "filter" and _applies(each, document))
        return SigmaRule(document, filters, (), file.text)
    if document in around:
        file.fail("a correlation refers to itself", document.body.span)
    others = []
    for name in references(document):
        other = next((each for each in documents if each.kind != "filter" and name in each.names), None)
        if other is not None:
            others.append((name, _rule(other, documents, file, (*around, document))))
    return SigmaRule(document, (), tuple(others), file.text)


def _applies(filter_: SigmaDocument, document: SigmaDocument) -> bool:
    """Whether a filter applies to a rule: it names it, or any, and its log source is the same or wider."""
    named = references(filter_)
    own, wanted = filter_.source, document.source
    fits = all(
        mine in ("", theirs)
        for mine, theirs in ((own.product, wanted.product), (own.category, wanted.category), (own.service, wanted.service))
    )
    return fits and (not named or named == ("any",) or bool(document.names & frozenset(named)))


def block_of(document: SigmaDocument, text: str) -> Span:
    """The lines of a document's body, as far as they hold nothing else."""
    start, end = document.body.span.start, document.body.span.end
    line = text.rfind("\n", 0, start) + 1
    return Span(start if text[line:start].strip() else line, end)


def map_of(span: Span, text: str) -> TextMap:
    """The map of a part of a file that is read as it stands."""
    length = span.end - span.start
    return TextMap(text, (Segment(0, length, span),) if length else (), span.end)
