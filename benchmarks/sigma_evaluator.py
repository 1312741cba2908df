"""A second opinion on Sigma: evaluates rules on events straight from their YAML, with Python's `re`.

It shares no code with Triggerfish, so that an error in one of the two shows as a disagreement.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Flat = Mapping[str, Sequence[Any]]
Rule = Mapping[str, Any]


class NotReadError(Exception):
    """Something that this evaluator does not know."""


def flat_event(event: Any, name: str = "") -> dict[str, list[Any]]:
    """The values of an event by dotted name; of a Windows event, by the names that Sigma uses."""
    if isinstance(event, Mapping) and isinstance(event.get("Event"), Mapping) and not name:
        return _windows(event["Event"])
    found: dict[str, list[Any]] = {}
    items = event.items() if isinstance(event, Mapping) else ()
    for key, value in items:
        inner = f"{name}.{key}" if name else str(key)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Mapping):
                for other, values in flat_event(each, inner).items():
                    found.setdefault(other, []).extend(values)
            elif each is not None:
                found.setdefault(inner, []).append(each)
    return found


def _windows(event: Mapping[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}

    def add(name: str, value: Any) -> None:
        found.setdefault(name, []).extend(value if isinstance(value, list) else [value])

    for key, value in (event.get("System") or {}).items():
        if isinstance(value, Mapping):
            for inner, each in (value.get("#attributes") or {}).items():
                add(f"{key}_{inner}", each)
            if "#text" in value:
                add(key, value["#text"])
        elif value is not None:
            add(key, value)
    stack = [event.get("EventData"), event.get("UserData")]
    while stack:
        part = stack.pop()
        for key, value in part.items() if isinstance(part, Mapping) else ():
            if key == "#attributes":
                continue
            if isinstance(value, Mapping):
                if "#text" in value:
                    add(key, value["#text"])
                stack.append(value)
            elif value is not None:
                add(key, value)
    return found


def evaluate(rule: Rule, event: Flat, placeholders: Mapping[str, Sequence[Any]] | None = None) -> bool:
    """Whether a rule's detection is true of an event.

    Raises:
        NotReadError: the rule has something that this evaluator does not know.
    """
    detection = rule["detection"]
    names = [name for name in detection if name not in ("condition", "timeframe")]
    truths: dict[str, bool] = {}

    def truth(name: str) -> bool:
        if name not in truths:
            truths[name] = _search(detection[name], event, placeholders or {})
        return truths[name]

    conditions = detection["condition"]
    return any(_condition(str(each), names, truth) for each in (conditions if isinstance(conditions, list) else [conditions]))


# -- conditions ----------------------------------------------------------------------------------

_WORD = re.compile(r"\s*([()]|[^\s()]+)")


def _condition(text: str, names: Sequence[str], truth: Callable[[str], bool]) -> bool:
    words = _WORD.findall(text)
    at = 0

    def peek() -> str:
        return words[at].lower() if at < len(words) else ""

    def take() -> str:
        nonlocal at
        at += 1
        return str(words[at - 1])

    def either() -> bool:
        value = both()
        while peek() == "or":
            take()
            other = both()
            value = value or other
        return value

    def both() -> bool:
        value = negation()
        while peek() == "and":
            take()
            other = negation()
            value = value and other
        return value

    def negation() -> bool:
        if peek() == "not":
            take()
            return not negation()
        if peek() == "(":
            take()
            value = either()
            if take() != ")":
                raise NotReadError(text)
            return value
        word = take()
        if peek() == "of":
            take()
            chosen = [truth(name) for name in _named(take(), names)]
            needed = len(chosen) if word == "all" else 1 if word == "any" else int(word)
            return sum(chosen) >= needed
        if "*" in word:
            return any(truth(name) for name in _named(word, names))
        return truth(word)

    value = either()
    if at < len(words):
        raise NotReadError(f"condition `{text}`")
    return value


def _named(pattern: str, names: Sequence[str]) -> list[str]:
    if pattern == "them":
        return [name for name in names if not name.startswith("_")]
    wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))))
    return [name for name in names if wanted.fullmatch(name)]


# -- searches ------------------------------------------------------------------------------------


def _search(search: Any, event: Flat, placeholders: Mapping[str, Sequence[Any]]) -> bool:
    if isinstance(search, Mapping):
        return all(_field(key, value, event, placeholders) for key, value in search.items())
    if isinstance(search, list):
        return any(_search(each, event, placeholders) for each in search)
    return _field("", search, event, placeholders)


def _field(key: str, value: Any, event: Flat, placeholders: Mapping[str, Sequence[Any]]) -> bool:
    name, *modifiers = key.split("|")
    listed = value if isinstance(value, list) else [value]
    join = all if "all" in modifiers else any
    found = join(_value(name, [each for each in modifiers if each not in ("all", "neq")], each, event, placeholders) for each in listed)
    return not found if "neq" in modifiers else found


def _value(name: str, modifiers: Sequence[str], value: Any, event: Flat, placeholders: Mapping[str, Sequence[Any]]) -> bool:
    if "expand" in modifiers:
        found = re.search(r"%([^%\s]+)%", str(value))
        if found is None:
            return _value(name, [each for each in modifiers if each != "expand"], value, event, placeholders)
        if found[1] not in placeholders:
            raise NotReadError(f"placeholder {found[0]}")
        return any(_value(name, modifiers, str(value).replace(found[0], str(each)), event, placeholders) for each in placeholders[found[1]])
    if name:
        values: Iterable[Any] = event.get(name, ())
    else:
        values = [each for listed in event.values() for each in listed]
    if value is None or ("exists" in modifiers and value is False):
        return not list(values)
    if "exists" in modifiers:
        return bool(list(values))
    if "fieldref" in modifiers:
        return any(_refers(modifiers, str(one), str(other)) for one in values for other in event.get(str(value), ()))
    if "re" in modifiers:
        flags = re.ASCII | sum(_FLAGS[each] for each in modifiers if each in _FLAGS)
        wanted = re.compile(str(value), flags)
        return any(wanted.search(_text(each)) is not None for each in values)
    if "cidr" in modifiers:
        network = ipaddress.ip_network(str(value), strict=False)
        return any(_lies_in(network, each) for each in values)
    comparison = next((each for each in modifiers if each in _COMPARE), None)
    if comparison is not None:
        return any(_COMPARE[comparison](number, value) for each in values if (number := _number(each)) is not None)
    if isinstance(value, bool):
        return any(_text(each).lower() == str(value).lower() for each in values)
    if isinstance(value, int | float) and not modifiers and name:
        return any(_number(each) == value for each in values)
    tests = [_wildcard(text, modifiers, name) for text in _texts(str(value), modifiers)]
    return any(test.fullmatch(_text(each)) is not None for each in values for test in tests)


_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lt": lambda one, other: one < other,
    "lte": lambda one, other: one <= other,
    "gt": lambda one, other: one > other,
    "gte": lambda one, other: one >= other,
}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def _lies_in(network: Any, value: Any) -> bool:
    try:
        address = ipaddress.ip_address(str(value))
    except ValueError:
        return False
    return address.version == network.version and address in network


def _refers(modifiers: Sequence[str], one: str, other: str) -> bool:
    if "cased" not in modifiers:
        one, other = one.lower(), other.lower()
    if "startswith" in modifiers:
        return one.startswith(other)
    if "endswith" in modifiers:
        return one.endswith(other)
    return other in one if "contains" in modifiers else one == other


_KNOWN = {"contains", "startswith", "endswith", "base64", "base64offset", "wide", "utf16le", "utf16be", "windash", "cased"}


def _texts(value: str, modifiers: Sequence[str]) -> list[str]:
    """The patterns that a value stands for, with wildcards and escapes as they are written."""
    unknown = set(modifiers) - _KNOWN
    if unknown:
        raise NotReadError(f"modifier {', '.join(sorted(unknown))}")
    texts = [value]
    encoding = "utf-8"
    for modifier in modifiers:
        if modifier in ("wide", "utf16le"):
            encoding = "utf-16-le"
        elif modifier == "utf16be":
            encoding = "utf-16-be"
        elif modifier == "base64":
            texts = [_escape(base64.b64encode(_plain(text).encode(encoding)).decode()) for text in texts]
        elif modifier == "base64offset":
            texts = [_escape(each) for text in texts for each in _offsets(_plain(text).encode(encoding))]
        elif modifier == "windash":
            texts = [re.sub(r"\B[-/]\b", dash, text, flags=re.ASCII) for text in texts for dash in "-/\u2013\u2014\u2015"]
    return texts


def _offsets(data: bytes) -> list[str]:
    found = []
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data).decode()
        bits = 8 * offset
        start = -(-bits // 6)
        end = (bits + 8 * len(data)) // 6
        found.append(whole[start:end])
    return found


def _plain(text: str) -> str:
    return "".join(piece for kind, piece in _pieces(text))


def _escape(text: str) -> str:
    return re.sub(r"([\\*?])", r"\\\1", text)


def _pieces(text: str) -> Iterable[tuple[str, str]]:
    """Literal characters and wildcards of a value."""
    at = 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in ("*", "?", "\\"):
            yield "text", text[at + 1]
            at += 2
        else:
            yield ("wild" if text[at] in "*?" else "text"), text[at]
            at += 1


def _wildcard(text: str, modifiers: Sequence[str], name: str) -> re.Pattern[str]:
    source = "".join({"*": ".*", "?": "."}[piece] if kind == "wild" else re.escape(piece) for kind, piece in _pieces(text))
    if "contains" in modifiers or "endswith" in modifiers or not name:
        source = f".*{source}"
    if "contains" in modifiers or "startswith" in modifiers or not name:
        source = f"{source}.*"
    return re.compile(source, re.DOTALL | (0 if "cased" in modifiers else re.IGNORECASE))
