"""Exceptions: an invalid signature, an invalid body, and the refusals that a wallet raises."""

# ruff: noqa: N818 -- the names say what happened, and the design fixes them

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "AlreadyRolledBack",
    "InvalidAccount",
    "InvalidCallback",
    "InvalidPlayer",
    "InvalidSignature",
    "NotAuthenticated",
    "NotEnoughMoney",
    "Refusal",
    "StaleCallback",
    "TransactionNotFound",
    "UnsignableBody",
]

OK: Final = "OK"
INTEGRITY: Final = "ERR_INTEGRITY_CHECK_FAILED"
UNKNOWN: Final = "ERR_UNKNOWN"


class UnsignableBody(IGamingAceError, ValueError):
    """`sign` was given bytes that are not a flat JSON object. The message says why."""


class InvalidSignature(IGamingAceError, ValueError):
    """The callback is not signed by the vendor: ignore what it asks for.

    The message is a fixed text: it contains no part of the body, the signature or the token.

    Attributes:
        status_code: the `statusCode` to answer with.
    """

    status_code: ClassVar[str] = INTEGRITY


class InvalidCallback(IGamingAceError, ValueError):
    """The signature is valid, but the body is not: an unknown command, a missing or invalid field.

    The message names fields and what is wrong with them, never their values.

    Attributes:
        command: the command, when it is one of the contract's.
        problems: what is wrong, a line each.
        status_code: the `statusCode` to answer with.
    """

    status_code: ClassVar[str] = UNKNOWN

    def __init__(self, *problems: str, command: str | None = None) -> None:
        super().__init__(f"{command or 'callback'}: {'; '.join(problems)}")
        self.command = command
        self.problems = problems


class StaleCallback(InvalidCallback):
    """The callback's `timestamp` is further from now than `max_age`: a replay, or a wrong clock."""

    status_code = INTEGRITY


class Refusal(IGamingAceError):
    """A wallet raises it to refuse a callback; the answer is HTTP 200 with the class's `statusCode`.

    Where the contract does not allow that code for the command, ERR_UNKNOWN is sent in its place.

    Attributes:
        status_code: the `statusCode` to answer with.
        balance: the player's current balance, in major units; None when it is not known, then 0 is sent.
    """

    status_code: ClassVar[str] = UNKNOWN

    def __init__(self, reason: str = "", *, balance: Decimal | int | None = None) -> None:
        """Take a reason for your own logs (it is not sent), and the current balance if it is known."""
        super().__init__(reason or self.status_code)
        self.balance = balance


class NotAuthenticated(Refusal):
    """The player has no open session. For `balance`, `bet` and, if you must, the others."""

    status_code = "ERR_NOT_AUTHENTICATED"


class InvalidPlayer(Refusal):
    """There is no such player. The contract allows it for `balance`; for others raise NotAuthenticated."""

    status_code = "ERR_INVALID_PLAYER_ID"


class InvalidAccount(Refusal):
    """The player's currency is not the account's. The contract allows it for `balance`."""

    status_code = "ERR_INVALID_ACCOUNT"


class NotEnoughMoney(Refusal):
    """The stake is more than the player has; nothing was taken. For `bet` and `betwin`."""

    status_code = "ERR_NOT_ENOUGH_MONEY"


class TransactionNotFound(Refusal):
    """The bet to cancel is unknown; the wallet has stored it as cancelled. For `cancel`."""

    status_code = "ERR_TRANSACTION_DOES_NOT_EXIST"


class AlreadyRolledBack(Refusal):
    """Another cancel has already refunded the bet; this one changed nothing. For `cancel`."""

    status_code = "ERR_TRANSACTION_ROLLED_BACK"
