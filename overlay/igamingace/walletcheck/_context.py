"""What a check works with: it sends callbacks, reads balances, and fails the check when a rule is broken."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount, minor_unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.messages import CallbackFactory, CallbackMessage
    from igamingace.walletcheck._client import CallbackResult, WalletClient

SUFFICIENT_BALANCE: Final = Decimal(100)
"""The balance that is enough for every check, in major units."""


class CheckFailed(Exception):  # noqa: N818 -- a result of the check, not an error of ours
    """The wallet broke the rule; the message says how."""


class CheckSkipped(Exception):  # noqa: N818 -- as above
    """The check does not apply to this wallet; the message says why."""


class CheckContext:
    """One player of the wallet under test.

    Methods that begin with `expect` raise CheckFailed.

    Attributes:
        client: Sends callbacks.
        callbacks: Builds the player's callbacks.
        player: The player's id.
        minor_unit: The smallest amount of the currency, in major units.
    """

    def __init__(
        self, client: WalletClient, callbacks: CallbackFactory, *, player: str, currency: str
    ) -> None:
        self.client: Final = client
        self.callbacks: Final = callbacks
        self.player: Final = player
        self.minor_unit: Final = minor_unit(currency)
        self._cached_balance: Decimal | None = None

    async def send(self, message: CallbackMessage) -> CallbackResult:
        """Send a callback; any result is accepted."""
        if message.command != "balance":
            self._cached_balance = None
        result = await self.client.send(message)
        if result.ok and message.command == "bet":
            self.callbacks.round_id = message.fields["roundId"]
        return result

    async def send_all(self, messages: Iterable[CallbackMessage]) -> list[CallbackResult]:
        """Send callbacks concurrently; the results are in the order of the callbacks."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.send(message)) for message in messages]
        return [task.result() for task in tasks]

    async def credit(self, amount: Decimal) -> None:
        """Raise the balance by a win in a round of its own, if the wallet accepts it."""
        await self.send(self.callbacks.bet(0))
        await self.send(self.callbacks.win(amount))

    async def expect_ok(
        self, message: CallbackMessage, why: str = "must be answered with OK"
    ) -> CallbackResult:
        """Send a callback that must be answered with OK."""
        result = await self.send(message)
        if not result.ok:
            raise CheckFailed(f"this {message.command} {why}, but was answered: {result}")
        return result

    async def expect_all_ok(self, messages: Iterable[CallbackMessage], why: str) -> list[CallbackResult]:
        """Send callbacks concurrently that must all be answered with OK."""
        results = await self.send_all(messages)
        refused = [result for result in results if not result.ok]
        if refused:
            raise CheckFailed(f"{why}, but {len(refused)} of {len(results)} were not; one: {refused[0]}")
        return results

    async def expect_refusal(self, message: CallbackMessage, why: str) -> CallbackResult:
        """Send a callback that must be refused, with any HTTP status."""
        result = await self.send(message)
        if not result.answered:
            raise CheckFailed(f"{why} must be refused, but there was no answer: {result}")
        if result.ok:
            raise CheckFailed(f"{why} must be refused, but was answered with OK")
        return result

    async def expect_clean_refusal(self, message: CallbackMessage, why: str) -> CallbackResult:
        """Send a callback that must be refused without a server error."""
        result = await self.expect_refusal(message, why)
        if result.is_server_error:
            raise CheckFailed(f"{why} must be refused, but caused a server error: {result}")
        return result

    async def cached_balance(self) -> Decimal | None:
        """Return the balance, or None if it cannot be read; a balance is sent only if anything was since."""
        if self._cached_balance is None:
            result = await self.send(self.callbacks.balance())
            self._cached_balance = result.balance if result.ok else None
        return self._cached_balance

    async def balance(self) -> Decimal:
        """Read the balance; raise CheckFailed if it cannot be read."""
        result = await self.send(self.callbacks.balance())
        if not result.ok or result.balance is None:
            raise CheckFailed(f"the balance could not be read: {result}")
        self._cached_balance = result.balance
        return result.balance

    async def ensure_balance(self, amount: Decimal | int = SUFFICIENT_BALANCE) -> Decimal:
        """Return the balance, raised by a win first if it is less than `amount`."""
        before = await self.balance()
        if before >= amount:
            return before
        await self.credit(amount - before)
        after = await self.balance()
        if after < amount:
            raise CheckFailed(
                f"the check needs a balance of {amount}, the player has {after}, and a win did not raise it: "
                "give the player more money"
            )
        return after

    async def expect_change(self, before: Decimal, change: Decimal | int, why: str) -> None:
        """Read the balance, which must have changed by exactly this amount."""
        actual = await self.balance() - before
        if actual != change:
            raise CheckFailed(
                f"{why}: the balance must change by {_with_sign(change)}, it changed by {_with_sign(actual)}"
            )

    async def expect_no_change(self, before: Decimal, why: str) -> None:
        """Read the balance, which must not have changed."""
        await self.expect_change(before, 0, why)


def _with_sign(change: Decimal | int) -> str:
    amount = Decimal(change)
    return f"+{format_amount(amount)}" if amount > 0 else format_amount(amount)
