"""Processing pipelines of pySigma: the fields that they rename, and the conditions that they add.

pySigma keeps no places, so it only says what becomes of a rule's fields; the rule itself is compiled from its YAML.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from ...grammar.errors import TriggerfishError
from ...grammar.span import Span
from ..reading.yaml_nodes import Entry, Items, Map, Node, Scalar, plain
from .document import SigmaDocument


class PipelineError(TriggerfishError):
    """A pipeline that cannot be loaded, or pySigma is missing; the message says which and why."""


class RefusedError(ValueError):
    """What a pipeline does to a rule and this compiler cannot follow."""


@dataclass(frozen=True, slots=True)
class Processed:
    """What pipelines do to a rule.

    Attributes:
        fields: by name, the fields that take a field's place: any of them; a field that is not listed stays.
        added: conditions that they add, all of which hold.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    added: tuple[Map, ...] = ()

    def names(self, name: str) -> tuple[str, ...]:
        """The fields in the place of one."""
        return self.fields.get(name, (name,))


NOTHING = Processed()


def load_pipelines(names: tuple[str, ...]) -> Any:
    """The pipelines of these names or files, as one of pySigma's.

    Raises:
        PipelineError: pySigma is not installed, or there is no such pipeline.
    """
    if not names:
        raise ValueError("no pipelines")
    return _loaded(names)


@cache
def _loaded(names: tuple[str, ...]) -> Any:
    try:
        plugins = import_module("sigma.plugins").InstalledSigmaPlugins.autodiscover()
    except ImportError:
        raise PipelineError("processing pipelines need pySigma: pip install 'triggerfish[sigma]'") from None
    resolver = plugins.get_pipeline_resolver()
    for name in names:
        known = ", ".join(sorted(plugins.pipelines))
        if name not in plugins.pipelines and not Path(name).is_file():
            raise PipelineError(f"`{name}` is neither a pipeline nor a file; installed are {known or 'none'}")
    try:
        return resolver.resolve(list(names))
    except Exception as error:
        # Of a file that is not a pipeline, pySigma raises whatever its parts raise.
        raise PipelineError(f"{', '.join(names)}: {' '.join(str(error).split())}") from None


def processed(document: SigmaDocument, names: tuple[str, ...]) -> Processed:
    """What pipelines do to a rule or a filter.

    Args:
        document: the rule or filter.
        names: the names or files of the pipelines, in their order.

    Raises:
        PipelineError: as `load_pipelines`.
        RefusedError: the pipelines refuse the rule, or change more than its fields.
    """
    rules = import_module("sigma.rule") if names else None
    assert rules is not None
    pipeline = load_pipelines(names)
    before, after = (_rule(rules, document) for _ in range(2))
    try:
        pipeline.apply(after)
    except Exception as error:
        raise RefusedError(" ".join(str(error).split())) from None
    found: dict[str, dict[str, None]] = {}
    for name, detection in before.detection.detections.items():
        _compare(detection, after.detection.detections[name], found)
    conditions = " ".join(after.detection.condition)
    if any(f"not {name}" in conditions for name in after.detection.detections if name not in before.detection.detections):
        raise RefusedError("a pipeline that adds a negated condition")
    added = [
        _node(after.detection.detections[name].to_plain(), document.source.span)
        for name in after.detection.detections
        if name not in before.detection.detections
    ]
    return Processed({name: tuple(each) for name, each in found.items()}, tuple(node for node in added if isinstance(node, Map)))


def _rule(rules: Any, document: SigmaDocument) -> Any:
    table: dict[str, Any] = {"title": "rule", "logsource": {}, "detection": plain(document.body)}
    table["detection"].pop("rules", None)
    source = document.source
    stated = {"product": source.product, "category": source.category, "service": source.service}
    table["logsource"] = {name: value for name, value in stated.items() if value}
    try:
        return rules.SigmaRule.from_dict(table)
    except Exception as error:
        raise RefusedError(f"pySigma cannot read the rule: {' '.join(str(error).split())}") from None


def _compare(before: Any, after: Any, found: dict[str, dict[str, None]]) -> None:
    """Note what became of the fields of a detection's items; where one became several, each of them has the same values."""
    for one, other in zip(before.detection_items, after.detection_items, strict=True):
        if hasattr(one, "detection_items"):
            _compare(one, other, found)
            continue
        items = list(_items(other))
        if one.field is None:
            if any(item.field is not None for item in items):
                raise RefusedError("a pipeline that gives keywords a field")
            continue
        for item in items:
            if item.field is None:
                raise RefusedError(f"a pipeline that makes keywords of `{one.field}`")
            if list(map(_text, item.value)) != list(map(_text, one.value)) and not _is_reference(one):
                raise RefusedError(f"a pipeline that changes the values of `{one.field}`")
            found.setdefault(one.field, {})[item.field] = None


def _text(value: Any) -> str:
    """A value as a text: a number that became a string is the same value."""
    try:
        return str(value.to_plain())
    except Exception:
        # Some kinds of values have no plain form.
        return repr(value)


def _is_reference(item: Any) -> bool:
    """Whether an item compares with another field, whose name pipelines change as well."""
    return any(type(value).__name__ == "SigmaFieldReference" for value in item.value)


def _items(node: Any) -> Iterator[Any]:
    if not hasattr(node, "detection_items"):
        yield node
        return
    for each in node.detection_items:
        yield from _items(each)


def _node(value: Any, span: Span) -> Node:
    """A value of Python as a node that stands at the log source, which it comes from."""
    if isinstance(value, Mapping):
        return Map(tuple(Entry(Scalar(key, str(key), span), _node(each, span)) for key, each in value.items()), span)
    if isinstance(value, list | tuple):
        return Items(tuple(_node(each, span) for each in value), span)
    return Scalar(value if isinstance(value, str | int | float | bool | None) else str(value), str(value), span)
