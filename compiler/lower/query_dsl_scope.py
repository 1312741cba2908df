"""One filter being lowered: where it stands, and how the parts of its Query DSL are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from ...grammar.span import Span
from ..diagnostics.diagnostic import InvalidQueryError
from ..diagnostics.errors import WrongFilter
from ..schema.fields import FieldSpec
from .context import Lowering, literal_type

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FilterLocation:
    """Where in a rule a filter stands, for findings.

    Attributes:
        name: how to call it, such as ``filters[0]``.
        span: of the whole filter; every condition in it has this span.
    """

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Scope:
    """What the parts of one filter share.

    Attributes:
        context: the run of lowering.
        place: where the filter stands.
        path: the nested object around the part, if any.
    """

    context: Lowering
    place: FilterLocation
    path: str | None = None

    @property
    def span(self) -> Span:
        """That of the whole filter."""
        return self.place.span

    def field(self, name: str) -> FieldSpec:
        """The field of that name, which must lie where the part looks."""
        spec = self.context.lookup(name)
        if not spec.known and self.path is not None and spec.nested_path is None:
            spec = replace(spec, nested_path=self.path)
        if spec.nested_path != self.path:
            where = "outside any nested object" if spec.nested_path is None else f"inside the nested object `{spec.nested_path}`"
            self.invalid(f"`{name}` lies {where}, where this condition does not look", field=name)
        return spec

    def invalid(self, message: str, field: str | None = None) -> NoReturn:
        """Raise for a filter that means nothing."""
        raise InvalidQueryError(
            WrongFilter(text=f"{self.place.name}: {message}", remedy=None).at(self.span, field=field), self.context.text
        )

    def unsupported(self, construct: str, why: str) -> NoReturn:
        """Raise for what cannot be compiled yet."""
        self.context.unsupported(f"{construct} in {self.place.name}", self.span, why)


def typed(name: str, value: Any, scope: Scope, *, ordered: bool = False) -> FieldSpec:
    """The field; one that no schema knows gets the type that the JSON value suggests."""
    match value:
        case bool():
            scope.context.infer(name, "boolean", scope.span)
        case int():
            scope.context.infer(name, "long", scope.span)
        case float():
            scope.context.infer(name, "double", scope.span)
        case str() if (kind := literal_type(value, scope.context.now)) and (ordered or ("/" in value and kind == "ip")):
            scope.context.infer(name, kind, scope.span)
    return scope.field(name)


def text_of(value: Any, scope: Scope) -> str:
    """A value as text."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
    scope.invalid(f"expected a value, found `{value}`")


def field_and_value(body: Any, keys: Iterable[str], scope: Scope) -> tuple[str, Any, Body]:
    """The field of a query on one field, its value, and the options beside the value."""
    name, found = one_field(body, "query", scope)
    if not isinstance(found, Mapping):
        return name, found, {}
    for key in keys:
        if key in found:
            return name, found[key], found
    scope.invalid(f"the condition on `{name}` has no value", name)


def one_field(body: Any, what: str, scope: Scope) -> tuple[str, Any]:
    """The only field of an object, and what stands under it."""
    body = as_object(body, what, scope)
    if len(body) != 1:
        scope.invalid(f"`{what}` needs one field, this has {len(body)}")
    ((name, found),) = body.items()
    return str(name), found


def as_object(value: Any, what: str, scope: Scope) -> Body:
    """The value, which must be an object; ``what`` names it."""
    if not isinstance(value, Mapping):
        scope.invalid(f"`{what}` is not an object")
    return value


def as_list(value: Any, what: str, scope: Scope) -> list[Any]:
    """The value, which must be a list; ``what`` names it."""
    if not isinstance(value, list | tuple):
        scope.invalid(f"`{what}` is not a list")
    return list(value)


def listed(value: Any) -> list[Any]:
    """A list, also where a single value stands for one."""
    return [] if value is None else list(value) if isinstance(value, list | tuple) else [value]
