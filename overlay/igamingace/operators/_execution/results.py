"""Results of a call for each of many accounts: values and errors by the account's name."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from igamingace._common.text import names_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace.operators._accounts.account import Account

__all__ = ["Result", "Results", "without_frames"]

T = TypeVar("T")

_MOST_NAMED: Final = 10


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # not frozen: an operator makes thousands
class Result(Generic[T]):
    """Result of one account's call.

    Attributes:
        account: the account.
        error: the exception of a failed call; None after a success.
        elapsed: duration in seconds.
    """

    account: Account
    _value: T | None = field(default=None, repr=False)
    error: Exception | None = None
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def value(self) -> T:
        """The call's return value; raises the exception of a failed call."""
        if self.error is not None:
            raise self.error
        return cast("T", self._value)  # None is a valid value


class Results(Mapping[str, Result[T]]):
    """Result of each account's call by the account's name, in the order of the accounts."""

    __slots__ = ("_results",)

    def __init__(self, results: Iterable[Result[T]], accounts: Iterable[Account]) -> None:
        by_name = {result.account.name: result for result in results}
        self._results = {account.name: by_name[account.name] for account in accounts}

    def __getitem__(self, name: str) -> Result[T]:
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def ok(self) -> dict[str, T]:
        """Return values of the successful calls, by the account's name."""
        return {name: result.value for name, result in self._results.items() if result.ok}

    @property
    def failed(self) -> dict[str, Exception]:
        """Exceptions of the failed calls, by the account's name."""
        return {name: result.error for name, result in self._results.items() if result.error is not None}

    def raise_for_errors(self) -> None:
        """Raise the exceptions of the failed calls, if any.

        Raises:
            ExceptionGroup: of the exceptions; its message and their notes name the accounts.
        """
        failed = self.failed
        if not failed:
            return
        for name, error in failed.items():
            note = f"agent {name!r}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
        message = f"{len(failed)} of {len(self)} agents failed: {names_text(failed, _MOST_NAMED)}"
        raise ExceptionGroup(message, list(failed.values()))

    def __repr__(self) -> str:
        failed = len(self.failed)
        return f"<Results of {len(self)} agents: {len(self) - failed} ok, {failed} failed>"


def without_frames(error: Exception) -> Exception:
    """Return the error with cleared frames: ten thousand of them must not keep alive what frames hold."""
    if error.__traceback__ is not None:
        traceback.clear_frames(error.__traceback__.tb_next)
    return error
