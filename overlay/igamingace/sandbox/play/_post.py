"""Sends a callback by the vendor's rules: as often as the contract says, until the wallet has settled it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace_bindings.contract import CALLBACKS

if TYPE_CHECKING:
    from igamingace.sandbox.play._courier import Courier
    from igamingace.sandbox.play._delivery import Delivery
    from igamingace.sandbox.play._letters import Letter
    from igamingace.sandbox.play._sessions import Session


async def send(courier: Courier, session: Session, letter: Letter) -> list[Delivery]:
    """Send `letter` until it is settled, or was tried as often as the contract says; return each try.

    Assumed: every answer but OK in time is a reason to try again, a refusal too, since the vendor calls it
    unsuccessful; and the next try comes at once.
    """
    deliveries: list[Delivery] = []
    for number in range(1, CALLBACKS[letter.command].retries + 2):
        deliveries.append(await courier.attempt(session, letter, number))
        if deliveries[-1].verdict.settles:
            break
    return deliveries
