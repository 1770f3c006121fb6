"""Judges a wallet's answer by the contract, with advice for its developer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from igamingace_bindings.contract import CALLBACKS, CallbackInfo

from igamingace._common.currency import minor_digits
from igamingace._common.json import InvalidJSON, decode_strict
from igamingace.sandbox._json import Object, members

if TYPE_CHECKING:
    from igamingace.sandbox._json import JSON

Outcome: TypeAlias = Literal["accepted", "refused", "failed"]
"""`accepted`: OK in time. `refused`: another statusCode that the contract knows for the command. `failed`:
all else, late answers included. To the vendor both of the latter are unsuccessful."""

OK: Final = "OK"
_SHOWN: Final = 60
_MOST: Final = Decimal(10) ** 18
_NOTHING_TO_REFUND: Final = ("ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK")
_REASONS: Final = {
    "ERR_INVALID_ACCOUNT": "the wallet says that the player's currency is not the account's",
    "ERR_NOT_AUTHENTICATED": "the wallet says that the player's session is over",
    "ERR_INVALID_PLAYER_ID": "the wallet does not know this playerId: launch a player that it knows",
    "ERR_NOT_ENOUGH_MONEY": "the wallet says that the balance does not cover the stake",
    "ERR_TRANSACTION_DOES_NOT_EXIST": "the wallet never booked this bet, so there is nothing to refund",
    "ERR_TRANSACTION_ROLLED_BACK": "the wallet has refunded this bet for another cancel",
    "ERR_INTEGRITY_CHECK_FAILED": "the wallet says that the signature does not hold: is its token this"
    " account's, and does it sign the body's bytes as they came?",
    "ERR_UNKNOWN": "something failed inside the wallet: see its log",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer, or its absence, counts as.

    Attributes:
        outcome: See `Outcome`.
        text: For people: the answer, and what to do about it.
        status_code: The statusCode that was answered; None when none could be read.
        balance: The balance that was answered, in major units; None when none could be read.
    """

    outcome: Outcome
    text: str
    status_code: str | None = None
    balance: Decimal | None = None

    @property
    def settles(self) -> bool:
        """Whether the callback need not come again.

        Assumed: a cancel is settled, too, when the wallet says that there is nothing to refund, or nothing
        any more.
        """
        return self.outcome == "accepted" or self.status_code in _NOTHING_TO_REFUND


def judge(command: str, http_status: int, body: bytes, currency: str) -> Verdict:
    """Judge an answer that came in time.

    Assumed: a refusal need not tell the balance, and a balance with too many digits is still a balance.

    Args:
        command: Of the callback.
        http_status: Of the answer.
        body: Of the answer.
        currency: The account's.
    """
    if http_status != HTTPStatus.OK:
        return _failed(_of_status(http_status))
    try:
        answer = decode_strict(body)
    except InvalidJSON as error:
        return _failed(_of_garbage(body, str(error)))
    if not isinstance(answer, dict):
        return _failed('the body is not a JSON object; answer {"balance": number, "statusCode": "OK"}')
    return _of_answer(command, members(answer), currency)


def timed_out(seconds: float, held: float = 0.0) -> Verdict:
    """Judge that no answer came within so many seconds, of which a fault has held the callback for `held`."""
    if held:
        return _failed(
            f"no answer within {seconds:g} s: a fault of the sandbox held the callback for {held:g} s"
        )
    return _failed(
        f"no answer within {seconds:g} s: give up earlier than that yourself, and answer with ERR_UNKNOWN"
    )


def no_answer(reason: str) -> Verdict:
    """Judge that no answer came at all, for a reason."""
    return _failed(reason)


def next_step(command: str, number: int, verdict: Verdict) -> str:
    """Return in words what follows the try with that number, counted from 1; empty when nothing does."""
    if verdict.settles:
        return ""
    info: CallbackInfo = CALLBACKS[command]
    if info.then == "cancel":
        return f"The {command} counts as failed; its cancel follows."
    if info.then == "retry":
        if number <= info.retries:
            return f"It comes again: try {number + 1} of {info.retries + 1}."
        duty = "pay this win" if command == "win" else "see that the stake is given back"
        return f"That was the last try: {duty} by hand."
    return "The player is shown that the balance cannot be read."


def _of_status(status: int) -> str:
    result = f"HTTP {status} counts as failed"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"{result}, and redirects are not followed: make the callback URL the one that answers"
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        return f"{result}: is the path of the callback URL right, and does it take POST?"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return f"{result}: the wallet, or a proxy before it, broke down; see its log"
    return f"{result}: answer HTTP 200 also when you refuse, and say why in statusCode"


def _of_garbage(body: bytes, reason: str) -> str:
    if not body.strip():
        return 'the body is empty: answer {"balance": number, "statusCode": "OK"}'
    if body.lstrip()[:1] == b"<":
        return "the body is HTML, not JSON: is this the wallet, or the page of a proxy or a login?"
    return f"the body is not valid JSON ({reason[:_SHOWN]})"


def _of_answer(command: str, answer: Object, currency: str) -> Verdict:
    code, balance = answer.get("statusCode"), answer.get("balance")
    allowed = CALLBACKS[command].status_codes
    if not isinstance(code, str):
        return _failed(
            f"statusCode is {'missing' if code is None else 'not a string'}: answer one of {_listed(allowed)}"
        )
    if code not in allowed:
        return _failed(
            f"statusCode {code[:_SHOWN]!r} is not valid for {command}; use one of {_listed(allowed)}"
        )
    if code != OK:
        return Verdict("refused", f"{code}: {_REASONS.get(code, 'refused')}", code, _amount(balance))
    amount = _amount(balance)
    if amount is None:
        return _failed(
            f"balance is {'missing' if balance is None else 'not a number'}: give it with every answer"
        )
    if abs(amount) > _MOST:
        return _failed("balance is larger than any wallet")
    return Verdict("accepted", _accepted(amount, currency), code, amount)


def _accepted(balance: Decimal, currency: str) -> str:
    digits = minor_digits(currency)
    if balance < 0:
        return f"OK, but the balance {balance:f} is negative"
    if balance != round(balance, digits):
        return f"OK, but the balance {balance:f} has more than the {digits} minor digits of {currency}"
    return f"OK, balance {balance:f}"


def _amount(value: JSON) -> Decimal | None:
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


def _listed(codes: tuple[str, ...]) -> str:
    return ", ".join(codes)


def _failed(text: str) -> Verdict:
    return Verdict("failed", text)
