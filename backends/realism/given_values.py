"""Given values: fields of a document that the user sets, and pools of values that they prefer."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ...compiler.schema.field_types import FIELD_TYPES
from ...compiler.schema.fields import FieldSpec, Schema, prefixes
from ...compiler.semantics.document import flatten
from ...compiler.semantics.match_group import TIMESTAMP
from ...grammar.errors import TriggerfishError
from .assignment import Assignment, is_of


class GivenValueError(TriggerfishError, ValueError):
    """A value that no document can be given; the message names the field."""


def given_values(template: Mapping[str, Any], assignments: Sequence[str], schema: Schema) -> dict[str, Any]:
    """Return the values that documents are to have, by field; a tuple for several.

    Args:
        template: a document, nested or with dotted names; its timestamp is left out.
        assignments: ``FIELD=VALUE`` each; they take precedence. A value that is not one of the field's type is read as JSON.
        schema: the types of fields.

    Raises:
        GivenValueError: an assignment is not one, a field cannot hold its value, or one field lies below another.
    """
    given = {name: _value(name, values if len(values) > 1 else values[0], schema) for name, values in flatten(dict(template)).items()}
    for text in assignments:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise GivenValueError(f"`{text}` is not an assignment; use FIELD=VALUE, such as `user.name=maria`")
        given[name] = _value(name, value, schema)
    given.pop(TIMESTAMP, None)
    for name in given:
        above = next((prefix for prefix in prefixes(name) if prefix in given), None)
        if above is not None:
            raise GivenValueError(f"`{above}` cannot have a value beside `{name}`")
    return given


def _value(name: str, value: Any, schema: Schema) -> Any:
    spec = schema.lookup(name)
    # Elasticsearch indexes a number in a keyword field as text.
    as_text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    candidates = (value, _parsed(value), as_text)
    for candidate in candidates if not isinstance(value, str) or value[:1] != "[" else candidates[1:]:
        values = tuple(candidate) if isinstance(candidate, list) else (candidate,)
        known = spec_of(name, values[0] if values else None) if spec is None else spec
        if known is not None and values and all(is_of(known, item) for item in values):
            return values if isinstance(candidate, list) else candidate
    kind = f"a field of type {spec.type.name}" if spec is not None else "a field"
    raise GivenValueError(f"`{name}` cannot be {describe(value)}: it is {kind}")


def _parsed(value: Any) -> Any:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


_TYPES = ((bool, "boolean"), (int, "long"), (float, "double"), (str, "keyword"))


def spec_of(name: str, value: Any) -> FieldSpec | None:
    """The specification of a field of which only a value is known: as dynamic mapping would have it."""
    first = value[0] if isinstance(value, tuple) else value
    found = next((type_name for kind, type_name in _TYPES if isinstance(first, kind)), None)
    several = isinstance(value, tuple)
    return None if found is None else FieldSpec(name, FIELD_TYPES[found], array=several, array_stated=several)


def describe(value: Any) -> str:
    """The value as a message shows it."""
    return f"`{json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}`"


def with_given(added: Collection[str], given: Mapping[str, Any], spoken: Collection[str]) -> frozenset[str]:
    """The fields to add to an event: also those that are given, and none above or below one of them or of the rule's."""
    if not given:
        return frozenset(added)
    fields = set(spoken)
    own = [name for name in given if fields.isdisjoint(prefixes(name)) and not any(field.startswith(f"{name}.") for field in fields)]
    around = {prefix for name in own for prefix in prefixes(name)}
    others = (name for name in added if name not in around and not any(prefix in own for prefix in prefixes(name)))
    return frozenset((*own, *others))


def settle_given(assignment: Assignment, event: int, given: Mapping[str, Any]) -> None:
    """Give the fields of an event the values that they are to have, wherever the rule allows."""
    for name, value in given.items():
        if assignment.fits(event, name, value):
            assignment.put(event, name, value)


def settle_pools(assignment: Assignment, event: int, pools: Mapping[str, tuple[Any, ...]]) -> None:
    """Give the fields of an event that have a pool a value of it, wherever the rule allows."""
    for name, values in pools.items():
        if not assignment.concerns(event, name) or assignment.is_settled(event, name):
            continue
        if not assignment.offer(event, name, assignment.rng.sample(values, len(values))):
            assignment.given_up.add(f"{name} has a value of its pool")
