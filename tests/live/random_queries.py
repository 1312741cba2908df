"""Random queries on one field each, and documents that come close to them, for the engine and the matcher to agree on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from engine import Engine
from triggerfish.backends.elasticsearch.mappings import index_mappings
from triggerfish.backends.elasticsearch.query_dsl import NOW, to_query_dsl
from triggerfish.compiler.compile import compile_query
from triggerfish.compiler.diagnostics.diagnostic import QueryError
from triggerfish.compiler.schema.load import schema_from
from triggerfish.compiler.semantics.document import flatten
from triggerfish.compiler.semantics.match_document import Reading, compile_formula
from triggerfish.grammar.syntax_error import QuerySyntaxError

SCHEMA = {
    "k": {"type": "keyword"},
    "t": {"type": "text"},
    "n": {"type": "long"},
    "i": {"type": "integer"},
    "d": {"type": "double"},
    "dt": {"type": "date"},
    "ip": {"type": "ip"},
    "v": {"type": "version"},
    "b": {"type": "boolean"},
}
FIELDS = schema_from(SCHEMA)


def _pick(*choices: Any) -> Callable[[Random], Any]:
    return lambda rng: rng.choice(choices)


def _word(rng: Random) -> str:
    return "".join(rng.choice("abAB0_-.é") for _ in range(rng.randint(0, 4)))


def _text(rng: Random) -> str:
    pieces = ("ab", "Ab", "b", "a-b", "foo.bar", "x_y", "42", "é", "\u24b6", "\U0001f600", "ab's", "1,5", "a@b", "日本")
    return " ".join(rng.choice(pieces) for _ in range(rng.randint(1, 4)))


def _date(rng: Random) -> str:
    day = f"{rng.choice((2020, 2021))}-{rng.choice(('02', '03', '12'))}-{rng.choice(('01', '02', '28'))}"
    return day + rng.choice(("", "T00:00:00Z", "T12:30:00Z", "T23:59:59.999Z", "T01:00:00+02:00"))


def _version(rng: Random) -> str:
    core = ".".join(str(rng.choice((0, 1, 2, 10))) for _ in range(rng.randint(1, 3)))
    endings = ("", "", "-rc.1", "-alpha", "-alpha.0", "-", "-1", "-10", "-01", "-0a", "+b", "+b.1", "+b-c", "-a+b", "+b..c", ".", "+")
    return rng.choice((core + rng.choice(endings), f"0{core}", f"{core}.00", "zzz", "1.0.0-rc.01"))


VALUES: Mapping[str, Callable[[Random], Any]] = {
    "k": _word,
    "t": _text,
    "n": lambda rng: rng.choice((rng.randint(-5, 5), 2**53, -(2**40))),
    "i": lambda rng: rng.choice((rng.randint(-5, 5), 2**31 - 1, -(2**31))),
    "d": lambda rng: rng.choice((rng.randint(-3, 3), rng.randint(-12, 12) / 4)),
    "dt": _date,
    "ip": lambda rng: rng.choice((f"10.0.{rng.randint(0, 1)}.{rng.choice((0, 1, 255))}", "::1", "192.168.1.1", "2001:db8::1")),
    "v": _version,
    "b": _pick(True, False),
}
"""By field, what documents hold."""


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _wildcard(rng: Random) -> str:
    return "".join(rng.choice("abAB0_-*") for _ in range(rng.randint(1, 4))) + rng.choice(("*", "", "b*"))


def _regexp(rng: Random, depth: int = 2) -> str:
    if depth == 0:
        return rng.choice(("a", "b", "A", "[ab]", "[^a]", "[a-c]", "[^a-b]", ".", "\\.", "_", "0", "é"))
    inner = _regexp(rng, depth - 1)
    return rng.choice(
        (
            inner,
            f"({inner})*",
            f"({inner})?",
            f"({inner}){{1,2}}",
            f"{inner}{_regexp(rng, depth - 1)}",
            f"({inner}|{_regexp(rng, depth - 1)})",
        )
    )


def _comparison(rng: Random, name: str, value: str) -> str:
    return rng.choice(
        (f"{name}:{value}", f"{name} >= {value}", f"{name} < {value}", f"{name} > {value} or {name}:{value}", f"not {name}:{value}")
    )


def _partial_date(rng: Random) -> str:
    return rng.choice((_date(rng), "2021-03", "2021", "2020-12", "2021-03-01"))


def _kuery(rng: Random, name: str) -> str:
    value = str(VALUES[name](rng)).lower() if name == "b" else str(VALUES[name](rng))
    match name:
        case "k":
            return rng.choice((f"k:{_quoted(value)}", f"k:{_wildcard(rng)}", f"not k:{_wildcard(rng)}", f"k >= {_quoted(value)}"))
        case "t":
            return rng.choice(
                (f"t:{_quoted(value)}", f"t:({_text(rng).replace('@', '')})" if value.isascii() else "t:b", f"not t:{_quoted(value)}")
            )
        case "dt":
            return _comparison(rng, name, _quoted(_partial_date(rng)))
        case "ip":
            return rng.choice((f"ip:{_quoted(value)}", 'ip:"10.0.0.0/24"', f"ip > {_quoted(value)}", f"not ip:{_quoted(value)}"))
        case "b":
            return rng.choice((f"b:{value}", f"not b:{value}", "b:*"))
    return _comparison(rng, name, _quoted(value))


def _kuery_of(*names: str) -> Callable[[Random], tuple[str, str]]:
    return lambda rng: ("kuery", " and ".join(f"({_kuery(rng, rng.choice(names))})" for _ in range(rng.randint(1, 2))))


def _eql_regexp(rng: Random) -> tuple[str, str]:
    operator = rng.choice(("regex", "regex~"))
    return "eql", f'any where {rng.choice(("", "not "))}k {operator} """{_regexp(rng)}"""'


def _eql_string(rng: Random) -> tuple[str, str]:
    text = "".join(rng.choice("abAB0_-*?") for _ in range(rng.randint(1, 4)))
    operator = rng.choice((":", "like", "like~", "=="))
    return "eql", f'any where {rng.choice(("", "not "))}k {operator} "{text}"'


_EQL_TESTS = (
    *('k == "a"', 'k : "A"', 'k like~ "a*"', 'k in ("a", "b")', 'not k == "b"', 'k regex "[a-b]"', "k != null", "k == null", "true"),
    *("n == 1", "n >= 2", "n < 5", "n in (1, 5)", "not n == 2", "b == true", "not b", "d > 0.5", "d == -1", "i <= 0"),
    *('cidrMatch(ip, "10.0.0.0/24")', 'ip == "10.0.0.1"', 'v >= "1.0"', 'v == "0.1"', 'k like ("a*", "*B")', 'k : ("ab", "?")'),
)


def eql_condition(rng: Random) -> str:
    """A condition of an event in EQL."""
    tests = [rng.choice(_EQL_TESTS) for _ in range(rng.choice((1, 1, 2, 3)))]
    text = tests[0]
    for test in tests[1:]:
        text = f"({text}) {rng.choice(('and', 'or'))} {rng.choice(('', 'not '))}({test})"
    return text


def _lucene(rng: Random) -> tuple[str, str]:
    low, high = sorted(rng.sample(range(-4, 5), 2))
    opening, closing = rng.choice("[{"), rng.choice("]}")
    return "lucene", rng.choice(
        (
            f"n:{opening}{low} TO {high}{closing}",
            f"d:{opening}{low} TO *{closing}",
            f"k:/{_regexp(rng)}/",
            f"dt:{opening}{_partial_date(rng)[:10]} TO *{closing}",
            f"+n:{low} -k:{rng.choice(('a*', 'b', 'A?'))}",
            f"ip:{opening}10.0.0.0 TO 10.0.1.1{closing}",
        )
    )


KINDS: Mapping[str, Callable[[Random], tuple[str, str]]] = {
    "kuery keywords": _kuery_of("k"),
    "kuery tokens": _kuery_of("t"),
    "kuery numbers": _kuery_of("n", "i", "d", "b"),
    "kuery dates": _kuery_of("dt"),
    "kuery addresses": _kuery_of("ip"),
    "kuery versions": _kuery_of("v"),
    "kuery mixed": _kuery_of(*SCHEMA),
    "eql regular expressions": _eql_regexp,
    "eql strings": _eql_string,
    "eql events": lambda rng: ("eql", f"any where {eql_condition(rng)}"),
    "lucene": _lucene,
}
"""By name, a random query with its language."""


def random_documents(rng: Random, count: int) -> list[dict[str, Any]]:
    """Documents with one value, several or none in each field."""
    documents = []
    for _ in range(count):
        document: dict[str, Any] = {"@timestamp": NOW}
        for name, value in VALUES.items():
            if rng.random() < 0.8:
                document[name] = value(rng) if rng.random() < 0.8 else [value(rng), value(rng)]
        documents.append(document)
    return documents


@dataclass(slots=True)
class Agreement:
    """How many queries were tried, how many both refuse, and how engine and matcher differ."""

    queries: int = 0
    refused: int = 0
    differences: list[str] = field(default_factory=list)


def compare(engine: Engine, kind: str, count: int, seed: int, documents: Sequence[Mapping[str, Any]]) -> Agreement:
    """Put random queries of a kind to an index that holds the documents (see `load`) and to the matcher."""
    rng, flat = Random(f"{kind}|{seed}"), [flatten(document) for document in documents]
    agreement = Agreement()
    for _ in range(count):
        language, query = KINDS[kind](rng)
        agreement.queries += 1
        try:
            program = compile_query(query, FIELDS, NOW, language).program
            dsl = to_query_dsl(query, FIELDS, language=language)
        except (QueryError, QuerySyntaxError) as error:
            agreement.refused += 1
            if language == "lucene" and not isinstance(engine.hits("random", {"query_string": {"query": query}}), str):
                agreement.differences.append(f"{language} {query}: refused here ({error}), accepted by the engine")
            continue
        matches = compile_formula(program.steps[0].formula, Reading.ELASTICSEARCH)
        matched = {number for number, document in enumerate(flat) if matches(document) is True}
        hits = engine.hits("random", dsl)
        if isinstance(hits, str):
            agreement.differences.append(f"{language} {query}: refused by the engine ({hits})")
        elif hits != matched:
            number = min(hits ^ matched)
            who = "the engine" if number in hits else "the matcher"
            agreement.differences.append(f"{language} {query}: only {who} matches {documents[number]}")
    return agreement


def load(engine: Engine, documents: Sequence[Mapping[str, Any]]) -> None:
    """Load the documents into the index `random`."""
    specs = [spec for name in SCHEMA if (spec := FIELDS.lookup(name)) is not None]
    refused = engine.index("random", index_mappings(specs, FIELDS), documents)
    assert not refused, refused
