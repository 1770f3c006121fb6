"""IP addresses, lists of them, and networks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def parse_host(host: str) -> Address | None:
    """Return the address of a peer or of a host in a URL; None for what is not an address.

    An IPv4-mapped address becomes IPv4: an IPv4 client may arrive through an IPv6 socket. A zone is left
    out: it has a meaning on this machine only.
    """
    try:
        return _unmapped(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def parse_address(entry: object) -> Address:
    """Return an address of a list, an IPv4-mapped one as IPv4.

    Raises:
        ValueError: it is not a single address without a zone; the message names it.
    """
    # ip_address would accept integers and bytes as well, which are hardly meant as addresses.
    if not isinstance(entry, str | IPv4Address | IPv6Address):
        raise ValueError(f"{entry!r} is not an IP address: give text, or an address of the module ipaddress")  # noqa: TRY004 -- listed with the other problems
    try:
        address = ip_address(entry)
    except ValueError:
        address = None
    if address is None:
        raise ValueError(f"{entry!r} is not an IP address{_hint(str(entry))}")
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError(f"{entry!r} has a zone, which is valid on one machine only")
    return _unmapped(address)


def _unmapped(address: Address) -> Address:
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _hint(entry: str) -> str:
    if "," in entry or ";" in entry:
        return ": separate addresses by spaces or line ends"
    try:
        network = ip_network(entry, strict=False)
    except ValueError:
        return ""
    return f": the field does not accept networks; write each address of {network}"


def parse_addresses(entries: Iterable[object]) -> tuple[tuple[Address, ...], list[tuple[int, str]]]:
    """Return the addresses of a list, each once and in order, and its problems.

    Args:
        entries: addresses, or texts with several of them separated by white space.

    Returns:
        The addresses; and of each invalid one the index of its entry, and what is wrong.
    """
    addresses: dict[Address, None] = {}
    problems: list[tuple[int, str]] = []
    for index, entry in enumerate(entries):
        for word in entry.split() if isinstance(entry, str) else (entry,):
            try:
                addresses[parse_address(word)] = None
            except ValueError as error:
                problems.append((index, str(error)))
    return tuple(addresses), problems


def in_networks(host: str | None, networks: Iterable[Network]) -> bool:
    """Return whether a peer is in one of the networks; an unknown peer is in none."""
    address = parse_host(host or "")
    return address is not None and any(address in network for network in networks)
