"""A day of 31 agents: what is found is what was put in, and the sums are those of the sandbox's books."""

from __future__ import annotations

import asyncio
from datetime import UTC, timedelta, timezone
from decimal import Decimal
from random import Random

import pytest
from igamingace import Agent, AsyncAgent
from igamingace.errors import AuthenticationError, UnderMaintenance
from igamingace.limits import LocalLimiter
from igamingace.reconcile import DiscrepancyKind, Record, Window, reconcile, reconcile_async
from igamingace.sandbox import Sandbox
from igamingace.sandbox.faults import Fault
from igamingace.sandbox.store.models import TransactionType

from ..reports.casino import Casino, catalogue  # noqa: TID252 -- the same day as that of the reports

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

AGENTS = 31
ZONES = {"igamingace": timezone(timedelta(hours=9)), "sister": UTC}
KINDS = {
    TransactionType.BET: "bet",
    TransactionType.WIN: "win",
    TransactionType.BONUS_CALL: "win",
    TransactionType.BET_CANCEL: "cancel",
    TransactionType.DEPOSIT: "deposit",
    TransactionType.WITHDRAW: "withdraw",
}
D = DiscrepancyKind
SLOW = timedelta(seconds=3)


@pytest.mark.parametrize(
    "transactions",
    [20_000, pytest.param(200_000, marks=pytest.mark.soak)],
    ids=["20 000 transactions", "200 000 transactions"],
)
@pytest.mark.parametrize(("dialect", "kind"), [("igamingace", "threads"), ("sister", "asyncio")])
def test_every_agent_is_reconciled_to_the_cent(dialect, kind, transactions):
    with Sandbox(dialect=dialect) as sandbox:
        catalogue(sandbox)
        casino = Casino(sandbox, ZONES[dialect])
        casino.add(AGENTS)
        casino.play(transactions // AGENTS + 1)
        window = Window.day(casino.day, casino.zone)
        compare = Comparer(kind, casino, window)

        sandbox.app.runtime.faults.take(
            Fault(kind="maintenance", agent="id-a-7", operation="transactions.list", count=1)
        )
        with pytest.raises(UnderMaintenance):
            compare("a-7", [])
        with pytest.raises(AuthenticationError):
            compare("a-8", [], token="token-of-nobody")
        with pytest.raises(KeyboardInterrupt):
            compare("a-9", [], on_progress=interrupt)

        for account in casino.accounts:
            listed = casino.of(account.name).transactions
            book = [record(each, sandbox) for each in listed]
            expected = spoil(book, Random(account.name))
            result = compare(account.name, book)
            found = [
                (each.kind, each.record.transaction_id, each.record.kind) for each in result.discrepancies
            ]
            assert sorted(map(str, found)) == sorted(map(str, expected))
            assert result.unlisted == 0
            check_sums(result, listed, book, window)


def interrupt(progress):
    if progress.windows_done >= 5:
        raise KeyboardInterrupt


class Comparer:
    """Reconciles an agent in threads or in asyncio."""

    def __init__(self, kind, casino, window):
        self.kind, self.casino, self.window = kind, casino, window

    def __call__(self, name, book, *, token=None, on_progress=None):
        (account,) = (each for each in self.casino.accounts if each.name == name)
        token = token or account.open_token()
        zone = self.casino.zone if self.casino.zone is UTC else None
        options = {
            "base_url": self.casino.sandbox.url,
            "limiter": LocalLimiter(),
            "max_retries": 0,
            "backoff": 0,
            "time_zone": zone,
        }
        given = {"currency": account.currency, "pause": 0, "on_progress": on_progress}
        if self.kind == "threads":
            with Agent(token, **options) as agent:
                return reconcile(agent, book, self.window, **given)

        async def run():
            async with AsyncAgent(token, **options) as agent:
                return await reconcile_async(agent, book, self.window, **given)

        return asyncio.run(run())


def record(transaction, sandbox):
    """Return what the wallet has booked: by its own clock, which is slow."""
    identity = str(sandbox.app.runtime.dialect.transaction_id(transaction.id))
    round_id = None if transaction.round_id is None else str(transaction.round_id)
    player, at = transaction.player_id, transaction.at - SLOW
    return Record(identity, KINDS[transaction.type], transaction.amount, player, round_id, None, at)


def spoil(book, random):
    """Change some rows in the middle of the day; return what must be found."""
    expected = []
    bets = [row for row in book[30:-30] if row.kind == "bet"]
    undone = {row.round_id for row in book if row.kind == "cancel"}
    chosen = random.sample([row for row in bets if row.round_id not in undone], 5)
    lost, dear, foreign, moved, doubled = chosen
    book.remove(lost)
    book[book.index(dear)] = dear._replace(amount=dear.amount + 1)
    book[book.index(foreign)] = foreign._replace(currency="SEK")
    book[book.index(moved)] = moved._replace(player_id="nobody")
    book.append(doubled)
    kinds = (D.MISSING_IN_BOOK, D.AMOUNT, D.CURRENCY, D.PLAYER, D.DOUBLE)
    expected += [(kind, row.transaction_id, "bet") for kind, row in zip(kinds, chosen, strict=True)]
    cancels = [row for row in book[30:-30] if row.kind == "cancel"]
    if cancels:
        book.remove(cancels[0])
        expected.append((D.CANCELLED, cancels[0].transaction_id, "cancel"))
    return expected


def check_sums(result, listed, book, window):
    """The sums are those of both books, added up in another way, and the gap is what lies between them."""
    for kind in {*KINDS.values()}:
        there = [
            each.amount
            for each in listed
            if KINDS[each.type] == kind and window.since <= each.at < window.until
        ]
        shown = [each for each in result.sums if each.kind == kind]
        assert sum((each.platform for each in shown), Decimal(0)) == sum(there, Decimal(0))
        assert sum(each.platform_count for each in shown) == len(there)
        here = [
            row.amount for row in book if row.kind == kind and window.since <= row.at + SLOW < window.until
        ]
        assert sum((each.book for each in shown), Decimal(0)) == sum(here, Decimal(0))
    gaps = {}
    for each in result.discrepancies:
        for currency, gap in each.gaps.items():
            gaps[currency] = gaps.get(currency, Decimal(0)) + gap
    assert {name: gap for name, gap in result.gaps().items() if gap} == {
        name: gap for name, gap in gaps.items() if gap
    }
