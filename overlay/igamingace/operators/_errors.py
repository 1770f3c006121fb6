"""What can go wrong with an operator's own operations; what the API refuses is in igamingace.errors."""

# ruff: noqa: N818 -- the names say what happened, as in igamingace.errors

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError, IGamingAceError

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "CreatedOutside",
    "CreationUnknown",
    "RecordInUse",
    "RecordUnusable",
    "TransferDone",
    "TransferError",
    "TransferNotDone",
    "TransferRefused",
    "TransferUnknown",
    "Wallets",
]


@dataclass(frozen=True, slots=True)
class Wallets:
    """The wallets of both sides of a transfer at one moment, in major units of its currency.

    Attributes:
        source: points of the account that gives.
        target: points of the account that receives.
    """

    source: Decimal
    target: Decimal


class TransferError(IGamingAceError):
    """A transfer of points did not end with a clear success.

    Attributes:
        source: name of the account that was to give; None when there is none.
        target: name of the account that was to receive.
        amount: how much, in major units of `currency`.
        currency: an ISO 4217 code.
        before: both wallets before the transfer; None when they were not read.
        after: both wallets as they were read last afterwards; None when they were not.
    """

    def __init__(
        self,
        reason: str,
        *,
        source: str | None,
        target: str,
        amount: Decimal,
        currency: str,
        before: Wallets | None = None,
        after: Wallets | None = None,
    ) -> None:
        """Take the reason in words, and which transfer it is about."""
        super().__init__(f"transfer of {amount} {currency} from {source!r} to {target!r}: {reason}")
        self.reason = reason
        self.source = source
        self.target = target
        self.amount = amount
        self.currency = currency
        self.before = before
        self.after = after


class TransferRefused(TransferError, ValueError):
    """The transfer makes no sense, and was not sent."""


class TransferNotDone(TransferError):
    """The answer was lost, and the wallets show that nothing was moved: it may be sent again."""


class TransferDone(TransferError):
    """The answer was lost, and the wallets show that the transfer was carried out: do not send it again.

    Transfers of one process that use the same wallet wait for each other. An equal one that another program
    made in the meantime, between the same two accounts, looks the same.
    """


class TransferUnknown(TransferError):
    """The answer was lost, and the wallets do not tell what happened: look into the books first.

    Where `after` is None the wallets could not be read, and may tell once they can be.
    """


class _KeepsSecrets(IGamingAceError):
    """An error that alone has the secrets of an account: it shows none, and a pickle of it has none.

    Attributes:
        operator_id: the id of the account.
    """

    _password = _token = Secret("")  # what an error that was pickled has

    def __init__(self, said: str, operator_id: str, password: Secret[str]) -> None:
        """Take what to say, and whose password it is."""
        super().__init__(said)
        self.operator_id = operator_id
        self._password = password

    @property
    def password(self) -> str:
        """Its password for the back office; never shown by the error itself."""
        return self._password.reveal()

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle without the secrets."""
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(value, Secret)}
        return (*super().__reduce__()[:2], kept)


class CreationUnknown(_KeepsSecrets):
    """The answer to the creation of an account was lost: it may exist, and only the back office shows it.

    Attributes:
        operator_id: the id that the account was to have.
    """

    def __init__(self, operator_id: str, password: Secret[str]) -> None:
        """Take the id, and the password that the account has if it exists."""
        super().__init__(
            f"the answer to the creation of {operator_id!r} was lost: look for it in the back office before "
            "you create it again; if it is there, its password is the `password` of this error",
            operator_id,
            password,
        )


class CreatedOutside(_KeepsSecrets):
    """The account was opened, and cannot join the tree: keep what only this error has.

    Attributes:
        operator_id: the id that the vendor gave it.
    """

    def __init__(self, operator_id: str, reason: str, token: Secret[str], password: Secret[str]) -> None:
        """Take the new account's id, why it cannot join, and its secrets."""
        super().__init__(
            f"the account {operator_id!r} was opened, and cannot join the tree: {reason}; do not create it "
            "again: its token is the `token` of this error, and its password the `password`",
            operator_id,
            password,
        )
        self._token = token

    @property
    def token(self) -> str:
        """The new account's token; never shown by the error itself."""
        return self._token.reveal()


class RecordInUse(ConfigurationError):
    """Another program is working with this record of a top-up."""


class RecordUnusable(ConfigurationError):
    """The file is no record of a top-up, or one that something else than this top-up must finish."""
