"""Reading and writing an account's own settings: the addresses from which its requests are accepted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._steps import Ask

if TYPE_CHECKING:
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._addresses import AddressChange
    from igamingace.operators._steps import Flow

__all__ = ["LOGGER", "allowed_ips", "checked", "set_allowed_ips"]

LOGGER: Final = logging.getLogger("igamingace.operators.addresses")
"""Warns of addresses; who shows those warnings in another way may silence it."""


def checked(name: str, wanted: AllowedAddresses, *, everybody: bool) -> list[str]:
    """The addresses to send for an account; warns in the log of those that are hardly meant.

    Raises:
        InvalidAddresses: there is none, and everybody is not asked for; or both are.
    """
    to_send = wanted.to_send(everybody=everybody)
    for warning in wanted.warnings():
        LOGGER.warning("allowed addresses of %r: %s", name, warning)
    return to_send


def allowed_ips(name: str) -> Flow[AllowedAddresses]:
    """Read the addresses."""
    info: Info = yield Ask(name, lambda agent: agent.operators.info())
    return AllowedAddresses.read(info.allowed_ips or ())


def set_allowed_ips(name: str, wanted: AllowedAddresses, *, everybody: bool) -> Flow[AddressChange]:
    """Read the addresses, and write the wanted ones where they differ."""
    to_send = checked(name, wanted, everybody=everybody)
    change = (yield from allowed_ips(name)).change_to(wanted)
    if change:
        yield Ask(name, lambda agent: agent.operators.update(allowed_ips=to_send))
    return change
