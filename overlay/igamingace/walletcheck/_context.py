"""What a check works with: it sends callbacks, reads balances, and fails the check when a rule is broken."""

from __future__ import annotations

import asyncio
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount, minor_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from igamingace._wallet_client.messages import CallbackFactory, CallbackMessage
    from igamingace.walletcheck._client import CallbackResult, WalletClient
    from igamingace.walletcheck.reports._report import Exchange

SUFFICIENT_BALANCE: Final = Decimal(100)
"""The balance that is enough for every check, in major units."""


class CheckFailed(Exception):  # noqa: N818 -- a result of the check, not an error of ours
    """The wallet broke the rule; the message says how.

    Attributes:
        evidence: The exchanges that decide; empty for all since the balance was read last.
        cause: What several failures may have in common; empty when nothing is known.
    """

    def __init__(self, message: str, *, evidence: Sequence[Exchange] = (), cause: str = "") -> None:
        super().__init__(message)
        self.evidence: Final = tuple(evidence)
        self.cause: Final = cause


class BalanceDiffers(CheckFailed):
    """The balance did not change as it must.

    Attributes:
        difference: By how much more than it must.
    """

    def __init__(self, message: str, difference: Decimal) -> None:
        super().__init__(message)
        self.difference: Final = difference


class CheckSkipped(Exception):  # noqa: N818 -- as above
    """The check does not apply to this wallet; the message says why."""


class CheckContext:
    """One player of the wallet under test.

    Methods that begin with `expect` raise CheckFailed.

    Attributes:
        client: Sends callbacks.
        callbacks: Builds the player's callbacks.
        player: The player's id.
        currency: The account's currency.
        minor_unit: The smallest amount of the currency, in major units.
        moved: By how much somebody else has changed the balance: while nothing was sent.
        most_paid: The most that a win may pay, when small amounts were not put back; None for no limit.
    """

    def __init__(
        self, client: WalletClient, callbacks: CallbackFactory, *, player: str, currency: str
    ) -> None:
        self.client: Final = client
        self.callbacks: Final = callbacks
        self.player: Final = player
        self.currency: Final = currency
        self.minor_unit: Final = minor_unit(currency)
        self.moved = Decimal(0)
        self.most_paid: Decimal | None = None
        self._cached_balance: Decimal | None = None
        self._decisive = 0

    # --- evidence

    def start(self) -> None:
        """Forget the exchanges so far: a check begins."""
        self.client.take_exchanges()
        self._decisive = 0

    def decisive_exchanges(self) -> tuple[Exchange, ...]:
        """Return the exchanges from the last reading of the balance before what is tested."""
        return tuple(self.client.exchanges[self._decisive :])

    # --- sending

    async def send(self, message: CallbackMessage) -> CallbackResult:
        """Send a callback; any result is accepted.

        Raises:
            CheckSkipped: it pays more than `most_paid`.
        """
        self._require_payable(message)
        if message.command != "balance":
            self._cached_balance = None
        result = await self.client.send(message)
        round_id = message.fields.get("roundId")
        if result.ok and message.command == "bet" and round_id is not None:
            self.callbacks.round_id = round_id
        return result

    def _require_payable(self, message: CallbackMessage) -> None:
        if self.most_paid is None:
            return
        for name in ("amount", "winAmount"):
            paid = message.fields.get(name)
            if message.command != "bet" and isinstance(paid, int | Decimal) and paid > self.most_paid:
                raise CheckSkipped(
                    f"a {message.command} that pays {paid} is not sent: a small bet, its win and a cancel "
                    "have not put the balance back"
                )

    async def send_all(self, messages: Iterable[CallbackMessage]) -> list[CallbackResult]:
        """Send callbacks concurrently; the results are in the order of the callbacks."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.send(message)) for message in messages]
        return [task.result() for task in tasks]

    async def credit(self, amount: Decimal) -> None:
        """Raise the balance by a win in a round of its own, if the wallet accepts it."""
        bet = await self.send(self.callbacks.bet(0))
        if not bet.ok:
            amount += self.minor_unit
            await self.send(self.callbacks.bet(self.minor_unit))
        await self.send(self.callbacks.win(amount))

    async def expect_ok(
        self, message: CallbackMessage, why: str = "must be answered with OK"
    ) -> CallbackResult:
        """Send a callback that must be answered with OK."""
        result = await self.send(message)
        if not result.ok:
            raise CheckFailed(
                f"this {message.command} {why}, but was answered: {result}", cause=refusal_cause(result)
            )
        return result

    async def expect_all_ok(self, messages: Iterable[CallbackMessage], why: str) -> list[CallbackResult]:
        """Send callbacks concurrently that must all be answered with OK."""
        results = await self.send_all(messages)
        refused = [result for result in results if not result.ok]
        if refused:
            raise CheckFailed(
                f"{why}, but {len(refused)} of {len(results)} were not; one: {refused[0]}",
                evidence=[result.exchange for result in refused],
                cause=refusal_cause(refused[0]),
            )
        return results

    async def expect_refusal(self, message: CallbackMessage, why: str) -> CallbackResult:
        """Send a callback that must be refused, with any HTTP status."""
        result = await self.send(message)
        if not result.answered:
            raise CheckFailed(
                f"{why} must be refused, but there was no answer: {result}", evidence=[result.exchange]
            )
        if result.ok:
            raise CheckFailed(f"{why} must be refused, but was answered with OK")
        return result

    async def expect_clean_refusal(self, message: CallbackMessage, why: str) -> CallbackResult:
        """Send a callback that must be refused without a server error."""
        result = await self.expect_refusal(message, why)
        if result.is_server_error:
            raise CheckFailed(
                f"{why} must be refused, but caused a server error: {result}", evidence=[result.exchange]
            )
        return result

    # --- the balance

    async def cached_balance(self) -> Decimal | None:
        """Return the balance, or None if it cannot be read; a balance is sent only if anything was since."""
        if self._cached_balance is None:
            result = await self.send(self.callbacks.balance())
            self._cached_balance = result.balance if result.ok else None
        return self._cached_balance

    async def balance(self) -> Decimal:
        """Read the balance before what is tested; raise CheckFailed if it cannot be read."""
        self._decisive = len(self.client.exchanges)
        return await self._read_balance()

    async def _read_balance(self) -> Decimal:
        result = await self.send(self.callbacks.balance())
        if not result.ok or result.balance is None:
            raise CheckFailed(
                f"the balance could not be read: {result}",
                evidence=[result.exchange],
                cause=refusal_cause(result),
            )
        if self._cached_balance is not None:
            self.moved += result.balance - self._cached_balance
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

    def floor(self, amount: Decimal) -> Decimal:
        """Return an amount without the digits that the currency does not have."""
        return amount.quantize(self.minor_unit, ROUND_FLOOR)

    async def require_bet(self, amount: Decimal) -> None:
        """Bet an amount that the balance covers, and cancel it; skip the check if a limit forbids it."""
        bet = self.callbacks.bet(amount)
        result = await self.send(bet)
        if result.ok:
            await self.expect_ok(self.callbacks.cancel(bet))
            return
        self.skip_over_limit(result, amount)

    def skip_over_limit(self, result: CallbackResult, amount: Decimal) -> None:
        """Skip the check if a covered bet was refused for another reason than the balance, else fail it."""
        text = f"a bet of {format_amount(amount)}, which the balance covers, was answered: {result}"
        if not result.answered or result.status_code == "ERR_NOT_ENOUGH_MONEY":
            raise CheckFailed(text, cause=refusal_cause(result))
        raise CheckSkipped(f"{text}. Is it over the player's largest bet? Use a test player without limits")

    # --- one change

    async def expect_booked(
        self, message: CallbackMessage, change: Decimal | int, why: str = "must be answered with OK"
    ) -> CallbackResult:
        """Send a callback that must be answered with OK and change the balance by exactly this amount."""
        before = await self._balance_before()
        result = await self.expect_ok(message, why)
        await self.expect_change(before, change, f"this {message.command} was answered with OK")
        return result

    async def expect_unchanged(self, message: CallbackMessage, why: str) -> CallbackResult:
        """Send a callback that must not change the balance, whatever the answer is."""
        before = await self._balance_before()
        result = await self.send(message)
        await self.expect_no_change(before, f"{why} (answered: {result})")
        return result

    async def expect_consistent(
        self, message: CallbackMessage, change: Decimal | int, why: str
    ) -> CallbackResult:
        """Send a callback that is either answered with OK and booked, or refused and not booked."""
        before = await self._balance_before()
        result = await self.send(message)
        await self.expect_change(before, change if result.ok else 0, f"{why} was answered: {result}")
        return result

    async def _balance_before(self) -> Decimal:
        if self._cached_balance is None:
            return await self.balance()
        self._decisive = max(0, len(self.client.exchanges) - 1)
        return self._cached_balance

    async def expect_change(self, before: Decimal, change: Decimal | int, why: str) -> None:
        """Read the balance, which must have changed by exactly this amount."""
        actual = await self._read_balance() - before
        if actual != change:
            raise BalanceDiffers(
                f"{why}: the balance must change by {_with_sign(change)}, it changed by {_with_sign(actual)}",
                actual - change,
            )

    async def expect_no_change(self, before: Decimal, why: str) -> None:
        """Read the balance, which must not have changed."""
        await self.expect_change(before, 0, why)


def refusal_cause(result: CallbackResult) -> str:
    """Return why a valid callback was not accepted, in words that further failures may share."""
    if result.exchange.cause:
        return result.exchange.cause
    if not result.answered:
        return "the wallet did not answer"
    if result.status_code is not None:
        return f"valid callbacks are answered with {result.status_code}"
    return f"valid callbacks are answered under HTTP {result.exchange.http_status} without a statusCode"


def _with_sign(change: Decimal | int) -> str:
    amount = Decimal(change)
    return f"+{format_amount(amount)}" if amount > 0 else format_amount(amount)
