"""What came of a call for each of many agents: values, errors, and who they belong to."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from igamingace.operators._accounts import Account

__all__ = ["DeadlinePassed", "Result", "Results"]

T = TypeVar("T")

_NAMED: Final = 10


class DeadlinePassed(IGamingAceError, TimeoutError):  # noqa: N818 -- says what happened, as in igamingace.errors
    """The deadline of a run over many agents passed before this agent's call had ended.

    Attributes:
        started: whether the call had begun: then what it writes may have been carried out.
        seconds: how long the deadline was, in seconds.
    """

    def __init__(self, *, started: bool, seconds: float) -> None:
        """Take how far the call had come."""
        what = (
            "its call was under way: check what it wrote before you repeat it"
            if started
            else "its call had not begun: nothing was sent"
        )
        super().__init__(f"the deadline of {seconds:g} s passed; {what}")
        self.started = started
        self.seconds = seconds


@dataclass(slots=True, kw_only=True, unsafe_hash=True)  # not frozen: an operator makes thousands
class Result(Generic[T]):
    """What came of one agent's call.

    Attributes:
        account: whose call it was.
        error: why it failed; None after a success.
        elapsed: how long it took, in seconds.
    """

    account: Account
    _value: T | None = field(default=None, repr=False)
    error: Exception | None = None
    elapsed: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether it succeeded."""
        return self.error is None

    @property
    def value(self) -> T:
        """What the call returned; raises the error of one that failed."""
        if self.error is not None:
            raise self.error
        return cast("T", self._value)  # None is a value like any other here


class Results(Mapping[str, Result[T]]):
    """What came of each agent's call, by the agent's name, in the order the agents were given."""

    __slots__ = ("_results",)

    def __init__(self, results: Iterable[Result[T]], accounts: Iterable[Account]) -> None:
        """Take the result of each of the accounts, in any order."""
        came = {result.account.name: result for result in results}
        self._results = {account.name: came[account.name] for account in accounts}

    def __getitem__(self, name: str) -> Result[T]:
        """The result of the agent of this name; raises KeyError."""
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        """The agents' names."""
        return iter(self._results)

    def __len__(self) -> int:
        """How many agents there are."""
        return len(self._results)

    @property
    def ok(self) -> dict[str, T]:
        """What the calls that succeeded returned, by the agent's name."""
        return {name: result.value for name, result in self._results.items() if result.ok}

    @property
    def failed(self) -> dict[str, Exception]:
        """Why the others failed, by the agent's name."""
        return {name: result.error for name, result in self._results.items() if result.error is not None}

    def raise_for_errors(self) -> None:
        """Raise what went wrong, if anything did.

        Raises:
            ExceptionGroup: of the errors of the agents that failed; message and notes name the agents.
        """
        failed = self.failed
        if not failed:
            return
        for name, error in failed.items():
            note = f"agent {name!r}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
        shown = ", ".join([*failed][:_NAMED])
        more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
        message = f"{len(failed)} of {len(self)} agents failed: {shown}{more}"
        raise ExceptionGroup(message, list(failed.values()))

    def __repr__(self) -> str:
        """How many succeeded and failed."""
        failed = len(self.failed)
        return f"<Results of {len(self)} agents: {len(self) - failed} ok, {failed} failed>"


def kept(error: Exception) -> Exception:
    """The error, fit to be kept: ten thousand of them must not keep alive what their frames hold."""
    if error.__traceback__ is not None:
        traceback.clear_frames(error.__traceback__.tb_next)
    return error
