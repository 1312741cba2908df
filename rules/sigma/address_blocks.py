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


def block_regexp(network: IPv4Network, span: Span) -> Regexp:
    """The addresses of a block as texts."""
    whole, bits = divmod(network.prefixlen, 8)
    octets = list(network.network_address.packed)
    parts = [str(octet) for octet in octets[:whole]]
    if bits:
        low = octets[whole]
        parts.append("(" + "|".join(str(octet) for octet in range(low, low + (1 << (8 - bits)))) + ")")
    parts += [_OCTET] * (4 - len(parts))
    return parse_regexp("\\.".join(parts), span=span)
