"""What happened in a ledger between two times: entries, totals, rounds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from igamingace._common.time_zone import check_aware
from igamingace.ledger._amounts import exact_sum, normalize
from igamingace.ledger._base import LedgerBase, check_player_id
from igamingace.ledger._engine import reading
from igamingace.ledger._ledger_entry import DEPOSIT, WITHDRAW
from igamingace.ledger._retry import with_retries
from igamingace.ledger._transaction import first_number_at, read_entries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from igamingace.ledger._ledger_entry import Entry

T = TypeVar("T")

_PATIENCE: Final = 10.0
"""How long one page may be turned away by the database, in seconds."""
_PAGE: Final = 1_000
# Rows are numbered when they are inserted and have the time at which their transaction began; the clock may
# have been set, or a failover may have led to a server with another one.
_DISORDER: Final = timedelta(hours=1)
"""How much later than its neighbours' an entry's time may be."""
_FIRST: Final = datetime(2, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9998, 1, 1, tzinfo=UTC)
"""No entry is before the one or after the other. Sums with times still further out overflow."""


@dataclass(frozen=True, slots=True)
class LedgerTotal:
    """The entries of one command and currency together.

    Attributes:
        command: bet, win, betwin, cancel, void, deposit or withdraw.
        currency: the currency that the callbacks named; None where they named none.
        count: how many entries.
        debit: what they took.
        credit: what they gave.
    """

    command: str
    currency: str | None
    count: int
    debit: Decimal
    credit: Decimal


@dataclass(frozen=True, slots=True)
class RoundTotal:
    """The entries of one round of one player together.

    Attributes:
        player_id: the player.
        round_id: the round; None for callbacks that named none.
        count: how many entries, of bets, wins, betwins, cancels and voids.
        debit: what they took.
        credit: what they gave.
    """

    player_id: str
    round_id: str | None
    count: int
    debit: Decimal
    credit: Decimal


class LedgerReading(LedgerBase):
    """Reads a ledger by time."""

    def entries(
        self, since: datetime, until: datetime, /, *, player_id: str | None = None
    ) -> Iterator[Entry]:
        """Yield the entries from `since` to just before `until`, by the database's clock, oldest first.

        They are read in pages of short transactions, by the numbers of the rows, so that no lock and no
        snapshot is held meanwhile. Entries whose transaction has not ended yet are not seen: let `until` be
        some seconds ago.

        Args:
            since: the beginning, aware.
            until: the end, aware, not included.
            player_id: this player's only.

        Raises:
            InvalidArgument: a time is no datetime, or has no time zone; or the player's id is no text.
        """
        check_aware(since, "since")
        check_aware(until, "until")
        if player_id is not None:
            check_player_id(player_id)
        return self._entries(max(since, _FIRST), min(until, _LAST), player_id)

    def _entries(self, since: datetime, until: datetime, player_id: str | None) -> Iterator[Entry]:
        number = self._look(partial(first_number_at, statements=self._statements, at=since - _DISORDER))
        while number is not None:
            page = self._look(
                partial(
                    read_entries, statements=self._statements, start=number, player_id=player_id, limit=_PAGE
                )
            )
            for entry in page:
                if entry.created_at >= until + _DISORDER:
                    return
                if since <= entry.created_at < until:
                    yield entry
            number = page[-1].entry_id + 1 if len(page) == _PAGE else None

    def totals(self, since: datetime, until: datetime, /) -> list[LedgerTotal]:
        """Return the totals of the entries from `since` to just before `until`, by command and currency.

        Raises:
            InvalidArgument: as `entries`.
        """
        found: dict[tuple[str, str | None], tuple[int, Decimal, Decimal]] = {}
        for entry in self.entries(since, until):
            _add(found, (entry.command, entry.currency), entry)
        return [
            LedgerTotal(*key, count, normalize(debit), normalize(credit))
            for key, (count, debit, credit) in sorted(
                found.items(), key=lambda item: (item[0][0], item[0][1] or "")
            )
        ]

    def by_round(
        self, since: datetime, until: datetime, /, *, player_id: str | None = None
    ) -> list[RoundTotal]:
        """Return the rounds with entries from `since` to just before `until`, in the order of their first.

        Memory grows with the number of rounds. Arguments and errors are those of `entries`.
        """
        found: dict[tuple[str, str | None], tuple[int, Decimal, Decimal]] = {}
        for entry in self.entries(since, until, player_id=player_id):
            if entry.command not in {DEPOSIT, WITHDRAW}:
                _add(found, (entry.player_id, entry.round_id), entry)
        return [
            RoundTotal(*key, count, normalize(debit), normalize(credit))
            for key, (count, debit, credit) in found.items()
        ]

    def _look(self, read: Callable[[Connection], T]) -> T:
        def look(end: float) -> T:
            with self._connect(end) as connection, reading(connection, end):
                return read(connection)

        return with_retries(look, _PATIENCE, self._report_retry)


def _add(
    found: dict[tuple[str, str | None], tuple[int, Decimal, Decimal]],
    key: tuple[str, str | None],
    entry: Entry,
) -> None:
    count, debit, credit = found.get(key, (0, Decimal(0), Decimal(0)))
    found[key] = count + 1, exact_sum(debit, entry.debit), exact_sum(credit, entry.credit)
