"""Reads and judges a wallet's answer by the contract, with advice for its developer."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, cast

from igamingace_bindings.contract import CALLBACKS
from igamingace_bindings.scalars import is_in_range

from igamingace._common.amounts import EXACT, is_finer, minor_digits
from igamingace._common.json import InvalidJSON, decode_strict
from igamingace._wallet_client.diagnosis import Diagnosis, diagnose_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace._wallet_client.diagnosis import Mask

Outcome: TypeAlias = Literal["accepted", "refused", "failed"]
"""`accepted`: OK in time. `refused`: another statusCode that the contract knows for the command. `failed`:
all else, late answers and impossible balances included. To the vendor both of the latter are unsuccessful,
except an OK with an impossible balance."""

OK: Final = "OK"
_ALWAYS_200: Final = "answer HTTP 200 also when you refuse, and say why in statusCode"
_FORM: Final = '{"balance": number, "statusCode": "OK"}'
_SHOWN: Final = 60
_MOST: Final = Decimal(10) ** 18
_SETTLING: Final = (OK, "ERR_TRANSACTION_DOES_NOT_EXIST", "ERR_TRANSACTION_ROLLED_BACK")
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
        diagnosis: What is wrong besides the wallet's logic; None when nothing is.
    """

    outcome: Outcome
    text: str
    status_code: str | None = None
    balance: Decimal | None = None
    diagnosis: Diagnosis | None = None

    @property
    def settles(self) -> bool:
        """Whether the callback need not come again.

        Assumed: a cancel is settled, too, when the wallet says that there is nothing to refund, or nothing
        any more.
        """
        return self.status_code in _SETTLING


class WalletAnswer(NamedTuple):
    """The body of an answer, and what is wrong with its form.

    Attributes:
        status_code: `statusCode` as it was sent; None when there is no text.
        balance: `balance`, exact, as a number or a number in quotes; None when there is none.
        problem: Why nothing can be concluded from it: no JSON object, no statusCode that the command has.
            Empty when there is no such reason.
        balance_problem: What is wrong with the balance; empty when nothing is.
    """

    status_code: str | None = None
    balance: Decimal | None = None
    problem: str = ""
    balance_problem: str = ""


def read_answer(command: str, body: bytes) -> WalletAnswer:
    """Read the body of an answer; any statusCode fits a command that the contract does not have."""
    try:
        answer = decode_strict(body, keep_digits=True)
    except InvalidJSON as error:
        return WalletAnswer(problem=_of_garbage(body, str(error)))
    if not isinstance(answer, dict):
        return WalletAnswer(problem=f"the body is not a JSON object; answer {_FORM}")
    fields = cast("dict[str, object]", answer)
    code, balance = fields.get("statusCode"), fields.get("balance")
    amount = _to_amount(balance)
    return WalletAnswer(
        code if isinstance(code, str) else None,
        amount,
        _status_problem(command, code),
        _balance_problem(balance, amount),
    )


def judge(
    command: str,
    http_status: int,
    body: bytes,
    currency: str,
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    url: str = "",
    mask: Mask = str,
) -> Verdict:
    """Judge an answer that came in time.

    Assumed: a refusal need not tell the balance, and a balance with too many digits is still a balance.

    Args:
        command: Of the callback.
        http_status: Of the answer.
        body: Of the answer.
        currency: The account's.
        headers: Of the answer.
        url: Of the callback, without credentials.
        mask: Masks secrets in what the answer says.
    """
    diagnosis = diagnose_response(http_status, body, headers, url, mask)
    if diagnosis is not None:
        return failed(diagnosis)
    if http_status != HTTPStatus.OK:
        return failed(f"HTTP {http_status} counts as failed: {_ALWAYS_200}")
    answer = read_answer(command, body)
    code, balance = answer.status_code, None if answer.balance_problem else answer.balance
    if answer.problem or code is None:
        return failed(answer.problem)
    if code != OK:
        return Verdict("refused", f"{code}: {_REASONS.get(code, 'refused')}", code, balance)
    if balance is None:
        return failed(answer.balance_problem)
    return Verdict("accepted", _accepted(balance, currency), code, balance)


def judge_refund(verdict: Verdict, before: Decimal, stake: Decimal, *, bet_refused: bool) -> Verdict:
    """Judge the balance after the cancel of a bet that was not accepted: it must be that before the bet.

    Only a difference of whole stakes is the refund's doing: the player may have paid something in meanwhile.

    Args:
        verdict: On the answer to the cancel.
        before: The balance before the bet, in major units.
        stake: Of the bet, in the same.
        bet_refused: Whether the wallet refused the bet itself, so that it cannot have booked it.
    """
    after = verdict.balance
    if verdict.outcome != "accepted" or after is None or not stake:
        return verdict
    paid = EXACT.subtract(after, before)
    if not paid or EXACT.remainder(paid, stake):
        return verdict
    balances = f"the balance was {before:f} before the bet, and is {after:f} after its cancel"
    if paid < 0:
        text = f"OK, but the stake of {stake:f} was not given back: {balances}"
    elif bet_refused:
        text = (
            f"OK, but the wallet paid {paid:f} for a bet that it had refused: {balances}; answer "
            "ERR_TRANSACTION_DOES_NOT_EXIST to the cancel of a bet that was not booked, and change nothing"
        )
    else:
        text = f"OK, but the wallet gave back {paid:f} more than it had taken: {balances}"
    return Verdict("failed", text, verdict.status_code, after)


def failed(reason: str | Diagnosis) -> Verdict:
    """Return the verdict on a callback that was not answered, or not in a way that counts."""
    return Verdict("failed", str(reason), diagnosis=None if isinstance(reason, str) else reason)


def _of_garbage(body: bytes, reason: str) -> str:
    if not body.strip():
        return f"the body is empty; answer {_FORM}"
    if (page := diagnose_response(HTTPStatus.OK, body)) is not None:
        return str(page)
    return f"the body is not valid JSON ({reason[:_SHOWN]})"


def _status_problem(command: str, code: object) -> str:
    allowed = CALLBACKS[command].status_codes if command in CALLBACKS else ()
    if isinstance(code, str):
        if not allowed or code in allowed:
            return ""
        problem = f"statusCode {code[:_SHOWN]!r} is not valid for {command}"
    else:
        problem = f"statusCode is {'missing' if code is None else 'not a string'}"
    return f"{problem}; use one of {', '.join(allowed) or 'those of the contract'}"


def _balance_problem(value: object, amount: Decimal | None) -> str:
    if value is None:
        return "balance is missing; give it with every answer"
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "balance is not a number"
    return "balance is larger than any wallet" if amount is None or amount.copy_abs() > _MOST else ""


def _accepted(balance: Decimal, currency: str) -> str:
    if balance < 0:
        return f"OK, but the balance {balance:f} is negative"
    if is_finer(balance, currency):
        digits = minor_digits(currency)
        return f"OK, but the balance {balance:f} has more than the {digits} minor digits of {currency}"
    return f"OK, balance {balance:f}"


def _to_amount(value: object) -> Decimal | None:
    """Return a number, or a number in quotes, as a Decimal; None when it is not one, or too large."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    return amount if is_in_range(amount) else None
