"""The field types of Elasticsearch, and what queries can do with their values."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


class Kind(StrEnum):
    """How values of a field behave in queries; many field types share one kind."""

    STRING = "string"
    """Whole strings, compared as they are: keyword and its relatives, keys below a flattened field."""
    TEXT = "text"
    """Analysed text: compared token by token."""
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"
    IP = "ip"
    DATE = "date"
    VERSION = "version"
    GEO_POINT = "geo_point"
    OBJECT = "object"
    """Holds fields rather than values; a flattened root is one too."""
    NESTED = "nested"
    BINARY = "binary"
    """Stored values that neither language can test: binary, vectors, shapes, histograms, numeric ranges."""
    IP_RANGE = "ip_range"
    ALIAS = "alias"
    """Another name of a field, whose type counts."""


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field type.

    Attributes:
        name: as Elasticsearch spells it in a mapping.
        kind: how its values behave.
        lowest, highest: the values it can hold, both inclusive: numbers as they are, dates in epoch milliseconds; None
            where there is no such bound.
    """

    name: str
    kind: Kind
    lowest: int | float | None = None
    highest: int | float | None = None

    def __str__(self) -> str:
        return self.name


_DOUBLE_MAX = 1.7976931348623157e308
_FLOAT_MAX = 3.4028234663852886e38
_HALF_FLOAT_MAX = 65504.0
# A scaled_float is a long: the value times its scaling factor, here the usual one of 1000.
_SCALED_FLOAT_MAX = 9.2e15
YEAR_1_MS = -62_135_596_800_000
YEAR_9999_END_MS = 253_402_300_799_999
# date_nanos counts nanoseconds since 1970 in a long.
_NANOS_END_MS = (2**63 - 1) // 1_000_000


def _signed(name: str, bits: int) -> FieldType:
    return FieldType(name, Kind.INTEGER, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _floating(name: str, highest: float) -> FieldType:
    return FieldType(name, Kind.FLOAT, -highest, highest)


_UNTESTABLE = (
    "binary",
    "aggregate_metric_double",
    "completion",
    "date_range",
    "dense_vector",
    "double_range",
    "exponential_histogram",
    "float_range",
    "geo_shape",
    "histogram",
    "integer_range",
    "join",
    "long_range",
    "percolator",
    "point",
    "rank_feature",
    "rank_features",
    "rank_vectors",
    "shape",
    "sparse_vector",
    "tdigest",
)

_ALL = (
    *(FieldType(name, Kind.STRING) for name in ("keyword", "constant_keyword", "wildcard", "counted_keyword")),
    *(
        FieldType(name, Kind.TEXT)
        for name in ("text", "match_only_text", "search_as_you_type", "annotated_text", "pattern_text", "semantic_text")
    ),
    _signed("long", 64),
    _signed("integer", 32),
    _signed("short", 16),
    _signed("byte", 8),
    FieldType("unsigned_long", Kind.INTEGER, 0, 2**64 - 1),
    FieldType("token_count", Kind.INTEGER, 0, 2**31 - 1),
    _floating("double", _DOUBLE_MAX),
    _floating("float", _FLOAT_MAX),
    _floating("half_float", _HALF_FLOAT_MAX),
    _floating("scaled_float", _SCALED_FLOAT_MAX),
    FieldType("boolean", Kind.BOOLEAN),
    FieldType("ip", Kind.IP),
    FieldType("ip_range", Kind.IP_RANGE),
    FieldType("date", Kind.DATE, YEAR_1_MS, YEAR_9999_END_MS),
    FieldType("date_nanos", Kind.DATE, 0, _NANOS_END_MS),
    FieldType("version", Kind.VERSION),
    FieldType("geo_point", Kind.GEO_POINT),
    FieldType("object", Kind.OBJECT),
    FieldType("passthrough", Kind.OBJECT),
    FieldType("flattened", Kind.OBJECT),
    FieldType("nested", Kind.NESTED),
    FieldType("alias", Kind.ALIAS),
    *(FieldType(name, Kind.BINARY) for name in _UNTESTABLE),
)

FIELD_TYPES: dict[str, FieldType] = {field_type.name: field_type for field_type in _ALL}
"""Every field type, by its name in Elasticsearch."""

KEYWORD = FIELD_TYPES["keyword"]
CONSTANT_KEYWORD = FIELD_TYPES["constant_keyword"]
WILDCARD = FIELD_TYPES["wildcard"]
TEXT = FIELD_TYPES["text"]
MATCH_ONLY_TEXT = FIELD_TYPES["match_only_text"]
LONG = FIELD_TYPES["long"]
DOUBLE = FIELD_TYPES["double"]
BOOLEAN = FIELD_TYPES["boolean"]
IP = FIELD_TYPES["ip"]
DATE = FIELD_TYPES["date"]
VERSION = FIELD_TYPES["version"]
OBJECT = FIELD_TYPES["object"]
NESTED = FIELD_TYPES["nested"]
FLATTENED = FIELD_TYPES["flattened"]
ALIAS = FIELD_TYPES["alias"]


def closest_type_name(name: str) -> str | None:
    """The name of the field type that ``name`` may have been meant to be, or None."""
    close = get_close_matches(name.strip().lower(), FIELD_TYPES, n=1)
    return close[0] if close else None
