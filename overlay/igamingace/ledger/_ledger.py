"""The ledger as a wallet: the five callbacks, each one transaction."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Coroutine
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.currencies import is_currency
from igamingace._common.secret import Secret
from igamingace.callbacks import (
    Balance,
    Bet,
    BetWin,
    Cancel,
    InvalidAccount,
    InvalidPlayer,
    NotAuthenticated,
    Win,
    seconds_left,
)
from igamingace.callbacks._instrumentation import record_booking
from igamingace.drift import DriftLog
from igamingace.errors import ConfigurationError
from igamingace.ledger._admin import LedgerAdmin
from igamingace.ledger._amounts import AmountRefused, normalize
from igamingace.ledger._errors import NotCovered, SignatureReused, TransactionMismatch
from igamingace.ledger._postings import Change, post_cancel, post_change, post_in_one_statement
from igamingace.ledger._schema import PREFIX, SCALE, PlayerTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL, Engine

    from igamingace.ledger._base import Shortcut, Work
    from igamingace.ledger._hooks import LedgerHooks

_ZERO: Final = Decimal(0)
_drift: Final = DriftLog()

_RESERVE: Final = 1.0
"""How long before the contract's time limit no transaction is begun again, in seconds."""
_READING: Final = 2.0
"""How long `balance`, for which the contract has no limit, may be turned away, in seconds."""


class Ledger(LedgerAdmin):
    """A wallet in SQLite or PostgreSQL: give it to `wallet_app`, `wallet_wsgi` or your own code.

    What it guarantees, whatever comes in whatever order, in parallel, twice, or with a process killed in
    between:

    - A callback is one transaction, with the player's row locked (SQLite: the database). A transactionId
      changes the balance once; again, it is answered with the current balance. With another content it is
      refused (`TransactionMismatch`), logged, reported to `igamingace.drift`, and given to the hooks. What is
      compared: command, player, amounts and reference; round, provider, game and bonus where both came with
      them; not the timestamp and the flags. Ids are texts; each account has its own tables.
    - A bet that has been cancelled stays cancelled: when it comes again, or comes for the first time after
      its cancel, it is refused (`AlreadyRolledBack`, answered with ERR_UNKNOWN).
    - `cancel` gives back the whole stake. Of a betwin it takes back the win as well; when the player has
      spent it, nothing is changed and the cancel is refused (`NotCovered`, answered with ERR_UNKNOWN).
      The same cancel again is OK, another one of the same bet is `AlreadyRolledBack`, one of an unknown bet
      is `TransactionNotFound`, as often as it comes. A cancel without an id of its own is known by the bet's;
      where that is the id of a win or a cancel, it is refused (`TransactionMismatch`).
    - A win is paid to every known player: without a session, without a bet, after the bet's cancel. The
      vendor has no other way to pay.
    - The balance is never negative. Nothing is rounded: what has too many digits is refused (`AmountRefused`,
      answered with ERR_UNKNOWN), logged, and given to the hooks; the most are 38, of which `scale` after the
      point. That is finer than any currency: a balance of 500.005 is kept, and answered, as it is. A balance
      of the application's that the ledger's tables would have to round refuses every change of it.
    - A signature belongs to the command, ids, player, amounts and currency that it came with first, booked or
      refused. With any other it is refused (`SignatureReused`, answered with ERR_INTEGRITY_CHECK_FAILED),
      logged, and given to the hooks: the vendor signs values, not names, so fields can be renamed by whoever
      has seen a callback. What is kept is the SHA-256 of both. Rows of the table of signatures that are older
      than the vendor's retries may be deleted; a callback made without `parse` has no signature, and none is
      kept.
    - What a callback may come without (round, provider, game, bonus, timestamp, a win's currency) is kept
      where it came, and nothing is refused for the lack of it. No bet waits for a win.
    - What the database turns away (busy, deadlock, connection lost, a failover) is tried again, until one
      second before the contract's time limit. Where the server is gone or has become read-only, the pool's
      idle connections are closed, for they lead to it too.
    - No commit is begun once the callback is answered for as failed (`callbacks.seconds_left`): what was done
      by then is rolled back. On PostgreSQL no statement, and no wait for a lock, takes longer than that.
      (TimeoutError, or the driver's own error; a commit that was under way may still succeed, and the
      `cancel` that follows undoes it.)

    **What an OK rests on.** On PostgreSQL, the server itself says after the commit, by the id of the very
    transaction that inserted the entry, that this is committed (`pg_xact_status`). Nothing that stands in
    between is believed: a COMMIT that was answered and not done raises `CommitNotConfirmed` and is tried
    again. The transaction waits for the server's disk, also where a session's synchronous_commit is off; that
    it is on a standby too is for `synchronous_standby_names` to see to. On SQLite, the library in this
    process says that the transaction has ended; a file given as a URL is synced at each commit, of an engine
    the application decides (`PRAGMA synchronous`).

    **Poolers.** Tested with PgBouncer in transaction mode and in session mode, with a URL and with an engine
    of any settings; others are not supported. (Statement mode cannot work: it has no transactions.) The
    ledger needs nothing from it: no statement of its own is prepared under a name, except on a connection of
    its own that leads to the server itself; every transaction brings its isolation level and timeout with it
    and leaves no setting and no lock behind. What it cannot own is the `search_path` by which its tables are
    found: set it by ALTER ROLE or ALTER DATABASE, for a SET would go to whoever uses the session next. Let
    PgBouncer's `query_wait_timeout` be a few seconds.
    """

    def __init__(
        self,
        database: str | URL | Engine,
        *,
        currency: str | None = None,
        session: Callable[[str], bool] | None = None,
        players: PlayerTable | None = None,
        prefix: str = PREFIX,
        scale: int = SCALE,
        hooks: LedgerHooks | None = None,
    ) -> None:
        """Open a ledger. In a SQLite file given as a URL its tables are made; elsewhere, see `create_schema`.

        Args:
            database: a URL (`sqlite:///wallet.db`, `postgresql://...`), or the application's own engine. The
                ledger takes connections and transactions of its own from it, and they go back as they were.
                Most statements are executed by the driver's own cursor, so listeners for SQLAlchemy's do not
                see them. The drivers are psycopg (3) and Python's sqlite3, the engine one of `create_engine`.
                With a URL that leads to the server itself, statements are prepared, which halves what a
                bet costs the server; behind PgBouncer, and on an engine, they are not.
            currency: the account's currency, ISO 4217; None when each player's own is believed.
            session: tells by a playerId whether the player's session is open; asked for `balance`, `bet` and
                `betwin`, before the transaction begins. None takes every session for open, and leaves you
                without the check that the vendor asks for. What it raises is answered with ERR_UNKNOWN.
            players: the application's own table of players; None for one of the ledger's own.
            prefix: what the tables' names begin with; each account needs a prefix of its own.
            scale: how many digits after the point amounts may have, at most 19.
            hooks: what to call when somebody should look.

        Raises:
            ConfigurationError: an argument is none of these, the database or its driver is another one, or
                the table cannot hold exact amounts. Of the first use: PostgreSQL is older than 13, the tables
                are not there, or are of another version.
        """
        given = Secret[object](database)
        del database  # a traceback shows local variables, and a URL may hold a password
        if currency is not None and not is_currency(currency):
            raise ConfigurationError(
                f"currency is {currency!r}: give three capitals, for example USD, or None"
            )
        if session is not None:
            _check_session(session)
        super().__init__(given, players=players, prefix=prefix, scale=scale, hooks=hooks)
        self._currency: Final = currency
        self._session: Final = session

    def balance(self, callback: Balance, /) -> Decimal:
        """Return the player's balance; see `Wallet.balance`."""
        player = self._read(callback.player_id, _READING)
        if player is None:
            raise InvalidPlayer
        now = normalize(player.balance)
        for currency in (self._currency, callback.currency):
            if currency is not None and player.currency not in (None, currency):
                raise InvalidAccount(f"the player's currency is not {currency}", balance=now)
        if not self._admits(callback.player_id):
            raise NotAuthenticated("the player has no open session", balance=now)
        return now

    def bet(self, callback: Bet, /) -> Decimal:
        """Take the stake; see `Wallet.bet`."""
        admitted = self._admits(callback.player_id)
        return self._change(callback, callback.amount, _ZERO, callback.currency, admitted=admitted)

    def win(self, callback: Win, /) -> Decimal:
        """Pay the win; see `Wallet.win`."""
        currency = callback.currency or self._currency
        return self._change(callback, _ZERO, callback.amount, currency, admitted=True)

    def betwin(self, callback: BetWin, /) -> Decimal:
        """Take the stake and pay the win; see `Wallet.betwin`."""
        admitted = self._admits(callback.player_id)
        currency = callback.currency or self._currency
        return self._change(callback, callback.bet_amount, callback.win_amount, currency, admitted=admitted)

    def cancel(self, callback: Cancel, /) -> Decimal:
        """Undo a bet or betwin; see `Wallet.cancel`."""
        return self._answer(callback, partial(post_cancel, limits=self._schema.limits, callback=callback))

    def _change(
        self,
        callback: Bet | Win | BetWin,
        debit: Decimal,
        credit: Decimal,
        currency: str | None,
        *,
        admitted: bool,
    ) -> Decimal:
        change = Change(callback, debit, credit, currency, self._currency, admitted)
        limits = self._schema.limits
        work = partial(post_change, limits=limits, change=change)
        return self._answer(callback, work, partial(post_in_one_statement, limits=limits, change=change))

    def _answer(
        self, callback: Bet | Win | BetWin | Cancel, work: Work, shortcut: Shortcut | None = None
    ) -> Decimal:
        try:
            posted = self._transact(work, _seconds_for(callback), shortcut)
        except Exception as error:
            self._call_hook(record_booking, callback.command, type(error).__name__)
            if isinstance(error, TransactionMismatch | SignatureReused | AmountRefused | NotCovered):
                self._report_refusal(callback, error)
            raise
        self._call_hook(record_booking, callback.command, "booked" if posted.is_new else "known")
        return posted.balance

    def _report_refusal(
        self,
        callback: Bet | Win | BetWin | Cancel,
        refusal: TransactionMismatch | SignatureReused | AmountRefused | NotCovered,
    ) -> None:
        """Log a refusal that somebody should look at, and call its hook."""
        self._log.error(
            "Refused: %s (%s, transactionId %s)",
            refusal,
            callback.command,
            callback.transaction_id,
            about=type(refusal),
        )
        if isinstance(refusal, TransactionMismatch):
            _drift.record(
                operation=callback.command,
                direction="callback",
                place="/transactionId",
                kind="reused id",
                standing="documented",
            )
            self._call_hook(self._hooks.mismatched, callback, refusal.recorded)
        elif isinstance(refusal, SignatureReused):
            self._call_hook(self._hooks.signature_reused, callback, refusal)
        elif isinstance(refusal, AmountRefused):
            self._call_hook(self._hooks.not_exact, callback, refusal)
        elif isinstance(callback, Cancel):
            self._call_hook(self._hooks.not_covered, callback, refusal.bet)

    def _admits(self, player_id: str) -> bool:
        if self._session is None:
            return True
        answer = cast("object", self._session(player_id))
        if isinstance(answer, Awaitable):  # which is true, whatever it would return
            if isinstance(answer, Coroutine):
                answer.close()
            raise TypeError("session returned an awaitable: give a function that returns True or False")
        return bool(answer)


def _check_session(session: object) -> None:
    """Raise ConfigurationError for what is no ordinary function."""
    if not callable(session):
        raise ConfigurationError("session cannot be called: give a function of a playerId, or None")
    if inspect.iscoroutinefunction(session) or inspect.iscoroutinefunction(type(session).__call__):
        raise ConfigurationError("session is asynchronous, and the ledger is not: give an ordinary function")


def _seconds_for(callback: Bet | Win | BetWin | Cancel) -> float:
    """Return how long a transaction may take: not longer than the vendor, or the answer, waits for it."""
    seconds = (CALLBACKS[callback.command].answer_within or _READING + _RESERVE) - _RESERVE
    left = seconds_left()
    return seconds if left is None else min(seconds, left)
