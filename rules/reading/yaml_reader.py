"""YAML texts: their values, and where those stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path as FilePath
from typing import Any

from ...compiler.file_input import STUMBLED, YAML_STUMBLES
from ...grammar.input_limits import SURROGATE
from ...grammar.source_map import Segment, TextMap
from ...grammar.span import LineMap, Span
from ..errors import RuleError
from .attribute_locations import AttributeLocations, Path

_MOST_VALUES = 500_000
"""In one document, each counted as often as aliases repeat it."""


@dataclass(frozen=True, slots=True)
class YamlLocations(AttributeLocations):
    """The places in a YAML document.

    Attributes:
        spans: of all values, by their paths.
        blocks: the paths of strings that are written as literal blocks (``|``).
    """

    spans: dict[Path, Span] = field(default_factory=dict, repr=False)
    blocks: frozenset[Path] = frozenset()

    def value(self, path: Path) -> Span | None:
        """See `AttributeLocations`."""
        return self.spans.get((*self.root, *path))

    def string(self, path: Path, value: str) -> TextMap | None:
        """See `AttributeLocations`. Strings that YAML folds or escapes are not found."""
        span = self.value(path)
        if span is None:
            return None
        if (*self.root, *path) in self.blocks:
            return _block_map(self.text, span, value)
        start = span.start + (self.text[span.start] in "\"'")
        if not self.text.startswith(value, start):
            return None
        segments = (Segment(0, len(value), Span(start, start + len(value))),) if value else ()
        return TextMap(self.text, segments, start + len(value))


def _block_map(text: str, span: Span, value: str) -> TextMap | None:
    """The map of a literal block: each of its lines stands on a line of the file, after the indentation."""
    at = text.find("\n", span.start) + 1 or len(text)
    segments: list[Segment] = []
    offset = 0
    for line in value.splitlines(keepends=True):
        written = line.rstrip("\n")
        ending = text.find("\n", at)
        ending = len(text) if ending < 0 else ending
        shown = text[at:ending].rstrip("\r")
        if not shown.endswith(written) or shown[: len(shown) - len(written)].strip(" "):
            return None
        start = at + len(shown) - len(written)
        if written:
            segments.append(Segment(offset, len(written), Span(start, start + len(written))))
        if len(line) > len(written):
            segments.append(Segment(offset + len(written), 1, Span(at + len(shown), min(ending + 1, len(text)))))
        offset += len(line)
        at = ending + 1
    end = segments[-1].source.end if segments else span.start
    return TextMap(text, segments, end)


def parse_yaml(text: str, path: FilePath | None) -> list[tuple[Any, YamlLocations]]:
    """The documents of a YAML text, each with its places.

    Raises:
        RuleError: it is no YAML, or PyYAML is missing.
    """
    try:
        # Optional, and without types of its own.
        yaml = import_module("yaml")
    except ImportError:
        raise RuleError("reading YAML needs PyYAML", path, hint="pip install pyyaml, or give the rule as TOML or JSON") from None
    found: list[tuple[Any, YamlLocations]] = []
    loader: Any = None
    try:
        loader = yaml.SafeLoader(text)
        while loader.check_node():
            node = loader.get_node()
            spans: dict[Path, Span] = {}
            blocks: set[Path] = set()
            _note(yaml, node, (), spans, blocks)
            found.append((loader.construct_document(node), YamlLocations(text, spans=spans, blocks=frozenset(blocks))))
    except yaml.MarkedYAMLError as error:
        # YAML ends lines where no editor does; offsets are the same to all.
        mark = error.problem_mark
        at = None if mark is None else LineMap(text).position(mark.index)
        place = (None, None) if at is None else (at.line, at.column)
        raise RuleError(f"not valid YAML: {error.problem or error.context}", path, *place) from None
    except RecursionError:
        raise RuleError("nested too deeply", path) from None
    except yaml.reader.ReaderError as error:
        at = LineMap(text).position(error.position)
        raise RuleError(f"not valid YAML: invalid character U+{error.character:04X}", path, at.line, at.column) from None
    except YAML_STUMBLES:
        raise RuleError(STUMBLED, path) from None
    finally:
        if loader is not None:
            loader.dispose()
    return found


def _note(yaml: Any, node: Any, path: Path, spans: dict[Path, Span], blocks: set[Path]) -> None:
    if path in spans:
        return
    if len(spans) == _MOST_VALUES:
        # A few aliases of aliases stand for more than there is room for.
        raise yaml.MarkedYAMLError(problem=f"more than {_MOST_VALUES:,} values", problem_mark=node.start_mark)
    spans[path] = Span(node.start_mark.index, node.end_mark.index)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _check_characters(yaml, key)
            _note(yaml, value, (*path, str(key.value)), spans, blocks)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            _note(yaml, value, (*path, number), spans, blocks)
    else:
        _check_characters(yaml, node)
        if node.style == "|":
            blocks.add(path)


def _check_characters(yaml: Any, node: Any) -> None:
    if isinstance(node, yaml.ScalarNode) and (found := SURROGATE.search(node.value)):
        raise yaml.MarkedYAMLError(problem=f"invalid character U+{ord(found[0]):04X}", problem_mark=node.start_mark)
