"""The [Allowed IP] list of an account: validated on the way in, compared in one canonical form."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from igamingace.sandbox._errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_allowed(entries: Iterable[str], place: str) -> tuple[str, ...]:
    """Return the addresses of a list whose entries may hold several, parted by spaces or line ends.

    Args:
        entries: IPv4 or IPv6 addresses; an empty list admits everybody.
        place: Where the list stands in the request, for the message.

    Raises:
        SandboxError: PARAMETERS_INVALID naming each entry that is not an IP address.
    """
    found: dict[str, None] = {}
    wrong: list[str] = []
    for index, entry in enumerate(entries):
        for text in entry.split():
            address = canonical(text)
            if address is None:
                wrong.append(f"{place}[{index}]: {text!r} is not an IP address")
            else:
                found[address] = None
    if wrong:
        raise SandboxError("PARAMETERS_INVALID", "; ".join(wrong))
    return tuple(found)


def canonical(text: str) -> str | None:
    """Return the canonical form of an address, IPv4 if it is IPv4-mapped; None for what is not an address."""
    try:
        address: IPv4Address | IPv6Address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address)))  # without the zone, which only this machine knows
    return str(address)


def admits(allowed: tuple[str, ...], caller: str | None) -> bool:
    """Tell whether an account with the list `allowed` takes requests from `caller`."""
    return not allowed or (caller is not None and canonical(caller) in allowed)
