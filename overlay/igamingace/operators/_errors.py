"""Errors of this package; the errors that the API returns are in igamingace.errors."""

# ruff: noqa: N818 -- the names say what happened, as in igamingace.errors

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from igamingace_bindings import contract

from igamingace import errors
from igamingace._common.masking import masked_repr
from igamingace._common.secret import Secret
from igamingace.errors import ConfigurationError, IGamingAceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

__all__ = [
    "AccountsFileError",
    "CreatedOutside",
    "CreationUnknown",
    "DeadlineExceeded",
    "DuplicateToken",
    "InvalidAddresses",
    "JournalInUse",
    "JournalUnusable",
    "TokenUnavailable",
    "TransferDone",
    "TransferError",
    "TransferNotDone",
    "TransferRefused",
    "TransferUnknown",
    "TreeError",
    "UnknownAccount",
    "WalletUnreadable",
    "Wallets",
]


class TreeError(ConfigurationError):
    """The accounts do not form a tree: a cycle, an unknown parent, a duplicate name, a child of an agent.

    Attributes:
        problems: one sentence per problem, with the names of the accounts.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class DuplicateToken(TreeError):
    """Two accounts have the same token."""


class UnknownAccount(ConfigurationError, KeyError):
    """No account has this name.

    Attributes:
        name: the requested name.
        close: similar names, the closest first.
    """

    def __init__(self, name: str, names: Iterable[str]) -> None:
        self.name = name
        # Callers pass anything as a name.
        self.close = tuple(get_close_matches(name, names)) if isinstance(name, str) else ()  # pyright: ignore[reportUnnecessaryIsInstance]
        super().__init__(f"there is no account {masked_repr(name)}{did_you_mean(self.close)}")

    __str__ = Exception.__str__  # KeyError would show its message in quotes


class TokenUnavailable(ConfigurationError):
    """An account's token cannot be read from its source: variable not set, file not found, and so on.

    Attributes:
        summary: the reason without the names of the account and of the token's source, which differ from
            account to account.
    """

    def __init__(self, message: str, *, summary: str = "the token cannot be read from its source") -> None:
        super().__init__(message)
        self.summary = summary


class AccountsFileError(ConfigurationError):
    """The accounts file cannot be used.

    Attributes:
        problems: one sentence per problem, with file, line and what is expected, in the order of the file.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class InvalidAddresses(ConfigurationError):
    """A list of allowed addresses has an invalid entry, or is empty without `everybody`.

    Attributes:
        problems: one sentence per invalid entry, with what is expected instead.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


class WalletUnreadable(IGamingAceError):
    """An account's info does not say what a wallet of it holds: nothing is guessed about money.

    Attributes:
        missing: what the answer lacks.
    """

    def __init__(self, missing: str) -> None:
        super().__init__(f"operators.info: the answer has no {missing}, so what the account holds is unknown")
        self.missing = missing


class CallbackUrlRefused(IGamingAceError, ValueError):
    """A callback URL was not set: what answers there is not the wallet of this account, or not only its.

    Attributes:
        account: the account's name.
        url: the URL, without user and password.
        reason: what is wrong, and what to do.
    """

    def __init__(self, account: str, url: str, reason: str) -> None:
        super().__init__(f"callback URL {url} of {account!r} was not set: {reason}")
        self.account = account
        self.url = url
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.account, self.url, self.reason)


class DeadlineExceeded(IGamingAceError, TimeoutError):
    """The deadline of a run over many accounts expired before this account's call had ended.

    Attributes:
        started: whether the call had started; what it writes may then have been applied.
        seconds: the deadline, in seconds.
    """

    def __init__(self, *, started: bool, seconds: float, reads_only: bool = False) -> None:
        advice = "; it only reads" if reads_only else ": check what it wrote before you repeat it"
        what = (
            f"its call was in progress{advice}" if started else "its call had not started: nothing was sent"
        )
        super().__init__(f"the deadline of {seconds:g} s was exceeded; {what}")
        self.started = started
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Wallets:
    """The balances of both wallets of a transfer at one moment, in major units of its currency.

    Attributes:
        source: points of the account that gives.
        target: points of the account that receives.
    """

    source: Decimal
    target: Decimal


class TransferError(IGamingAceError):
    """A transfer of points did not end with a clear success.

    Attributes:
        source: name of the account that gives; None when there is none.
        target: name of the account that receives.
        amount: in major units of `currency`.
        currency: an ISO 4217 code.
        before: both wallets before the transfer; None when they were not read.
        after: the last reading of both wallets afterwards; None when there is none.
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
        super().__init__(f"transfer of {amount} {currency} from {source!r} to {target!r}: {reason}")
        self.reason = reason
        self.source = source
        self.target = target
        self.amount = amount
        self.currency = currency
        self.before = before
        self.after = after


class TransferRefused(TransferError, ValueError):
    """The transfer is invalid, and was not sent."""


class TransferNotDone(TransferError):
    """The answer was lost, and the wallets show that nothing was moved: the transfer may be repeated."""


class TransferDone(TransferError):
    """The answer was lost, and the wallets show that the transfer was carried out: do not repeat it.

    Transfers of one process that use the same wallet wait for each other. An equal transfer that another
    program made at the same time, between the same two accounts, looks the same.
    """


class TransferUnknown(TransferError):
    """The answer was lost, and the wallets do not show what happened: check the books first.

    Where `after` is None the wallets could not be read, and may show it once they can be.
    """


class _ErrorWithSecrets(IGamingAceError):
    """An error that holds the only copy of an account's secrets: neither its text nor its pickle has them.

    Attributes:
        operator_id: the id of the account.
    """

    _password = _token = Secret("")  # the values of an unpickled error

    def __init__(self, message: str, operator_id: str, password: Secret[str]) -> None:
        super().__init__(message)
        self.operator_id = operator_id
        self._password = password

    @property
    def password(self) -> str:
        """The back-office password; never in the error's own text."""
        return self._password.reveal()

    def __reduce__(self) -> tuple[object, ...]:
        public = {name: value for name, value in self.__dict__.items() if not isinstance(value, Secret)}
        return (*super().__reduce__()[:2], public)


class CreationUnknown(_ErrorWithSecrets):
    """The answer to the creation of an account was lost: it may exist, and only the back office shows it.

    Attributes:
        operator_id: the id that the account was to have.
    """

    def __init__(self, operator_id: str, password: Secret[str]) -> None:
        super().__init__(
            f"the answer to the creation of {operator_id!r} was lost: look for it in the back office before "
            "you create it again; if it is there, its password is the `password` of this error",
            operator_id,
            password,
        )


class CreatedOutside(_ErrorWithSecrets):
    """The account was created, but cannot join the tree: save the secrets that only this error has.

    Attributes:
        operator_id: the id that the vendor assigned.
    """

    def __init__(self, operator_id: str, reason: str, token: Secret[str], password: Secret[str]) -> None:
        super().__init__(
            f"the account {operator_id!r} was created, and cannot join the tree: {reason}; do not create it "
            "again: its token is the `token` of this error, and its password the `password`",
            operator_id,
            password,
        )
        self._token = token

    @property
    def token(self) -> str:
        """The new account's token; never in the error's own text."""
        return self._token.reveal()


class JournalInUse(ConfigurationError):
    """Another top-up or report is using this journal."""


class JournalUnusable(ConfigurationError):
    """The file is not such a journal, or holds an unfinished top-up with other amounts."""


def did_you_mean(names: Iterable[str]) -> str:
    """Return the end of a sentence that suggests these names; empty without any."""
    suggestions = " or ".join(map(repr, names))
    return f": did you mean {suggestions}?" if suggestions else ""


def may_have_been_applied(error: IGamingAceError) -> bool:
    """Return whether a write that failed like this may have been applied: lost answer, or server error."""
    if isinstance(error, errors.TransportError):
        return error.may_have_arrived
    if isinstance(error, errors.Conflict):
        # HTTP 409 alone may also mean that the same write has been made before.
        return error.code not in contract.CODES
    uncertain = errors.UnexpectedResponse | errors.ServerError | errors.RateLimited
    # What a code means that the contract does not know is unknown as well.
    return isinstance(error, uncertain) or type(error) is errors.APIError


def shared_reason(error: Exception) -> str:
    """Return an error's reason without what is one account's alone: one line for all that met the same."""
    if isinstance(error, errors.APIError | TokenUnavailable):
        return error.summary
    if isinstance(error, errors.TransportError):
        return f"{error.operation}: {error.reason}"
    if isinstance(error, errors.UnexpectedResponse):
        return f"{error.operation}: unexpected answer, HTTP {error.http_status}: {error.reason}"
    if isinstance(error, errors.AcquireTimeout):
        return "no slot of the account's budget became free in time"
    if isinstance(error, DuplicateToken):
        return "several accounts have the same token"
    return str(error)


def summarize(error: Exception) -> str:
    """Return a few words for an error, for a cell of a table."""
    if isinstance(error, errors.APIError):
        return error.name or (f"HTTP {error.http_status}" if error.code is None else f"code {error.code}")
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, errors.TransportError):
        return "no answer" if error.may_have_arrived else "no connection"
    if isinstance(error, errors.UnexpectedResponse):
        return f"unreadable answer, HTTP {error.http_status}"
    if isinstance(error, errors.ConfigurationError):
        return "not set up"
    return type(error).__name__
