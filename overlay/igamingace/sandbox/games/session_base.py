"""What GameSession and AsyncGameSession have in common: what can be seen of a session, and amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.store.amounts import amount_in

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace.sandbox.games.engine import GameEngine
    from igamingace.sandbox.games.sessions import Session

__all__ = ["AsyncRun", "Money", "Run", "SessionBase", "run_here"]

T = TypeVar("T")

Money: TypeAlias = Decimal | int | str
"""An amount in major units of the account's currency, exact."""


class Run(Protocol):
    """Runs a coroutine in the event loop that serves the sandbox, and waits for it."""

    def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Return what `work` returns, raise what it raises."""
        ...


class AsyncRun(Protocol):
    """Runs a coroutine in the caller's event loop."""

    async def __call__(self, work: Coroutine[Any, Any, T], /) -> T:
        """Return what `work` returns, raise what it raises."""
        ...


async def run_here(work: Coroutine[Any, Any, T], /) -> T:
    """Run a coroutine in the caller's event loop: the engine itself goes to the loop that it works in."""
    return await work


class SessionBase:
    """A session as it can be seen without a callback."""

    def __init__(self, engine: GameEngine, session: Session) -> None:
        self._engine = engine
        self._session = session

    @property
    def session(self) -> Session:
        """All that the sandbox knows of it."""
        return self._session

    @property
    def id(self) -> str:
        """Its id, as in `/_sandbox/play/{id}`."""
        return self._session.id

    @property
    def balance(self) -> Decimal | None:
        """The player's balance in major units, as it was last seen; None when it never was."""
        return self._session.balance

    @property
    def problem(self) -> str | None:
        """What went wrong last, in words; None when nothing did."""
        return self._session.problem

    @property
    def round_id(self) -> int | None:
        """The id of the round that is open; None when none is."""
        return None if self._session.round is None else self._session.round.id

    @property
    def ended(self) -> str | None:
        """Why the session ended; None while it is open."""
        return self._session.ended

    def _amount(self, amount: Money) -> Decimal:
        exact = amount_in(self._session.currency, amount, "amount")
        if exact < 0:
            raise SandboxError("PARAMETERS_INVALID", "amount: must not be negative")
        return exact
