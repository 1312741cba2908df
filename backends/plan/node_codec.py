"""Serialisation of programs, normal forms and cells as plain JSON values.

Every node becomes an entry of one flat list that refers to its children by the indices of earlier entries. So there is no
nesting and no cycle, and sharing is preserved. Reading instantiates only known classes, with attributes of the types that
the class declares.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from ...compiler.ir import formula as ir
from ...compiler.ir import program as shape
from ...compiler.normal_form import nnf
from ...compiler.schema.field_types import FIELD_TYPES, FieldType
from ...compiler.schema.fields import FieldSpec, Schema
from ...compiler.values import sets
from ...compiler.values.origin import Origin, Writing
from ...compiler.values.regexp_parser import Regexp, RegexpError, parse_regexp
from ...grammar.span import Span
from ..generate.cells import Cell, Slot

_CLASSES: dict[str, type] = {
    node_class.__name__: node_class
    for node_class in (
        FieldSpec, sets.Pattern, sets.Interval, sets.Phrase, ir.Like, ir.Matches, ir.Lexical, ir.LengthIn, ir.Within, ir.PhraseMatch,
        ir.NestedMatch, ir.AnyOtherField, ir.FieldTerm, ir.Constant, ir.Apply, ir.Truth, ir.Exists, ir.Atom, ir.Predicate, ir.DualReading,
        ir.And, ir.Or, ir.Not,
        shape.Key, shape.Step, shape.Pipe, shape.Distinct, shape.Program,
        nnf.Lit, nnf.Conj, nnf.Disj, nnf.Preferred,
        Slot, Cell,
    )
}  # fmt: skip
_WILDCARDS = {wild.name: wild for wild in sets.Wild}


class CodecError(ValueError):
    """The entries do not encode nodes; the message says why."""


# -- writing -------------------------------------------------------------------------------------


class Writer:
    """Writes nodes as entries.

    Attributes:
        entries: the entries so far.
    """

    def __init__(self) -> None:
        self.entries: list[list[Any]] = []
        self._numbers: dict[int, tuple[object, int]] = {}

    def write(self, node: Any) -> int:
        """Write a node; returns the index of its entry."""
        cached = self._numbers.get(id(node))
        if cached is None:
            if isinstance(node, Regexp):
                entry = ["Regexp", node.text, node.fold]
            else:
                name = type(node).__name__
                if _CLASSES.get(name) is not type(node):
                    raise TypeError(f"{name} has no place in a plan")
                entry = [name, *(self._value(getattr(node, attribute.name)) for attribute in _parts(_CLASSES[name]))]
            self.entries.append(entry)
            cached = self._numbers[id(node)] = (node, len(self.entries) - 1)
        return cached[1]

    def _value(self, value: Any) -> Any:
        if isinstance(value, FieldType):
            return value.name
        if isinstance(value, sets.Wild):
            return {"wild": value.name}
        if isinstance(value, Enum):
            return value.value
        if isinstance(value, frozenset):
            return sorted(value)
        if isinstance(value, tuple):
            return [self._value(item) for item in value]
        return self.write(value) if is_dataclass(value) else value


@cache
def _parts(cls: Any) -> tuple[Field[Any], ...]:
    """Returns the attributes that are written: all but spans and origins in the query, and the schema, which the reader has."""
    hints = _hints(cls)
    return tuple(attribute for attribute in fields(cls) if attribute.init and hints[attribute.name] not in (Span, Origin, Writing, Schema))


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


# -- reading -------------------------------------------------------------------------------------


def read(entries: object, schema: Schema) -> list[Any]:
    """Read the nodes of all entries.

    Args:
        entries: the output of a `Writer`.
        schema: for conditions on fields that no query names.

    Raises:
        CodecError: an entry has an unknown class, or an attribute of the wrong type.
    """
    if not isinstance(entries, list):
        raise CodecError("its nodes are not a list")
    nodes: list[Any] = []
    for number, entry in enumerate(entries):
        try:
            nodes.append(_node(entry, nodes, schema))
        except (CodecError, RegexpError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise CodecError(f"node {number} is not one: {error}") from None
    return nodes


def _node(entry: object, nodes: Sequence[Any], schema: Schema) -> Any:
    match entry:
        case ["Regexp", str(text), bool(fold)]:
            return parse_regexp(text, fold)
        case [str(name), *values] if name in _CLASSES:
            cls = _CLASSES[name]
            parts = _parts(cls)
            if len(values) != len(parts):
                raise CodecError(f"a {name} has {len(parts)} parts")
            hints = _hints(cls)
            known = {"schema": schema} if cls is ir.AnyOtherField else {}
            return cls(
                **known,
                **{attribute.name: _read(value, hints[attribute.name], nodes) for attribute, value in zip(parts, values, strict=True)},
            )
    raise CodecError("its class is not known")


def _read(value: object, expected: Any, nodes: Sequence[Any]) -> Any:
    """Decodes an attribute of the type that its class declares."""
    for alternative in _alternatives(expected):
        decoded = _read_as(value, alternative, nodes)
        if decoded is not MISSING:
            return decoded
    raise CodecError(f"a part is not {expected}")


@cache
def _alternatives(expected: Any) -> tuple[Any, ...]:
    origin = typing.get_origin(expected)
    if origin is types.UnionType or origin is typing.Union:
        return tuple(inner for argument in typing.get_args(expected) for inner in _alternatives(argument))
    return (expected,)


def _read_as(value: object, expected: Any, nodes: Sequence[Any]) -> Any:
    """Decodes a value as one alternative of a union type; MISSING if it is not of that type."""
    if expected is Any:
        return _json_value(value)
    if expected is type(None):
        return None if value is None else MISSING
    if typing.get_origin(expected) is frozenset:
        decoded = _read_tuple(value, (*typing.get_args(expected), Ellipsis), nodes)
        return decoded if decoded is MISSING else frozenset(decoded)
    if typing.get_origin(expected) is tuple:
        return _read_tuple(value, typing.get_args(expected), nodes)
    if not isinstance(expected, type):
        return MISSING
    if issubclass(expected, sets.Wild):
        return _WILDCARDS.get(value["wild"], MISSING) if isinstance(value, dict) and isinstance(value.get("wild"), str) else MISSING
    if issubclass(expected, Enum):
        return next((member for member in expected if member.value == value), MISSING)
    if expected is FieldType:
        return FIELD_TYPES.get(value, MISSING) if isinstance(value, str) else MISSING
    if is_dataclass(expected):
        fits = type(value) is int and 0 <= value < len(nodes) and type(nodes[value]) is expected
        return nodes[value] if fits and isinstance(value, int) else MISSING
    if expected is float:
        return value if type(value) in (int, float) else MISSING
    return value if type(value) is expected and expected in (str, int, bool) else MISSING


def _read_tuple(value: object, args: tuple[Any, ...], nodes: Sequence[Any]) -> Any:
    if not isinstance(value, list):
        return MISSING
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_read(item, args[0], nodes) for item in value)
    if len(value) != len(args):
        return MISSING
    return tuple(_read(item, arg, nodes) for item, arg in zip(value, args, strict=True))


def _json_value(value: object) -> Any:
    if value is None or isinstance(value, list):
        return MISSING
    return value
