"""The optional list of addresses that callbacks are accepted from."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

Network: TypeAlias = IPv4Network | IPv6Network


def networks(allowed: Iterable[str | Network] | None) -> tuple[Network, ...] | None:
    """Return the networks of a list; None, which admits everybody, for None.

    Raises:
        ConfigurationError: an entry is no address and no network, or the list is empty.
    """
    if allowed is None:
        return None
    if isinstance(allowed, str):
        raise ConfigurationError("allowed_addresses is one string: give a list, for example ['203.0.113.7']")
    found = tuple(_network(entry) for entry in allowed)
    if not found:
        raise ConfigurationError(
            "allowed_addresses is empty, which would refuse everybody: leave it out, or fill it"
        )
    return found


def _network(entry: str | Network) -> Network:
    try:
        return ip_network(entry)
    except ValueError as error:
        reason = str(error)
    raise ConfigurationError(f"allowed_addresses: {reason}")


def admits(allowed: tuple[Network, ...] | None, peer: str | None) -> bool:
    """Tell whether requests of a peer are accepted; where there is a list, an unknown one is not."""
    if allowed is None:
        return True
    address = _address(peer)
    return address is not None and any(address in network for network in allowed)


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    """Return an address, an IPv4 one that came through an IPv6 socket as IPv4."""
    try:
        address = ip_address((text or "").partition("%")[0])  # a zone is this machine's own
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
