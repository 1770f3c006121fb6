"""The table of all pairs: complete, done by the checks it names, and with all that the sandbox plays."""

from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from igamingace import AsyncAgent
from igamingace.models import FreeSpins
from igamingace.sandbox import create_app
from igamingace.walletcheck import CHECKS
from igamingace.walletcheck.checks._pairs import PAIRS, SEQUENCES, Arrival, State

from .pairs_seen import PairsSeen
from .reference_page import PAGE, reference_page
from .tolerant import TolerantWallet
from .wallets import PLAYER, TOKEN, Refused

BY_ID = {check.id: check for check in CHECKS}


def test_every_state_with_every_arrival_has_a_check_or_the_reason_why_not():
    assert set(PAIRS) == set(product(State, Arrival))
    for pair in PAIRS.values():
        assert bool(pair.check_id) is not bool(pair.reason)
        assert not pair.check_id or pair.check_id in BY_ID


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if PAIRS[pair].check_id], ids=" then ".join)
async def test_the_check_of_a_pair_sends_it(checked, pair):
    wallet = PairsSeen(TolerantWallet())
    report = await checked(wallet, checks=[BY_ID[PAIRS[pair].check_id]])

    assert [result.status for result in report.results] == ["passed"]
    assert pair in wallet.pairs


class UntilRefused(TolerantWallet):
    """Refuses the next callbacks of these commands."""

    def __init__(self, *commands):
        super().__init__()
        self.refusing = list(commands)

    async def handle(self, fields):
        if fields["command"] in self.refusing:
            self.refusing.remove(fields["command"])
            raise Refused("ERR_UNKNOWN", self.balances[self.player(fields)])
        return await super().handle(fields)


async def round_won(session):
    await session.bet(1)
    await session.win(2)


async def several_wins(session):
    await session.bet(1)
    await session.win(2, finished=False)
    await session.win(3)


async def bet(session):
    await session.bet(1)


async def lost_bet(session):
    await session.bet(1, lost=True)


async def betwin(session):
    await session.betwin(1, 2)


async def bet_and_betwin(session):
    await session.bet(1)
    await session.betwin(1, 2)


async def broken_game(session):
    await session.bet(1)
    await session.cancel()


async def free_spin(session):
    await session.spin()


async def register_free_spins(app):
    async with AsyncAgent(app.token, transport=app.async_transport()) as agent:
        await agent.bonus_calls.register(
            platform_id="promo-1",
            provider_id=1,
            game_id=655,
            player_id=PLAYER,
            bonus_type=1,
            call_amount=5,
            expire_at=app.clock() + timedelta(minutes=20),
            meta_data=FreeSpins(spin_amount=10, base_bet_amount=Decimal("0.20")),
        )


async def all_kinds(session):
    await session.bet(1)
    await session.win(2)
    await session.betwin(1, 2)
    await session.bet(1)
    await session.cancel()


LATE_ANSWER = [
    ("callback_lost_answer", "bet"),
    ("callback_lost_answer", "betwin"),
    ("callback_lost_answer", "cancel"),
]
PLAYED: dict[str, Any] = {
    "bet, win": (round_won, [], [], "bet win"),
    "bet, wins that do not finish the round, win that does": (several_wins, [], [], "bet win win"),
    "bet that is lost, win of 0": (lost_bet, [], [], "bet win"),
    "betwin": (betwin, [], [], "betwin"),
    "bet refused, its cancel, retries of the cancel": (
        bet,
        ["bet", "cancel"],
        [],
        "bet cancel cancel",
    ),
    "betwin refused, its cancel, retries of the cancel": (betwin, ["betwin"], [], "betwin cancel"),
    "bet or betwin whose answer was late or lost, its cancel, retries of the cancel": (
        bet_and_betwin,
        [],
        LATE_ANSWER,
        "bet cancel cancel betwin cancel",
    ),
    "bet or betwin that never arrived, its cancel, retries of the cancel": (
        bet_and_betwin,
        [],
        [("callback_lost", "bet"), ("callback_lost", "betwin")],
        "cancel cancel",
    ),
    "bet or betwin that arrives after its cancel": (
        bet_and_betwin,
        [],
        [("callback_delay", "bet"), ("callback_delay", "betwin")],
        "cancel bet cancel betwin",
    ),
    "round that the provider cancels": (broken_game, [], [], "bet cancel"),
    "win whose answer was late or lost, its retries": (
        round_won,
        [],
        [("callback_lost_answer", "win")],
        "bet win win",
    ),
    "callback that arrives twice at once": (
        all_kinds,
        [],
        [("callback_duplicate", name) for name in ("bet", "win", "betwin", "cancel")],
        "bet bet win win betwin betwin bet cancel cancel",
    ),
    "free spin: bet of 0 with a bonus, its win": (free_spin, [], [], "bet win"),
    "fields in other spellings": (
        all_kinds,
        [],
        [("spelling", name) for name in ("bet", "win", "betwin", "cancel")],
        "bet win betwin bet cancel",
    ),
}


@pytest.mark.parametrize("name", PLAYED)
async def test_what_the_sandbox_plays_is_among_the_pairs(name):
    play, refused, faults, commands = PLAYED[name]
    wallet = PairsSeen(UntilRefused(*refused))
    app = create_app(token=TOKEN, wallet=wallet, time_scale=0.02, seed=7)
    for kind, command in faults:
        delayed = {"seconds": 0.5} if kind == "callback_delay" else {}
        app.faults.add(kind, operation=command, count=1, **delayed)
    session = await app.async_play(PLAYER)
    if play is free_spin:
        await register_free_spins(app)
    await play(session)
    await app.async_settle()
    await app.aclose()

    sent = [command for command in wallet.commands if command != "balance"]
    assert sorted(sent) == sorted(commands.split())
    assert wallet.pairs
    assert {pair for pair in wallet.pairs if not PAIRS[pair].check_id} == set()


def test_every_sequence_has_its_checks_and_is_played():
    assert set(SEQUENCES) - set(PLAYED) == {"bet at the same time as its cancel"}  # no fault times it so
    assert {name for ids in SEQUENCES.values() for name in ids} <= set(BY_ID)


def test_the_page_of_the_checks_is_what_they_generate():
    assert PAGE.read_text(encoding="utf-8") == reference_page(), (
        "docs/reference/wallet-checks.md is stale: python -m tests.walletcheck.reference_page writes it"
    )
