"""Literals: against ``ipaddress`` and ``datetime``, and against tables of Elasticsearch's documented date math."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggerfish.compiler.values.literals import (
    LiteralError,
    milliseconds,
    moment,
    parse_address,
    parse_address_block,
    parse_boolean,
    parse_date,
    parse_number,
    render_address,
    render_date,
)

NOW = datetime(2024, 2, 29, 13, 45, 50, 123_000, tzinfo=UTC)

v4 = st.ip_addresses(v=4)
v6 = st.ip_addresses(v=6)


def number_of(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    """An address as Lucene stores it."""
    return int(ipaddress.IPv6Address(f"::ffff:{address}")) if address.version == 4 else int(address)


@given(v4 | v6)
def test_addresses(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert parse_address(str(address)) == number_of(address)
    assert parse_address(address.exploded.upper()) == number_of(address)
    assert parse_address(render_address(number_of(address))) == number_of(address)


def test_mapped_addresses_are_their_v4_selves() -> None:
    assert parse_address("::ffff:10.0.0.1") == parse_address("10.0.0.1")
    assert render_address(parse_address("::ffff:a00:1")) == "10.0.0.1"


@given(v4 | v6, v4 | v6, st.data())
def test_blocks(base: ipaddress.IPv4Address, other: ipaddress.IPv4Address, data: st.DataObject) -> None:
    network = ipaddress.ip_network(f"{base}/{data.draw(st.integers(0, base.max_prefixlen))}", strict=False)
    block = parse_address_block(f"{base}/{network.prefixlen}")
    assert block.low == number_of(network.network_address)
    assert block.high == number_of(network.broadcast_address)
    inside = other in network
    if base.version == other.version:
        assert block.contains(number_of(other)) == inside


@pytest.mark.parametrize("text", ["", "10.0.0", "10.0.0.256", "10.0.0.*", "::g", "010.0.0.1", "host", "10.0.0.0/33", "::/129", "10.0.0.0/"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(LiteralError, match="expected an IP address"):
        parse_address_block(text)


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(-18 * 60, 18 * 60))
def test_iso_dates(naive: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    instant = naive.replace(microsecond=naive.microsecond // 1000 * 1000, tzinfo=zone)
    expected = round((instant - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    found = parse_date(instant.isoformat(timespec="milliseconds"), 0)
    assert (found.low, found.high) == (expected, expected)
    assert milliseconds(instant) == expected
    assert moment(expected) == instant
    seconds = parse_date(instant.isoformat(timespec="seconds"), 0)
    assert seconds.low is not None
    assert seconds.high is not None
    assert seconds.low <= expected <= seconds.high == seconds.low + 999


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_rendered_dates_read_back(instant: int) -> None:
    found = parse_date(render_date(instant), 0)
    assert (found.low, found.high) == (instant, instant)


def span(first: str, last: str) -> tuple[int, int]:
    return tuple(milliseconds(datetime.fromisoformat(text).replace(tzinfo=UTC)) for text in (first, last))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        # A missing month or day is 01; what is missing of the time is its least for `gte` and `lt`, its greatest for `gt` and `lte`.
        ("2021", "2021-01-01T00:00:00.000", "2021-01-01T23:59:59.999"),
        ("2021-03", "2021-03-01T00:00:00.000", "2021-03-01T23:59:59.999"),
        ("2024-02", "2024-02-01T00:00:00.000", "2024-02-01T23:59:59.999"),
        ("2021-03-01", "2021-03-01T00:00:00.000", "2021-03-01T23:59:59.999"),
        ("2021-03-01T12", "2021-03-01T12:00:00.000", "2021-03-01T12:59:59.999"),
        ("2021-03-01T12:30", "2021-03-01T12:30:00.000", "2021-03-01T12:30:59.999"),
        ("2021-03-01T12:30:05", "2021-03-01T12:30:05.000", "2021-03-01T12:30:05.999"),
        ("2021-03-01T12:30:05Z", "2021-03-01T12:30:05.000", "2021-03-01T12:30:05.999"),
        ("2021-03-01T12:30:05.5Z", "2021-03-01T12:30:05.500", "2021-03-01T12:30:05.500"),
        ("2021-03-01T12:30:05.123456789Z", "2021-03-01T12:30:05.123", "2021-03-01T12:30:05.123"),
        ("2021-03-01T00:00:00+02:00", "2021-02-28T22:00:00.000", "2021-02-28T22:00:00.999"),
        # The reference's examples of rounding, and one for each unit.
        ("2001-01-01||+1M/d", "2001-02-01T00:00:00.000", "2001-02-01T23:59:59.999"),
        ("2014-11-18||/M", "2014-11-01T00:00:00.000", "2014-11-30T23:59:59.999"),
        ("2014-11-18||+1d", "2014-11-19T00:00:00.000", "2014-11-19T00:00:00.000"),
        ("2024-01-31||+1M", "2024-02-29T00:00:00.000", "2024-02-29T00:00:00.000"),
        ("2024-02-29||-1y", "2023-02-28T00:00:00.000", "2023-02-28T00:00:00.000"),
        ("now", "2024-02-29T13:45:50.123", "2024-02-29T13:45:50.123"),
        ("now+1h", "2024-02-29T14:45:50.123", "2024-02-29T14:45:50.123"),
        ("now-1h/d", "2024-02-29T00:00:00.000", "2024-02-29T23:59:59.999"),
        ("now/s", "2024-02-29T13:45:50.000", "2024-02-29T13:45:50.999"),
        ("now/m", "2024-02-29T13:45:00.000", "2024-02-29T13:45:59.999"),
        ("now/h", "2024-02-29T13:00:00.000", "2024-02-29T13:59:59.999"),
        ("now/H", "2024-02-29T13:00:00.000", "2024-02-29T13:59:59.999"),
        ("now/d", "2024-02-29T00:00:00.000", "2024-02-29T23:59:59.999"),
        ("now/w", "2024-02-26T00:00:00.000", "2024-03-03T23:59:59.999"),
        ("now/M", "2024-02-01T00:00:00.000", "2024-02-29T23:59:59.999"),
        ("now/y", "2024-01-01T00:00:00.000", "2024-12-31T23:59:59.999"),
        ("now-2w", "2024-02-15T13:45:50.123", "2024-02-15T13:45:50.123"),
        ("now-d", "2024-02-28T13:45:50.123", "2024-02-28T13:45:50.123"),
    ],
)
def test_what_a_date_names(text: str, first: str, last: str) -> None:
    found = parse_date(text, milliseconds(NOW))
    assert (found.low, found.high) == span(first, last)


@pytest.mark.parametrize(("text", "instant"), [("1516116808349", 1_516_116_808_349), ("99999", 99_999), ("-10000", -10_000)])
def test_epoch_milliseconds(text: str, instant: int) -> None:
    found = parse_date(text, 0)
    assert (found.low, found.high) == (instant, instant)


@pytest.mark.parametrize(
    "text",
    [
        *("", "yesterday", "12", "2021-13", "2021-02-29", "2021-02-30T00:00:00Z", "2021-01-01T25", "2021-01-01T23:60"),
        *("2021-3-1", "2021-03-01 12:00", "2021-03-01T12:00:00+25:00", "now-1x", "now*2", "now/2d", "now-"),
    ],
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(LiteralError):
        parse_date(text, 0)


def test_date_math_stays_in_the_calendar() -> None:
    with pytest.raises(LiteralError, match="leaves the calendar"):
        parse_date("now-9999y", milliseconds(NOW))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("+5", 5),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551616", 2**64),
        ("1.0", 1),
        ("1e3", 1000),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5),
        ("-1.5E-1", -0.15),
        (" 5 ", 5),
    ],
)
def test_numbers(text: str, number: int | float) -> None:
    found = parse_number(text)
    assert found == number
    assert isinstance(found, type(number))


@pytest.mark.parametrize("text", ["", "abc", "1_000", "0x10", "1e", "--1", "1.2.3", "inf", "nan", "\u0661", "1,5", "."])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(LiteralError, match="expected a number"):
        parse_number(text)


@given(st.integers())
def test_integers_stay_exact(number: int) -> None:
    assert parse_number(str(number)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats(number: float) -> None:
    assert parse_number(repr(number)) == number


def test_booleans() -> None:
    assert [parse_boolean(text) for text in ("true", "false", "")] == [1, 0, 0]
    for text in ("True", "1", "yes", " true"):
        with pytest.raises(LiteralError):
            parse_boolean(text)
