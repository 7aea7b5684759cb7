"""Who a request counts for: addresses of visitors -> clients."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Final, Literal

#: How an address is written into logs.
Shown = Literal["none", "network", "full"]
#: Whoever has an IPv6 address has at least as many as fit below this.
_OWN_IPV6: Final = 64
_SHOWN_PREFIX: Final = {4: 24, 6: 48}


@lru_cache(maxsize=4096)
def client_of(address: str) -> str | None:
    """The client that an address belongs to: the IPv4 address or the IPv6 /64.

    None for the machine itself (loopback), which counts as nobody; what is no address is a client by its own."""
    try:
        found = _plain(address)
    except ValueError:
        return address[:64]
    if found.is_loopback:
        return None
    if found.version == 6:
        return str(ipaddress.ip_network((found, _OWN_IPV6), strict=False))
    return str(found)


def shown(address: str, how: Shown) -> str:
    """An address as logs may have it: "", its network (/24 or /48), or itself."""
    if how == "none":
        return ""
    try:
        found = _plain(address)
    except ValueError:
        return ""
    if how == "full":
        return str(found)
    return str(ipaddress.ip_network((found, _SHOWN_PREFIX[found.version]), strict=False))


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without its zone; an IPv4 address that is written as an IPv6 one is the IPv4 one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def listed(text: str) -> tuple[str, ...]:
    """The addresses and networks of a list with commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@lru_cache(maxsize=4096)
def is_of(address: str, known: tuple[str, ...]) -> bool:
    """Whether an address is one of those listed, or in a network that is."""
    try:
        found = _plain(address)
    except ValueError:
        return False
    return any(found in ipaddress.ip_network(one) for one in known)
