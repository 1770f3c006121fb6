"""Refusals: under HTTP 200, with the statusCode that says why."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from igamingace.walletcheck._check import Failed, Group

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import Letter
    from igamingace.walletcheck._context import Play

refusals = Group("refusal")


async def _coded(play: Play, letter: Letter, what: str, *codes: str) -> None:
    answer = await play.send(letter)
    if answer.status_code not in codes:
        expected = " or ".join(codes)
        raise Failed(f"the statusCode for {what} must be {expected}, it was {answer.status_code or answer}")


def _bad(play: Play) -> Letter:
    return play.desk.win(2).tampered(amount=3)


@refusals.add(
    "http_status",
    "Refusals come under HTTP 200",
    rule="The answer is HTTP 200 also for refusals; any other HTTP status counts as failed.",
    standing="documented",
    advice="Answer HTTP 200 whatever you refuse: statusCode says why. Under 4xx the vendor takes your wallet "
    "for broken, and sends wins and cancels again.",
)
async def _http(play: Play) -> None:
    before = await play.funded()
    for letter, what in (
        (play.desk.bet(before + 1), "a bet over the balance"),
        (play.desk.betwin(before + 1, 0), "a betwin over the balance"),
        (play.desk.cancel(play.desk.fresh_id()), "the cancel of an unknown bet"),
        (play.desk.balance().changed(playerId="no-such-player"), "the balance of an unknown player"),
        (_bad(play), "a callback with a wrong signature"),
    ):
        answer = await play.send(letter)
        if answer.exchange.http_status != HTTPStatus.OK:
            raise Failed(f"{what} must be answered under HTTP 200, but was answered: {answer}")


@refusals.add(
    "not_enough_money",
    "Too little money is ERR_NOT_ENOUGH_MONEY",
    rule="bet and betwin over the balance are ERR_NOT_ENOUGH_MONEY.",
    standing="documented",
    advice="Compare the stake with the balance, and answer ERR_NOT_ENOUGH_MONEY when it is more.",
)
async def _money(play: Play) -> None:
    before = await play.funded()
    await _coded(play, play.desk.bet(before + 1), "a bet over the balance", "ERR_NOT_ENOUGH_MONEY")
    betwin = play.desk.betwin(before + 1, 0)
    await _coded(play, betwin, "a betwin over the balance", "ERR_NOT_ENOUGH_MONEY")


@refusals.add(
    "unknown_bet",
    "The cancel of an unknown bet is ERR_TRANSACTION_DOES_NOT_EXIST",
    rule="A bet that is not known is ERR_TRANSACTION_DOES_NOT_EXIST.",
    standing="documented",
    advice="Answer ERR_TRANSACTION_DOES_NOT_EXIST when referenceId is no bet or betwin of yours.",
)
async def _unknown(play: Play) -> None:
    cancel = play.desk.cancel(play.desk.fresh_id())
    await _coded(play, cancel, "the cancel of an unknown bet", "ERR_TRANSACTION_DOES_NOT_EXIST")


@refusals.add(
    "rolled_back",
    "A second cancel of a bet is ERR_TRANSACTION_ROLLED_BACK",
    rule="A bet that a cancel of another id has refunded is ERR_TRANSACTION_ROLLED_BACK.",
    standing="documented",
    advice="Answer ERR_TRANSACTION_ROLLED_BACK when a cancel of another id has refunded the bet.",
)
async def _rolled_back(play: Play) -> None:
    await play.funded()
    bet = play.desk.bet(1)
    await play.accepted(bet)
    await play.accepted(play.desk.cancel(bet))
    await _coded(play, play.desk.cancel(bet), "a second cancel of a bet", "ERR_TRANSACTION_ROLLED_BACK")


@refusals.add(
    "integrity",
    "A wrong signature is ERR_INTEGRITY_CHECK_FAILED",
    rule="A signature that does not hold is ERR_INTEGRITY_CHECK_FAILED.",
    standing="documented",
    advice="Answer ERR_INTEGRITY_CHECK_FAILED when the signature is wrong or missing.",
)
async def _integrity(play: Play) -> None:
    await _coded(play, _bad(play), "a callback with a wrong signature", "ERR_INTEGRITY_CHECK_FAILED")


@refusals.add(
    "unknown_player",
    "An unknown player is ERR_INVALID_PLAYER_ID",
    rule="balance for an unknown player is ERR_INVALID_PLAYER_ID, or, having no session, "
    "ERR_NOT_AUTHENTICATED.",
    standing="documented",
    advice="Answer ERR_INVALID_PLAYER_ID when playerId is none of yours.",
)
async def _unknown_player(play: Play) -> None:
    letter = play.desk.balance().changed(playerId=f"no-such-player-{play.desk.fresh_id()}")
    codes = ("ERR_INVALID_PLAYER_ID", "ERR_NOT_AUTHENTICATED")
    await _coded(play, letter, "the balance of an unknown player", *codes)
