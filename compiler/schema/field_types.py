"""The field types of Elasticsearch, and what queries can do with their values."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Traits:
    """What queries can do with the values of a kind.

    Attributes:
        ordered: a number stands for each value, so that a set of them is a set of intervals: numbers, booleans, addresses, dates.
        numeric: values are numbers in arithmetic.
        fractions: not all of these numbers are whole.
        textual: values are strings that patterns match.
        analysed: of these, values are compared word by word.
        precedence: they are ordered as versions, not by code point.
        container: holds fields rather than values.
        nested: its objects are documents of their own.
        breadth: kinds of fewer values come first; a value of one kind can be held by broader kinds.
        groupable: documents can be gathered by a value, as thresholds and new terms do.
    """

    ordered: bool = False
    numeric: bool = False
    fractions: bool = False
    textual: bool = False
    analysed: bool = False
    precedence: bool = False
    container: bool = False
    nested: bool = False
    groupable: bool = False
    breadth: int = 7

    @property
    def whole_strings(self) -> bool:
        """Whether values are strings that are compared as a whole."""
        return self.textual and not self.analysed

    @property
    def integral(self) -> bool:
        """Whether values are numbers in arithmetic, and whole."""
        return self.numeric and not self.fractions

    @property
    def whole_numbers(self) -> bool:
        """Whether whole numbers stand for values."""
        return self.ordered and not self.fractions


class Kind(StrEnum):
    """How values of a field behave in queries; many field types share one kind."""

    traits: Traits

    def __new__(cls, name: str, traits: Traits = Traits()) -> Kind:
        kind = str.__new__(cls, name)
        kind._value_ = name
        kind.traits = traits
        return kind

    STRING = "string", Traits(textual=True, groupable=True, breadth=6)
    """Whole strings, compared as they are: keyword and its relatives, keys below a flattened field."""
    TEXT = "text", Traits(textual=True, analysed=True)
    """Analysed text: compared token by token."""
    INTEGER = "integer", Traits(ordered=True, numeric=True, groupable=True, breadth=3)
    FLOAT = "float", Traits(ordered=True, numeric=True, fractions=True, groupable=True, breadth=4)
    BOOLEAN = "boolean", Traits(ordered=True, groupable=True, breadth=0)
    IP = "ip", Traits(ordered=True, groupable=True, breadth=1)
    DATE = "date", Traits(ordered=True, groupable=True, breadth=2)
    VERSION = "version", Traits(textual=True, precedence=True, groupable=True, breadth=5)
    GEO_POINT = "geo_point"
    OBJECT = "object", Traits(container=True)
    """Holds fields rather than values; a flattened root is one too."""
    NESTED = "nested", Traits(container=True, nested=True)
    BINARY = "binary"
    """Stored values that neither language can test: binary, vectors, shapes, histograms, numeric ranges."""
    IP_RANGE = "ip_range"
    ALIAS = "alias", Traits(groupable=True)
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
