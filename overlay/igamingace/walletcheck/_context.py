"""What a check plays with: it sends callbacks, reads balances, and says where a rule was broken."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.currency import minor_unit
from igamingace._wallet_client.messages import Desk, plain
from igamingace.walletcheck._check import Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._client import Answer, Post

ENOUGH: Final = Decimal(100)
"""The balance that every check can do with, in major units."""


class Play:
    """One player of the wallet under test."""

    def __init__(self, post: Post, desk: Desk, *, player: str, currency: str) -> None:
        """Take what sends letters and what writes them."""
        self.post: Final = post
        self.desk: Final = desk
        self.player: Final = player
        self.unit: Final = minor_unit(currency)
        self._known: Decimal | None = None

    async def send(self, letter: Letter) -> Answer:
        """Send a letter, whatever comes."""
        if letter.command != "balance":
            self._known = None
        answer = await self.post.send(letter)
        if answer.accepted and letter.command == "bet":
            self.desk.round = letter.fields["roundId"]
        return answer

    async def pay(self, amount: Decimal) -> None:
        """Raise the balance by a win in a round of its own, as far as the wallet lets it."""
        await self.send(self.desk.bet(0))
        await self.send(self.desk.win(amount))

    async def at_once(self, letters: Iterable[Letter]) -> list[Answer]:
        """Send letters at once; the answers are in the order of the letters."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self.send(letter)) for letter in letters]
        return [task.result() for task in tasks]

    async def accepted(self, letter: Letter, why: str = "must be answered with OK") -> Answer:
        """Send a letter that must be answered with OK."""
        answer = await self.send(letter)
        if not answer.accepted:
            raise Failed(f"this {letter.command} {why}, but was answered: {answer}")
        return answer

    async def all_accepted(self, letters: Iterable[Letter], why: str) -> list[Answer]:
        """Send letters at once that must all be answered with OK."""
        answers = await self.at_once(letters)
        refused = [answer for answer in answers if not answer.accepted]
        if refused:
            raise Failed(f"{why}, but {len(refused)} of {len(answers)} were not; one: {refused[0]}")
        return answers

    async def refused(self, letter: Letter, why: str) -> Answer:
        """Send a letter that must be refused, under whatever HTTP status."""
        answer = await self.send(letter)
        if not answer.came:
            raise Failed(f"{why} must be refused, but there was no answer: {answer}")
        if answer.accepted:
            raise Failed(f"{why} must be refused, but was answered with OK")
        return answer

    async def withstood(self, letter: Letter, why: str) -> Answer:
        """Send a letter that must be refused without the server failing over it."""
        answer = await self.refused(letter, why)
        if answer.crashed:
            raise Failed(f"{why} must be refused, but made the server fail: {answer}")
        return answer

    async def read(self) -> Decimal | None:
        """Return the balance; None when it cannot be read."""
        answer = await self.send(self.desk.balance())
        self._known = answer.balance if answer.accepted else None
        return self._known

    async def last_balance(self) -> Decimal | None:
        """Return the balance, asking only if anything was sent since it was last read."""
        return await self.read() if self._known is None else self._known

    async def balance(self) -> Decimal:
        """Return the balance that the wallet tells."""
        answer = await self.send(self.desk.balance())
        if not answer.accepted or answer.balance is None:
            raise Failed(f"the balance could not be read: {answer}")
        self._known = answer.balance
        return answer.balance

    async def funded(self, amount: Decimal | int = ENOUGH) -> Decimal:
        """Return the balance, after a win that makes it enough where it is less than `amount`."""
        before = await self.balance()
        if before >= amount:
            return before
        await self.pay(amount - before)
        now = await self.balance()
        if now < amount:
            raise Failed(
                f"the check needs a balance of {amount}, the player has {now}, and a win did not raise it: "
                "give the player more money"
            )
        return now

    async def changed(self, before: Decimal, change: Decimal | int, why: str) -> None:
        """Read the balance, which must have changed by exactly so much."""
        found = await self.balance() - before
        if found != change:
            raise Failed(
                f"{why}: the balance must change by {_signed(change)}, it changed by {_signed(found)}"
            )

    async def unchanged(self, before: Decimal, why: str) -> None:
        """Read the balance, which must be what it was."""
        await self.changed(before, 0, why)


def _signed(change: Decimal | int) -> str:
    exact = Decimal(change)
    return f"+{plain(exact)}" if exact > 0 else plain(exact)
