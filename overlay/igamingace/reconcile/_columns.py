"""Which columns of a table or file hold what: rows of a wallet's own book become records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from igamingace_bindings.scalars import MAX_DIGITS

from igamingace._common.amounts import EXACT, parse_amount
from igamingace._common.iso_time import parse_iso_time
from igamingace._common.numbers import is_integer
from igamingace._common.time_zone import parse_time_zone
from igamingace.errors import InvalidArgument
from igamingace.reconcile._record import BET, CANCEL, DEPOSIT, KINDS, WIN, WITHDRAW, Record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo
    from decimal import Decimal

BETWIN: Final = "betwin"
_KINDS: Final = {kind: kind for kind in (*KINDS, BETWIN)}
_SETTINGS: Final = frozenset({"kinds", "minor_digits", "time_zone"})
_MAX_MINOR_DIGITS: Final = 18
_FALSE: Final = frozenset({"", "0", "f", "false", "n", "no", "none", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The names of the columns of a wallet's book. None: the book has no such column.

    Attributes:
        transaction_id: the callback's transactionId; empty for the wallet's own deposits and withdrawals,
            which are left out.
        kind: what was booked; `kinds` says which value means what.
        amount: the amount, in major units; its sign is ignored. Of a betwin: the stake.
        win_amount: of a betwin, what was won; needed where one row is a bet and a win.
        player_id: the player.
        round_id: the round.
        currency: ISO 4217.
        at: when, as datetime or in ISO 8601; times without a zone are in `time_zone`.
        cancelled: whether the row was undone by a cancel that is not a row of its own: a boolean, or the time
            or id of the cancel.
        reference_id: of a cancel, the id of its bet.
        kinds: what each value of `kind` means: bet, win, betwin, cancel, deposit or withdraw. Rows of another
            value are left out.
        minor_digits: for amounts in integers of the smallest unit: 2 for cents.
        time_zone: of times that do not name theirs: a tzinfo, "UTC", "+09:00" or "Asia/Seoul".
    """

    transaction_id: str = "transaction_id"
    kind: str = "kind"
    amount: str = "amount"
    win_amount: str | None = None
    player_id: str | None = "player_id"
    round_id: str | None = "round_id"
    currency: str | None = None
    at: str | None = "created_at"
    cancelled: str | None = None
    reference_id: str | None = None
    kinds: Mapping[str, str] = field(default_factory=lambda: dict(_KINDS))
    minor_digits: int | None = None
    time_zone: tzinfo | str = UTC

    def __post_init__(self) -> None:
        """Check it.

        Raises:
            InvalidArgument: a kind is unknown, `minor_digits` is invalid, or there is no such time zone.
        """
        if not isinstance(self.kinds, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers pass anything
            raise InvalidArgument(
                f"kinds is of type {type(self.kinds).__name__}: give a mapping of your kinds"
            )
        for kind in self.kinds.values():
            if not isinstance(kind, str) or kind not in _KINDS:  # pyright: ignore[reportUnnecessaryIsInstance] -- as above
                raise InvalidArgument(f"kinds: {kind!r} is invalid; use one of {', '.join(_KINDS)}")
        digits = self.minor_digits
        if digits is not None and not (is_integer(digits) and 0 <= digits <= _MAX_MINOR_DIGITS):
            raise InvalidArgument(
                f"minor_digits is {digits!r}: give an int from 0 to {_MAX_MINOR_DIGITS}, such as 2 for cents"
            )
        try:
            object.__setattr__(self, "time_zone", parse_time_zone(self.time_zone))
        except ValueError as error:
            raise InvalidArgument(str(error)) from None


class ColumnNotNamed(InvalidArgument):
    """The book cannot be read without a column that `Columns` does not name.

    Attributes:
        reason: what it is needed for.
        name: its attribute of `Columns`.
    """

    def __init__(self, reason: str, name: str) -> None:
        super().__init__(reason, name)
        self.reason = reason
        self.name = name

    def __str__(self) -> str:
        """Return what to do in Python; the command has an option for it."""
        return f"{self.reason}: Columns({self.name}=...)"


def column_names(columns: Columns) -> dict[str, str]:
    """Return the columns that there are, by the attribute that names them."""
    named = {each.name: getattr(columns, each.name) for each in fields(columns) if each.name not in _SETTINGS}
    return {name: column for name, column in named.items() if column is not None}


class RowReader:
    """Makes records of the rows of a book; `places` says where in a row each attribute of the columns is."""

    def __init__(self, columns: Columns, places: Mapping[str, int]) -> None:
        zone = columns.time_zone
        assert not isinstance(zone, str)  # noqa: S101 -- parsed by Columns
        self._zone: Final = zone
        self._kinds: Final = dict(columns.kinds)
        self._minor_digits: Final = columns.minor_digits
        self._id, self._kind, self._amount = (places[name] for name in ("transaction_id", "kind", "amount"))
        self._win_amount: Final = places.get("win_amount")
        self._player: Final = places.get("player_id")
        self._round: Final = places.get("round_id")
        self._currency: Final = places.get("currency")
        self._at: Final = places.get("at")
        self._cancelled: Final = places.get("cancelled")
        self._reference: Final = places.get("reference_id")

    def read(self, row: Sequence[Any]) -> tuple[Record, ...]:
        """Return the records of a row: none, one, or two for a betwin.

        Raises:
            InvalidArgument: a value cannot be read; ColumnNotNamed: one is needed that has no column.
            IndexError: the row is too short.
        """
        kind = self._kinds.get(_text(row[self._kind]) or "")
        if kind is None:
            return ()
        identity = _text(row[self._id])
        if identity is None and kind != CANCEL:
            if kind in {DEPOSIT, WITHDRAW}:
                return ()  # the wallet's own, of which the platform knows nothing
            raise InvalidArgument(f"a {kind} of the book has no transaction id")
        common = (
            None if self._player is None else _text(row[self._player]),
            None if self._round is None else _text(row[self._round]),
            None if self._currency is None else _text(row[self._currency]),
            None if self._at is None else self._time(row[self._at]),
            self._cancelled is not None and _is_true(row[self._cancelled]),
            None if self._reference is None else _text(row[self._reference]),
        )
        amount = self._amount_of(row[self._amount], identity)
        if kind != BETWIN:
            return (Record(identity, kind, amount, *common),)
        if self._win_amount is None:
            raise ColumnNotNamed("the book has betwins: name the column of what they won", "win_amount")
        won = self._amount_of(row[self._win_amount], identity)
        return Record(identity, BET, amount, *common), Record(identity, WIN, won, *common)

    def _amount_of(self, value: object, identity: str | None) -> Decimal:
        try:
            # From a float's shortest text: SQLite has no exact decimals, and many books are kept in it.
            amount = parse_amount(str(value).strip()).copy_abs()
        except ValueError:
            raise InvalidArgument(
                f"the amount of {identity!r} in the book is {str(value)!r}, which is not a number of at most "
                f"{MAX_DIGITS} digits"
            ) from None
        return amount if self._minor_digits is None else amount.scaleb(-self._minor_digits, EXACT)

    def _time(self, value: object) -> datetime | None:
        if value is None or value == "":
            return None
        try:
            at = value if isinstance(value, datetime) else parse_iso_time(str(value).strip())
        except ValueError:
            raise InvalidArgument(
                f"the time {value!r} in the book is not in ISO 8601, such as 2026-11-28 13:00:00+00:00"
            ) from None
        return at.replace(tzinfo=self._zone) if at.tzinfo is None else at


def _is_true(value: object) -> bool:
    return value is not None and str(value).strip().lower() not in _FALSE


def _text(value: object) -> str | None:
    """Return an id as text; None for none. A float that is whole is the number that it stands for."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)
