"""Reading and writing an account's own settings: the addresses from which its requests are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._steps import Ask

if TYPE_CHECKING:
    from igamingace_bindings.rest.models.operator import Operator as Info

    from igamingace.operators._addresses import AddressChange
    from igamingace.operators._steps import Flow

__all__ = ["allowed_ips", "set_allowed_ips"]


def allowed_ips(name: str) -> Flow[AllowedAddresses]:
    """Read the addresses."""
    info: Info = yield Ask(name, lambda agent: agent.operators.info())
    return AllowedAddresses.read(info.allowed_ips or ())


def set_allowed_ips(name: str, wanted: AllowedAddresses, *, everybody: bool) -> Flow[AddressChange]:
    """Read the addresses, and write the wanted ones where they differ."""
    to_send = wanted.to_send(everybody=everybody)
    change = (yield from allowed_ips(name)).change_to(wanted)
    if change:
        yield Ask(name, lambda agent: agent.operators.update(allowed_ips=to_send))
    return change
