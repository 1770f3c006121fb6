"""The Python API of a sandbox in this process: look at its state, change it, play."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.games.session_api import GameControls
from igamingace.sandbox.store.amounts import amount_in

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.sandbox._json import Object
    from igamingace.sandbox.faults import FaultRegistry
    from igamingace.sandbox.games.delivery import Delivery
    from igamingace.sandbox.store.clock import MovableClock
    from igamingace.sandbox.store.models import Account, Provider
    from igamingace.sandbox.store.request_log import LoggedRequest


class SandboxControls(GameControls):
    """Reads and changes the state of a sandbox in this process."""

    @property
    def token(self) -> str:
        """The demo agent's token: of the first agent there is."""
        return self.runtime.first("agent").token

    @property
    def operator_token(self) -> str:
        """The demo operator's token: of the first operator there is."""
        return self.runtime.first("operator").token

    @property
    def faults(self) -> FaultRegistry:
        """The injected faults: `faults.add("busy", share=0.1)`, `faults.clear()`."""
        return self.runtime.faults

    @property
    def clock(self) -> MovableClock:
        """The sandbox's time: `clock()` tells it, `clock.advance(600)` moves it by seconds."""
        return self.runtime.clock

    @property
    def requests(self) -> list[LoggedRequest]:
        """The last requests to operations of the contract and their answers, oldest first."""
        return self.runtime.log.entries()

    @property
    def callbacks(self) -> list[Delivery]:
        """The last callbacks that were sent and what came back, oldest first."""
        return self.runtime.callback_log.entries()

    def account(self, account_id: str) -> Account:
        """Return an account, whose attributes may be changed.

        Raises:
            KeyError: there is no account or provider of that id.
        """
        return self.runtime.state.accounts[account_id]

    def provider(self, provider_id: int) -> Provider:
        """Return a provider, whose attributes may be changed.

        Raises:
            KeyError: there is no account or provider of that id.
        """
        return self.runtime.state.providers[provider_id]

    def set_points(self, account_id: str, amount: Decimal | int | str, currency: str | None = None) -> None:
        """Give an account `amount` points in major units, in its first currency when none is named.

        Raises:
            KeyError: there is no such account.
            ValueError: the account has no such currency, or the amount is not a number, is negative, or has
                finer digits than the currency.
        """
        account = self.account(account_id)
        currency = currency or account.currency
        if currency not in account.currencies:
            raise ValueError(f"{account_id} has {', '.join(account.currencies)}, not {currency}")
        try:
            exact = amount_in(currency, amount, "amount")
        except SandboxError as error:
            raise ValueError(error.message) from None
        if exact < 0:
            raise ValueError("amount: must not be negative")
        account.points[currency] = exact

    def stats(self) -> Object:
        """Return `agents`, the figures of each account by its id, and the number of `breaches`."""
        return self.runtime.stats()

    def reset(self) -> None:
        """Go back to how it started: data, time, faults; logs and figures begin anew."""
        self.runtime.reset()
