"""Literal values of the field types: reading them from text, and writing them back.

Addresses become 128-bit integers (IPv4 as IPv4-mapped IPv6, as Lucene stores them), dates become
epoch milliseconds, booleans 0 and 1, so that every ordered type is an interval of numbers.
"""

from __future__ import annotations

import ipaddress
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isinf

from .sets import Interval

V4_BASE = 0xFFFF << 32
V4_LAST = V4_BASE | 0xFFFFFFFF
MAX_ADDRESS = (1 << 128) - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:T(?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-8])(?::?[0-5]\d)?)?)?)?)?",
    re.ASCII,
)
_MATH = re.compile(r"(?P<operator>[+\-/])(?P<count>\d*)(?P<unit>[yMwdhHms])", re.ASCII)
_UNIT_MILLISECONDS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "H": 3_600_000, "m": 60_000, "s": 1_000}


class LiteralError(ValueError):
    """A literal that is not of the wanted type; the message says what was expected."""


@lru_cache(maxsize=4096)
def parse_address(text: str) -> int:
    """An IPv4 or IPv6 address as a 128-bit integer."""
    # Kept, for many conditions read the same addresses of one event.
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        raise LiteralError("expected an IP address") from None
    return V4_BASE | int(address) if address.version == 4 else int(address)


def parse_address_block(text: str) -> Interval:
    """An address, or a CIDR block (host bits are ignored, as Elasticsearch does)."""
    if "/" not in text:
        address = parse_address(text)
        return Interval(address, address)
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise LiteralError("expected an IP address or a CIDR block such as `10.0.0.0/8`") from None
    base = V4_BASE if network.version == 4 else 0
    return Interval(base | int(network.network_address), base | int(network.broadcast_address))


def render_address(value: int) -> str:
    """The usual text of a 128-bit address."""
    if V4_BASE <= value <= V4_LAST:
        return str(ipaddress.IPv4Address(value & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(value))


def parse_number(text: str) -> int | float:
    """A decimal number; an integer stays exact."""
    stripped = text.strip()
    try:
        if re.fullmatch(r"[+-]?\d+", stripped, re.ASCII):
            return int(stripped)
        if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", stripped, re.ASCII):
            number = float(stripped)
            if not isinf(number):
                return int(number) if number.is_integer() and abs(number) < 2**53 else number
    except ValueError:
        # More digits than Python takes for an integer.
        pass
    raise LiteralError("expected a number")


def parse_boolean(text: str) -> int:
    """``true`` or ``false`` (the empty string is false, as Elasticsearch has it)."""
    try:
        return {"true": 1, "false": 0, "": 0}[text]
    except KeyError:
        raise LiteralError("expected `true` or `false`") from None


def version_key(text: str) -> bytes:
    """What orders the values of a version field: the bytes that Elasticsearch indexes.

    Versions are compared by Semantic Versioning's rules: part by part, parts of digits as numbers and before others, a
    pre-release before its release. There may be any number of main parts, and build metadata follows the version without.
    A text that is not a version, such as one with a leading zero, follows all versions; these texts are ordered by code point.
    """
    version = _VERSION.fullmatch(text)
    if version is None:
        return text.encode(errors="surrogatepass") or _RELEASE
    pre = version["pre"]
    ends = _RELEASE if pre is None else _PRE_RELEASE + b".".join(map(_version_part, pre.split(".")))
    return b".".join(map(_version_part, version["main"].split("."))) + ends + (version["build"] or "").encode()


_RELEASE, _PRE_RELEASE = b"\x03", b"\x02-"

_NUMBER = r"(0|[1-9][0-9]*)"
_IDENTIFIER = rf"({_NUMBER}|[0-9]*[A-Za-z\-][0-9A-Za-z\-]*)"
_MAIN = rf"{_NUMBER}(\.{_NUMBER})*"
_PRE = rf"{_IDENTIFIER}(\.{_IDENTIFIER})*"
_BUILD = r"\+[0-9A-Za-z\-]+(\.[0-9A-Za-z\-]+)*"

VERSION_SYNTAX = rf"{_MAIN}(-{_PRE})?({_BUILD})?"
"""What is a version, as a Lucene regular expression."""

_VERSION = re.compile(rf"(?P<main>{_MAIN})(-(?P<pre>{_PRE}))?(?P<build>{_BUILD})?")


def is_version(text: str) -> bool:
    """Whether a text is a version rather than one of the texts that follow all versions."""
    return _VERSION.fullmatch(text) is not None


def _version_part(part: str) -> bytes:
    """A number is preceded by its length, so that more digits sort later."""
    return b"\x01" + len(part).to_bytes(4) + part.encode() if part.isdecimal() else part.encode()


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime, exactly."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(epoch_milliseconds: int) -> datetime:
    """The UTC datetime of epoch milliseconds."""
    return _EPOCH + timedelta(milliseconds=epoch_milliseconds)


def render_date(epoch_milliseconds: int) -> str:
    """ISO 8601 with milliseconds and ``Z``; what lies outside the years 1 to 9999 stays a number."""
    try:
        return moment(epoch_milliseconds).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
    except OverflowError:
        return str(epoch_milliseconds)


def parse_date(text: str, now: int) -> Interval:
    """The span of time that a date literal names, in epoch milliseconds.

    ISO 8601 names its whole last unit, but no more than a day: Elasticsearch reads ``2021-03`` and ``2021`` as their first day,
    for a missing month or day is 01, and only rounds what is missing of the time of day. ``now`` and date math
    with rounding (``now-1d/d``) the rounded unit, otherwise one millisecond; digits alone of more than
    four figures are epoch milliseconds.

    Args:
        text: the literal.
        now: what ``now`` means, in epoch milliseconds.
    """
    stripped = text.strip()
    if re.fullmatch(r"-?\d{5,19}", stripped, re.ASCII):
        return Interval(int(stripped), int(stripped))
    if stripped.startswith("now"):
        return _date_math(Interval(now, now), stripped[3:])
    base, anchor, math = stripped.partition("||")
    iso = _ISO.fullmatch(base)
    if iso is None:
        raise LiteralError("expected a date such as `2021-03-01T00:00:00Z`, epoch milliseconds or date math such as `now-1d/d`")
    interval = _iso_interval(iso)
    return _date_math(Interval(interval.low, interval.low), math) if anchor else interval


def _iso_interval(iso: re.Match[str]) -> Interval:
    zone = iso["zone"] or "Z"
    offset = timedelta()
    if zone != "Z":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    parts = {name: int(iso[name]) for name in ("year", "month", "day", "hour", "minute", "second") if iso[name]}
    unit = list(parts)[-1]
    try:
        start = datetime(**{"month": 1, "day": 1, **parts}, tzinfo=UTC)
        if iso["fraction"]:
            at = milliseconds(start - offset) + int(iso["fraction"].ljust(9, "0")[:3])
            return Interval(at, at)
        end = _shift(start, 1, {"year": "d", "month": "d", "day": "d", "hour": "h", "minute": "m", "second": "s"}[unit])
        return Interval(milliseconds(start - offset), milliseconds(end - offset) - 1)
    except (ValueError, OverflowError) as error:
        raise LiteralError(f"not a date in the calendar: {error}") from None


def _date_math(interval: Interval, math: str) -> Interval:
    at = 0
    while at < len(math):
        step = _MATH.match(math, at)
        if step is None or (step["operator"] == "/" and step["count"]):
            raise LiteralError(f"`{math[at:]}` is not date math (such as `-1d`, `+2h`, `/d`)")
        at = step.end()
        assert isinstance(interval.low, int)
        try:
            low = moment(interval.low)
            if step["operator"] == "/":
                start = _floor(low, step["unit"])
                interval = Interval(milliseconds(start), milliseconds(_shift(start, 1, step["unit"])) - 1)
            else:
                count = int(step["count"] or "1") * (-1 if step["operator"] == "-" else 1)
                shifted = milliseconds(_shift(low, count, step["unit"]))
                interval = Interval(shifted, shifted)
        except (ValueError, OverflowError):
            raise LiteralError("the date math leaves the calendar (years 1 to 9999)") from None
    return interval


def _shift(start: datetime, count: int, unit: str) -> datetime:
    if unit in _UNIT_MILLISECONDS:
        return start + timedelta(milliseconds=count * _UNIT_MILLISECONDS[unit])
    months = start.year * 12 + start.month - 1 + count * (12 if unit == "y" else 1)
    year, month = divmod(months, 12)
    first_of_next = datetime(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last_day = (first_of_next - timedelta(days=1)).day
    return start.replace(year=year, month=month + 1, day=min(start.day, last_day))


def _floor(at: datetime, unit: str) -> datetime:
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "y":
            return day.replace(month=1, day=1)
        case "M":
            return day.replace(day=1)
        case "w":
            return day - timedelta(days=day.weekday())
        case "d":
            return day
        case "h" | "H":
            return at.replace(minute=0, second=0, microsecond=0)
        case "m":
            return at.replace(second=0, microsecond=0)
        case _:
            return at.replace(microsecond=0)
