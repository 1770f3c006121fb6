"""What play leaves behind: transactions, points, bonus calls, wallets of transfer mode."""

from __future__ import annotations

from datetime import timedelta
from decimal import Context, Decimal, localcontext

import pytest
from igamingace import AsyncAgent
from igamingace.errors import Conflict, NotFound
from igamingace.sandbox import SandboxError, create_app
from igamingace_bindings.rest.models import FreeSpins

from .conftest import PLAYER, SettableClock, played

BET, WIN, CANCEL, BONUS = 1, 2, 16, 32


def window(app, **more):
    now = app.clock()
    return {"start_time": now - timedelta(hours=1), "end_time": now, "offset": 0, "limit": 100, **more}


@pytest.fixture
async def agent(app):
    async with AsyncAgent(app.token, transport=app.async_transport()) as agent:
        yield agent


async def test_rounds_are_listed_with_the_ids_of_their_callbacks(app, agent, session, wallet):
    await session.bet(2)
    await session.win(5)
    bet, win = wallet.received

    page = await agent.transactions.list(**window(app, round_id=bet["roundId"]))

    assert [(entry.trans_id, entry.trans_type, entry.amount) for entry in page.list_] == [
        (str(bet["transactionId"]), BET, 2),
        (str(win["transactionId"]), WIN, 5),
    ]
    assert {entry.round_id for entry in page.list_} == {str(bet["roundId"])}
    assert {entry.created_at for entry in page.list_} == {app.clock()}


async def test_a_round_in_one_callback_is_listed_as_a_bet_and_a_win_of_one_id(app, agent, session, wallet):
    await session.betwin(2, 5)
    (betwin,) = wallet.received

    page = await agent.transactions.list(**window(app, round_id=str(betwin["roundId"])))

    assert [(entry.trans_id, entry.trans_type, entry.amount) for entry in page.list_] == [
        (str(betwin["transactionId"]), BET, 2),
        (str(betwin["transactionId"]), WIN, 5),
    ]


async def test_play_of_a_streamer_reaches_the_wallet_but_no_report(app, agent, wallet):
    points = app.account("mycasino").points["USD"]
    session = await app.async_play("user123", is_streamer=True)
    await session.bet(2)
    await session.win(5)

    assert wallet.commands[-2:] == ["bet", "win"]
    assert played(app) == []
    assert app.account("mycasino").points["USD"] == points
    with pytest.raises(NotFound):
        await agent.transactions.round(
            player_external_id="user123",
            round_id=wallet.received[-1]["roundId"],
            provider_id=1,
            game_code=655,
        )


async def test_points_fall_by_stakes_and_rise_by_wins(app, session, wallet):
    points = app.account("mycasino").points
    before = points["USD"]

    await session.bet("2.50")
    after_bet = points["USD"]
    await session.win(1)
    await session.bet(7)
    await session.cancel()
    wallet.answer("bet", "ERR_NOT_ENOUGH_MONEY")
    await session.bet(3)

    assert after_bet == before - Decimal("2.50")
    assert points["USD"] == before - Decimal("1.50")


async def test_amounts_are_exact_whatever_the_application_computes_with(app, agent, session, wallet):
    points = app.account("mycasino").points
    before = points["USD"]

    with localcontext(Context(prec=3)):
        await session.bet("2.55")
        await session.win("1.27")
        app.account("mycasino").chosen_mode = "transfer"
        moved = await agent.players.deposit(
            player_external_id="user123", currency="USD", amount=Decimal("1234.56"), transaction_id="d-1"
        )

    assert moved.balance == Decimal("1234.56")
    assert points["USD"] == before - Decimal("2.55") + Decimal("1.27") - Decimal("1234.56")


async def test_an_agent_whose_points_do_not_cover_a_stake_runs_no_round(app, session, wallet):
    app.set_points("mycasino", "0.99")

    with pytest.raises(SandboxError, match="POINT_NOT_ENOUGH"):
        await session.bet(1)

    assert wallet.commands == []


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda session: session.win(1), "no round is open"),
        (lambda session: session.cancel(), "no round is open"),
        (lambda session: session.spin(), "no bonus call"),
        (lambda session: session.bet("0.001"), "minor digits"),
        (lambda session: session.bet(-1), "negative"),
    ],
)
async def test_what_cannot_be_played_is_refused(session, wallet, act, said):
    with pytest.raises(SandboxError, match=said):
        await act(session)

    assert wallet.commands == []


async def test_a_second_bet_waits_for_the_end_of_the_round(session):
    await session.bet(1)

    with pytest.raises(SandboxError, match="a round is open"):
        await session.bet(1)


@pytest.fixture
async def bonus(app, agent):
    """Register 10 free spins that pay at most 5."""
    registered = await agent.bonus_calls.register(
        platform_id="promo-1",
        provider_id=1,
        game_id=655,
        player_id="user123",
        bonus_type=1,
        call_amount=5,
        expire_at=app.clock() + timedelta(minutes=20),
        meta_data=FreeSpins(spin_amount=10, base_bet_amount=Decimal("0.20")),
    )
    return int(registered.issue_id)


async def test_a_free_spin_takes_nothing_and_pays_under_its_id(agent, session, wallet, listed, bonus):
    await session.spin(2)

    bet, win = wallet.received
    assert (bet["amount"], bet["isBonusBusy"], bet["bonusId"]) == (0, True, bonus)
    assert (win["amount"], win["bonusId"], win["isRoundFinished"]) == (2, bonus, True)
    assert listed() == [(BET, 0), (BONUS, 2)]
    assert (await agent.bonus_calls.detail(issue_id=bonus)).rounds_remaining == 9


async def test_free_spins_pay_no_more_than_was_promised_and_end_then(agent, session, wallet, bonus):
    await session.spin(4)
    await session.spin(4)

    assert [each["amount"] for each in wallet.received if each["command"] == "win"] == [4, 1]
    detail = await agent.bonus_calls.detail(issue_id=bonus)
    assert (detail.status, detail.rounds_remaining) == (4, 0)
    assert (detail.total_win_amount, detail.meta_data.played_amount) == (5, 2)
    with pytest.raises(SandboxError, match="no bonus call"):
        await session.spin()
    with pytest.raises(Conflict):
        await agent.bonus_calls.cancel(player_id="user123", issue_id=bonus)


async def test_free_spins_are_used_up(agent, session, bonus):
    for _ in range(10):
        await session.spin()

    assert (await agent.bonus_calls.detail(issue_id=bonus)).status == 4


async def test_a_spin_whose_bet_failed_is_not_used_up(agent, session, wallet, bonus):
    wallet.answer("bet", (500, b""))

    await session.spin()

    assert wallet.commands == ["bet", "cancel"]
    assert (await agent.bonus_calls.detail(issue_id=bonus)).rounds_remaining == 10


async def test_a_cancelled_or_expired_bonus_call_is_not_played(app, agent, session, bonus):
    app.clock.advance(1_200)
    with pytest.raises(SandboxError, match="no bonus call"):
        await session.spin()
    app.clock.advance(-1_200)
    await agent.bonus_calls.cancel(player_id="user123", issue_id=bonus)
    with pytest.raises(SandboxError, match="no bonus call"):
        await session.spin()


async def test_a_bonus_call_is_played_in_its_own_game(app, bonus):
    session = await app.async_play("user123", 656)

    with pytest.raises(SandboxError, match="no bonus call"):
        await session.spin()


@pytest.fixture
async def transfer():
    app = create_app(clock=SettableClock())
    app.account("mycasino").players["user123"].wallet["USD"] = Decimal(10)
    yield app
    await app.aclose()


async def test_in_transfer_mode_the_wallet_is_the_platforms(transfer):
    points = transfer.account("mycasino").points["USD"]
    session = await transfer.async_play("user123")

    await session.bet(4)
    await session.win("2.50")
    await session.betwin(1, 3)
    await session.bet(2)
    await session.cancel()

    assert (
        session.balance == transfer.account("mycasino").players["user123"].wallet["USD"] == Decimal("10.50")
    )
    assert [int(entry.type) for entry in played(transfer)] == [BET, WIN, BET, WIN, BET, CANCEL]
    assert transfer.callbacks == []
    assert transfer.account("mycasino").points["USD"] == points


@pytest.mark.parametrize("play", ["bet", "betwin"])
async def test_in_transfer_mode_a_stake_must_be_there(transfer, play):
    session = await transfer.async_play("user123")

    with pytest.raises(SandboxError, match="BALANCE_NOT_ENOUGH"):
        await (session.bet(11) if play == "bet" else session.betwin(11, 20))

    assert played(transfer) == []
    assert session.round_id is None


async def test_a_chosen_mode_goes_before_the_callback_url(app):
    app.account("mycasino").chosen_mode = "transfer"

    session = await app.async_play("user123")
    await app.async_settle()

    assert (app.callbacks, session.session.mode) == ([], "transfer")


async def test_a_currency_without_minor_digits_is_played_in_whole_units(app):
    session = await app.async_play("user123", account="mycasino-kr")

    with pytest.raises(SandboxError, match="0 minor digits"):
        await session.bet("1.5")


@pytest.mark.parametrize("game", [1.5, None, b"655", ["655"], True])
async def test_a_game_id_of_a_wrong_type_is_refused(app, game):
    with pytest.raises(SandboxError, match=r"VALIDATION_ERROR: game_id: must be text or a whole number"):
        await app.async_play(PLAYER, game_id=game)


async def test_a_player_of_a_type_that_json_has_not_is_refused(app):
    with pytest.raises(SandboxError, match=r"VALIDATION_ERROR: player: is of a type that JSON has not"):
        await app.async_play(b"p-1")
