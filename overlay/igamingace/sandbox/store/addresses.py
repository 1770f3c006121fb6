"""The [Allowed IP] list of an account: validated on the way in, kept in one canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.ip_addresses import parse_addresses, parse_host
from igamingace.sandbox._errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterable


def parse_allowed(entries: Iterable[str], place: str) -> tuple[str, ...]:
    """Return the addresses of a list whose entries may hold several, separated by spaces or line ends.

    Args:
        entries: IPv4 or IPv6 addresses; an empty list admits everybody.
        place: Where the list stands in the request, for the message.

    Raises:
        SandboxError: PARAMETERS_INVALID naming each entry that is not an IP address.
    """
    addresses, problems = parse_addresses(entries)
    if problems:
        text = "; ".join(f"{place}[{index}]: {problem}" for index, problem in problems)
        raise SandboxError("PARAMETERS_INVALID", text)
    return tuple(map(str, addresses))


def admits(allowed: tuple[str, ...], caller: str | None) -> bool:
    """Tell whether an account with the list `allowed` takes requests from `caller`."""
    return not allowed or (caller is not None and str(parse_host(caller)) in allowed)
