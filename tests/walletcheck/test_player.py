"""The player whose balance is used: limits, digits, somebody else who plays, and what decides."""

from decimal import Decimal

import pytest
from igamingace.walletcheck import CHECKS

from .faults_of_money import CutsToIntegers, LosesUpdates
from .faults_of_state import KeepsRefusedBets
from .wallets import UNKNOWN, Refused, RightWallet


def only(*ids):
    return [check for check in CHECKS if check.id in ids]


def statuses(report):
    return {result.id: result.status for result in report.results}


class LimitsBets(RightWallet):
    async def cover(self, player, taken):
        await super().cover(player, taken)
        if taken > 150:
            raise Refused(UNKNOWN, self.balances[player])


async def test_a_largest_bet_skips_what_it_forbids_and_says_so(checked):
    report = await checked(LimitsBets())

    skipped = {result.id: result.message for result in report.results if result.status == "skipped"}
    assert set(skipped) == {
        "bet.whole_balance",
        "betwin.whole_balance",
        "bet.duplicate_when_short",
        "parallel.overdraw",
        "amount.large",
        "amount.large_cents",
    }
    assert all("largest bet" in message for message in skipped.values())
    assert report.failed == ()
    assert report.restored


class SaysNotEnough(RightWallet):
    async def cover(self, player, taken):
        if taken > 150:
            raise Refused("ERR_NOT_ENOUGH_MONEY", self.balances[player])
        await super().cover(player, taken)


async def test_a_limit_that_is_called_a_lack_of_money_is_a_failure(checked):
    report = await checked(SaysNotEnough(), checks=only("bet.whole_balance"))

    assert statuses(report) == {"bet.whole_balance": "failed"}


async def test_a_balance_finer_than_the_currency_skips_only_what_needs_a_plain_one(checked):
    report = await checked(RightWallet("1000.005"))

    skipped = {result.id for result in report.results if result.status == "skipped"}
    assert skipped == {"bet.whole_balance", "betwin.whole_balance"}
    assert report.failed == ()
    assert report.restored


class Visited(RightWallet):
    """Somebody else pays money in, before the callbacks of these numbers."""

    def __init__(self, *times):
        super().__init__()
        self.times = times

    async def answer(self, body, signature):
        if self.callbacks in self.times:
            self.balances["p-1"] += 70
        return await super().answer(body, signature)


@pytest.mark.parametrize("time", range(2, 12))
async def test_somebody_else_who_moves_the_balance_fails_no_check_and_keeps_the_money(checked, time):
    wallet = Visited(time)
    report = await checked(wallet, checks=only("happy.balance", "happy.bet", "happy.win", "win.several"))

    assert report.failed == ()
    assert report.moved == 70
    assert report.restored
    assert wallet.balances["p-1"] == 1070
    assert "Somebody else moved the balance of p-1" in report.text()


async def test_somebody_who_moves_the_balance_all_the_time_is_named_as_the_cause(checked):
    report = await checked(Visited(*range(1000)), checks=only("happy.balance", "happy.bet", "happy.win"))

    assert report.failed
    assert report.shared_cause().startswith("Somebody else moved the balance of p-1")


@pytest.mark.parametrize("fault", [CutsToIntegers, LosesUpdates])
async def test_a_wallet_s_own_mistake_is_not_taken_for_somebody_else_s(checked, fault):
    report = await checked(fault(), checks=only("amount.cents", "parallel.bets"))

    assert report.failed
    assert report.moved == Decimal(0)


class LosesWins(LosesUpdates):
    async def bet(self, player, fields):
        self.balances[player] -= fields["amount"]
        self.note(fields, -fields["amount"])
        return self.balances[player]


async def test_the_evidence_is_what_decides(checked):
    report = await checked(LosesWins(), checks=only("parallel.wins", "happy.bet"))

    failed, passed = (
        next(result for result in report.results if result.id == name)
        for name in ("parallel.wins", "happy.bet")
    )
    assert failed.status == "failed"
    commands = [exchange.command for exchange in failed.exchanges]
    assert commands == ["balance", *["win"] * 10, "balance"]
    assert failed.omitted == 50 + 40 + 1
    assert [exchange.command for exchange in passed.exchanges] == ["balance", "bet", "balance"]


async def test_the_evidence_of_few_callbacks_is_all_of_them(checked):
    report = await checked(KeepsRefusedBets(), checks=only("refused.then_cancel"))

    (failed,) = report.failed
    assert [exchange.command for exchange in failed.exchanges] == [
        "balance",
        "balance",
        "bet",
        "balance",
        "cancel",
        "balance",
    ]
    assert failed.omitted == 0


class RefusesFromTheTenth(RightWallet):
    async def bet(self, player, fields):
        self.bets = getattr(self, "bets", 0) + 1
        if self.bets > 10:
            raise Refused(UNKNOWN, self.balances[player])
        return await super().bet(player, fields)


async def test_the_evidence_of_many_is_those_that_were_refused(checked):
    report = await checked(RefusesFromTheTenth(), checks=only("parallel.bets"))

    (failed,) = report.failed
    assert all(UNKNOWN in exchange.answer for exchange in failed.exchanges)


class OverloadedProxy(RightWallet):
    """Answers the first callbacks, and then only the balance."""

    async def answer(self, body, signature):
        if b'"balance"' in body or self.callbacks < 10:
            return await super().answer(body, signature)
        return 503, b"<html>Service Unavailable</html>"


async def test_one_cause_of_many_failures_is_named_at_the_top(checked):
    report = await checked(OverloadedProxy(), checks=[check for check in CHECKS if check.group == "happy"])

    assert len(report.failed) == 3
    assert report.shared_cause().startswith("3 of 3 failures have one cause: ")
    assert "503" in report.shared_cause()
    assert report.text().splitlines()[1] == report.shared_cause()


class LosesWhatEvensOut(RightWallet):
    """Loses a bet and two cancels once betwins come: at 2 for a bet and 1 for a cancel, nothing is lost."""

    lost = {"bet": 1, "cancel": 2}  # noqa: RUF012 - read, never changed

    async def book(self, player, fields, change):
        command = fields["command"]
        if command == "betwin":
            self.seen = dict(self.seen or self.lost)
        if self.seen.get(command, 0):
            self.seen[command] -= 1
            change *= 0
        return await super().book(player, fields, change)

    seen: dict[str, int] = {}  # noqa: RUF012 - replaced, never changed


async def test_mistakes_of_different_kinds_do_not_even_out_in_a_crowd(checked):
    report = await checked(LosesWhatEvensOut(), checks=only("parallel.mixed"))

    assert statuses(report) == {"parallel.mixed": "failed"}
