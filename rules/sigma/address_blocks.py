"""Blocks of addresses as regular expressions, for fields that hold strings."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from ...compiler.values.regexp_parser import Regexp, parse_regexp
from ...grammar.span import Span

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"


def network_of(text: str) -> IPv4Network | IPv6Network | None:
    """The block that a text names, or None if it does not name one."""
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None


def block_regexp(network: IPv4Network | IPv6Network, span: Span) -> Regexp | None:
    """The addresses of a block as texts; None for a block of IPv6 that no part of an address shows.

    Such a block is one address, or begins within the first group of digits.
    """
    if isinstance(network, IPv6Network):
        return _block_of_groups(network, span)
    whole, bits = divmod(network.prefixlen, 8)
    octets = list(network.network_address.packed)
    parts = [str(octet) for octet in octets[:whole]]
    if bits:
        low = octets[whole]
        parts.append("(" + "|".join(str(octet) for octet in range(low, low + (1 << (8 - bits)))) + ")")
    parts += [_OCTET] * (4 - len(parts))
    return parse_regexp("\\.".join(parts), span=span)


_GROUP = "[0-9a-fA-F]{1,4}"
_GROUPS = 8


def _block_of_groups(network: IPv6Network, span: Span) -> Regexp | None:
    address, bits = network.network_address, network.prefixlen
    if bits == address.max_prefixlen:
        written = dict.fromkeys((address.compressed, ":".join(group.lstrip("0") or "0" for group in address.exploded.split(":"))))
        return parse_regexp("|".join(written), fold=True, span=span)
    first = int.from_bytes(address.packed[:2])
    if not 4 <= bits <= 16 or first < 0x1000:
        return None
    digits, rest = divmod(bits, 4)
    written_first = f"{first:04x}"[:digits]
    if rest:
        low = int(f"{first:04x}"[digits], 16)
        written_first += "[" + "".join(f"{digit:x}" for digit in range(low, low + (1 << (4 - rest)))) + "]"
    written_first += "[0-9a-fA-F]" * (4 - digits - (rest > 0))
    ways = [f"(:{_GROUP}){{{_GROUPS - 1}}}"]
    for before in range(_GROUPS - 1):
        after = _GROUPS - 2 - before
        ways.append(f"(:{_GROUP}){{{before}}}::" + (f"({_GROUP}(:{_GROUP}){{0,{after - 1}}})?" if after else ""))
    return parse_regexp(f"{written_first}({'|'.join(ways)})", fold=True, span=span)
