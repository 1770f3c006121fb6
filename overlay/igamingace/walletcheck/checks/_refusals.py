"""Refusals: HTTP 200, with the right statusCode."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from igamingace.walletcheck._check import CheckGroup
from igamingace.walletcheck._context import CheckFailed

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._context import CheckContext

refusals = CheckGroup("refusal")


async def _expect_code(context: CheckContext, message: CallbackMessage, what: str, *codes: str) -> None:
    result = await context.send(message)
    if result.status_code not in codes:
        expected = " or ".join(codes)
        raise CheckFailed(
            f"the statusCode for {what} must be {expected}, it was {result.status_code or result}"
        )


def _wrongly_signed(context: CheckContext) -> CallbackMessage:
    return context.callbacks.win(2).tampered(amount=3)


@refusals.check(
    "http_status",
    "Refusals come under HTTP 200",
    rule="refusal-status",
    advice="Answer HTTP 200 whatever you refuse: statusCode says why. With 4xx the vendor takes your wallet "
    "to be broken, and retries wins and cancels.",
)
async def _http(context: CheckContext) -> None:
    before = context.floor(await context.ensure_balance())
    for message, what in (
        (context.callbacks.bet(before + 1), "a bet over the balance"),
        (context.callbacks.betwin(before + 1, 0), "a betwin over the balance"),
        (context.callbacks.cancel(context.callbacks.new_id()), "the cancel of an unknown bet"),
        (
            context.callbacks.balance().with_fields(playerId="no-such-player"),
            "the balance of an unknown player",
        ),
        (_wrongly_signed(context), "a callback with a wrong signature"),
    ):
        result = await context.send(message)
        if result.exchange.http_status != HTTPStatus.OK:
            raise CheckFailed(f"{what} must be answered under HTTP 200, but was answered: {result}")


@refusals.check(
    "not_enough_money",
    "A bet over the balance is ERR_NOT_ENOUGH_MONEY",
    rule="bet-covered",
    advice="Compare the stake with the balance, and answer ERR_NOT_ENOUGH_MONEY when it is more.",
)
async def _money(context: CheckContext) -> None:
    before = context.floor(await context.ensure_balance())
    await _expect_code(
        context, context.callbacks.bet(before + 1), "a bet over the balance", "ERR_NOT_ENOUGH_MONEY"
    )
    betwin = context.callbacks.betwin(before + 1, 0)
    await _expect_code(context, betwin, "a betwin over the balance", "ERR_NOT_ENOUGH_MONEY")


@refusals.check(
    "unknown_bet",
    "The cancel of an unknown bet is ERR_TRANSACTION_DOES_NOT_EXIST",
    rule="cancel-unknown",
    advice="Answer ERR_TRANSACTION_DOES_NOT_EXIST when referenceId is not the id of a bet or betwin.",
)
async def _unknown(context: CheckContext) -> None:
    cancel = context.callbacks.cancel(context.callbacks.new_id())
    await _expect_code(context, cancel, "the cancel of an unknown bet", "ERR_TRANSACTION_DOES_NOT_EXIST")


@refusals.check(
    "rolled_back",
    "A second cancel of a bet is ERR_TRANSACTION_ROLLED_BACK",
    rule="cancel-once",
    advice="Answer ERR_TRANSACTION_ROLLED_BACK when a cancel of another id has refunded the bet.",
)
async def _rolled_back(context: CheckContext) -> None:
    await context.ensure_balance()
    bet = context.callbacks.bet(1)
    await context.expect_ok(bet)
    await context.expect_ok(context.callbacks.cancel(bet))
    await _expect_code(
        context, context.callbacks.cancel(bet), "a second cancel of a bet", "ERR_TRANSACTION_ROLLED_BACK"
    )


@refusals.check(
    "integrity",
    "A wrong signature is ERR_INTEGRITY_CHECK_FAILED",
    rule="signature-checked",
    advice="Answer ERR_INTEGRITY_CHECK_FAILED when the signature is wrong or missing.",
)
async def _integrity(context: CheckContext) -> None:
    await _expect_code(
        context, _wrongly_signed(context), "a callback with a wrong signature", "ERR_INTEGRITY_CHECK_FAILED"
    )


@refusals.check(
    "unknown_player",
    "An unknown player is ERR_INVALID_PLAYER_ID",
    rule="unknown-player",
    advice="Answer ERR_INVALID_PLAYER_ID when there is no such player.",
)
async def _unknown_player(context: CheckContext) -> None:
    message = context.callbacks.balance().with_fields(playerId=f"no-such-player-{context.callbacks.new_id()}")
    codes = ("ERR_INVALID_PLAYER_ID", "ERR_NOT_AUTHENTICATED")
    await _expect_code(context, message, "the balance of an unknown player", *codes)
