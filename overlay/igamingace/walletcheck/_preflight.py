"""Before the checks: does all that they rely on work? Connection, token, player, currency, game, signature.

What fails here is not the wallet's logic but an option, the way to the wallet or its signatures, and each
check would fail for it. So nothing large is sent before small amounts were booked and put back.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from igamingace._common.amounts import format_amount
from igamingace._wallet_client.diagnosis import Cause
from igamingace._wallet_client.messages import build_message
from igamingace.callbacks import SIGNATURE_HEADER
from igamingace.callbacks._explanation import mistaken_signatures
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.walletcheck._client import CallbackResult
    from igamingace.walletcheck._context import CheckContext
    from igamingace.walletcheck._settings import Settings

__all__ = ["CannotCheck", "Proof"]

_STAKE: Final = Decimal(1)
_BAD_SIGNATURE: Final = "ERR_INTEGRITY_CHECK_FAILED"
_UNREACHED: Final = (Cause.DNS, Cause.REFUSED, Cause.UNREACHABLE, Cause.TLS, Cause.NOT_HTTP)
_BOOKING_REFUSALS: Final = ("ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK")
"""The wallet knows player, game and signature, and books wrongly: that is for the checks to tell."""
_SUSPECTS: Final = {
    "ERR_NOT_AUTHENTICATED": ("player",),
    "ERR_INVALID_PLAYER_ID": ("player",),
    "ERR_INVALID_ACCOUNT": ("currency", "player"),
    "ERR_NOT_ENOUGH_MONEY": ("currency", "player"),
}
"""Which options may be wrong, by statusCode."""
_ALL: Final = ("currency", "game_code", "provider_id", "player")


class CannotCheck(IGamingAceError):  # noqa: N818 -- says what happened, as all exceptions here do
    """The checks could not run. The message says why, what to do, and whether the balance is as it was."""


class Proof:
    """Shows that what all checks rely on works. Its methods raise CannotCheck when something does not."""

    def __init__(self, context: CheckContext, settings: Settings) -> None:
        self._context = context
        self._settings = settings

    async def balance(self) -> Decimal:
        """Return the balance, and detect the unit of timestamps that the wallet accepts."""
        context = self._context
        result = await context.send(context.callbacks.balance())
        if result.answered and not result.ok:
            context.callbacks.timestamp_unit = "seconds"
            in_seconds = await context.send(context.callbacks.balance())
            if in_seconds.ok:
                result = in_seconds
            else:
                context.callbacks.timestamp_unit = "milliseconds"
        if result.ok and result.balance is not None:
            return result.balance
        raise CannotCheck(await self._explain(result, "a balance callback"))

    async def bookings(self, before: Decimal) -> None:
        """Book a bet and its win, and a bet and its cancel, all small; note whether the balance is as before.

        What is booked wrongly is for the checks to tell. It would be the second time too: where that leaves
        the balance as it is, somebody else moved it the first time.
        """
        context = self._context
        after = await self._book_small_amounts(before)
        if after == before:
            return
        if after is not None and await self._book_small_amounts(after) == after:
            context.moved += after - before
        else:
            context.most_paid = max(before, _STAKE)

    async def _book_small_amounts(self, before: Decimal) -> Decimal | None:
        context, callbacks = self._context, self._context.callbacks
        stake = min(_STAKE, context.floor(before))
        if stake > 0:
            round_ = await self._bet(stake)
        else:  # a player without money is given some first
            stake, round_ = _STAKE, callbacks.bet(0)
            await context.send(round_)
        result = await context.send(callbacks.win(stake, roundId=round_.fields["roundId"]))
        if not result.ok:
            await context.send(callbacks.cancel(round_))
            await self._require(result, f"a win of {self._amount(stake)}")
        bet = await self._bet(stake)
        result = await context.send(callbacks.cancel(bet))
        await self._require(result, f"the cancel of a bet of {self._amount(stake)}")
        if before < stake:
            await context.send(callbacks.bet(stake))
        return await context.cached_balance()

    async def _bet(self, amount: Decimal) -> CallbackMessage:
        context = self._context
        bet = context.callbacks.bet(amount)
        result = await context.send(bet)
        if not result.ok and result.status_code is None:  # as the vendor does: it may have been booked
            await context.send(context.callbacks.cancel(bet))
        await self._require(result, f"a bet of {self._amount(amount)}")
        return bet

    async def _require(self, result: CallbackResult, what: str) -> None:
        if not result.ok and result.status_code not in _BOOKING_REFUSALS:
            raise CannotCheck(await self._explain(result, what))

    async def _explain(self, result: CallbackResult, what: str) -> str:
        diagnosis = result.diagnosis
        if diagnosis is not None:
            if diagnosis.cause in _UNREACHED:
                return f"The wallet cannot be reached: {_sentence(str(diagnosis))}"
            if not result.answered:
                text = f"The wallet does not answer {what}: {_sentence(str(diagnosis))}"
                return (
                    f"{text} Or raise {self._option('timeout')}."
                    if diagnosis.cause == Cause.TIMEOUT
                    else text
                )
            return f"{_upper(what)} was not answered by the wallet: {_sentence(str(diagnosis))}"
        if result.status_code == _BAD_SIGNATURE:
            return await self._explain_signature(what)
        if result.status_code is None or result.ok:
            return f"{_upper(what)} was not answered with a balance and OK: {result}."
        suspects = self._suspects(result.status_code, what)
        return f"The wallet refuses {what} of player {self._settings.player!r}: {result}. {suspects}"

    def _suspects(self, status_code: str, what: str) -> str:
        names = _SUSPECTS.get(status_code, _ALL)
        if "balance" in what and status_code in _SUSPECTS:
            return (
                f"Check {self._option('player')}: use a test player that the wallet knows, with an open "
                "session and in the account's currency."
            )
        values = [f"{self._option(name)} ({getattr(self._settings, name)})" for name in names]
        session = " The player needs an open session." if "player" in names else ""
        return f"One of these may be wrong: {', '.join(values)}.{session}"

    async def _explain_signature(self, what: str) -> str:
        if (mistake := await self._accepted_mistake()) is not None:
            return (
                f"The wallet refuses right signatures: it accepts one that was made with {mistake}. Correct "
                f"how it computes {SIGNATURE_HEADER}; `igamingace callbacks sign` shows each step."
            )
        return (
            f"The wallet refuses the signature of {what}. Either {self._option('token')} is not the token "
            f"that the wallet has, or the wallet does not compute {SIGNATURE_HEADER} as documented: base64 "
            "of HMAC-SHA512, keyed with the token, over the values in the order of their keys, joined by "
            "commas (the documented example signs 1500,USD,user123,1713792000). `igamingace callbacks "
            "verify` explains a signature that the wallet computes."
        )

    async def _accepted_mistake(self) -> str | None:
        """Return in words the mistake of which the wallet accepts the signature; only balances are sent.

        The further fields tell mistakes apart that sign a plain balance alike: the order of the body is not
        that of the names, and there are a fraction, a boolean and null. No wallet knows their names.
        """
        context = self._context
        plain = context.callbacks.balance()
        further = {"xFraction": Decimal("1.5"), "xBoolean": False, "xNull": None, "Test": "a b"}
        rich = build_message("balance", {**plain.fields, **further})
        for message in (rich, plain):
            for mistakes, signature in mistaken_signatures(message.body, self._settings.token):
                result = await context.send(message.with_signature(signature, "made with a mistake"))
                if result.ok:
                    return "; ".join(mistake.text for mistake in mistakes)
                if not result.answered:
                    return None
        return None

    def _option(self, name: str) -> str:
        return self._settings.option(name)

    def _amount(self, amount: Decimal) -> str:
        return f"{format_amount(amount)} {self._settings.currency}"


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
