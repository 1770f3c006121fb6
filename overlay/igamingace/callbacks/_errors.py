"""What callbacks raise: a signature that does not hold, a body that is none, and a wallet's refusals."""

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
    """`sign` was given bytes that have no signature: they are no flat JSON object. The message says why."""


class InvalidSignature(IGamingAceError, ValueError):
    """The bytes are not shown to come from the vendor: do nothing that they ask for.

    The message says what is wrong, in fixed words: it holds nothing of the body, of the signature or of the
    token.

    Attributes:
        status_code: the `statusCode` to answer with.
    """

    status_code: ClassVar[str] = INTEGRITY


class InvalidCallback(IGamingAceError, ValueError):
    """The signature holds, but the body is no callback: an unknown command, a missing or wrong field.

    The message names fields and what is wrong with them, never their values.

    Attributes:
        command: the command, when it is one of the contract's.
        problems: what is wrong, a line each.
        status_code: the `statusCode` to answer with.
    """

    status_code: ClassVar[str] = UNKNOWN

    def __init__(self, *problems: str, command: str | None = None) -> None:
        """Take what is wrong, a line each."""
        super().__init__(f"{command or 'callback'}: {'; '.join(problems)}")
        self.command = command
        self.problems = problems


class StaleCallback(InvalidCallback):
    """The callback's `timestamp` is further from now than `max_age`: a replay, or a wrong clock."""

    status_code = INTEGRITY


class Refusal(IGamingAceError):
    """What a wallet raises to refuse a callback; it is answered under HTTP 200 with the class's `statusCode`.

    Where the contract does not allow that code for the command, ERR_UNKNOWN is sent in its place.

    Attributes:
        status_code: the `statusCode` to answer with.
        balance: the player's balance now, in major units; None when it is not known, and 0 is sent.
    """

    status_code: ClassVar[str] = UNKNOWN

    def __init__(self, reason: str = "", *, balance: Decimal | int | None = None) -> None:
        """Take the reason, for your own code (it is not sent), and the balance now where it is known."""
        super().__init__(reason or self.status_code)
        self.balance = balance


class NotAuthenticated(Refusal):
    """The player has no open session. For `balance`, `bet` and, if you must, the others."""

    status_code = "ERR_NOT_AUTHENTICATED"


class InvalidPlayer(Refusal):
    """There is no such player. The contract knows it for `balance`; raise NotAuthenticated for the others."""

    status_code = "ERR_INVALID_PLAYER_ID"


class InvalidAccount(Refusal):
    """The player's currency is not the account's. The contract knows it for `balance`."""

    status_code = "ERR_INVALID_ACCOUNT"


class NotEnoughMoney(Refusal):
    """The stake is more than the player has; nothing was taken. For `bet` and `betwin`."""

    status_code = "ERR_NOT_ENOUGH_MONEY"


class TransactionNotFound(Refusal):
    """The bet to cancel is not known; it has been remembered as cancelled. For `cancel`."""

    status_code = "ERR_TRANSACTION_DOES_NOT_EXIST"


class AlreadyRolledBack(Refusal):
    """Another cancel has refunded the bet already; nothing was refunded again. For `cancel`."""

    status_code = "ERR_TRANSACTION_ROLLED_BACK"
