"""Which columns of a table or file hold what: rows of a wallet's own book become records."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from igamingace._common.time_zone import parse_time_zone
from igamingace.errors import InvalidArgument
from igamingace.reconcile._record import BET, CANCEL, DEPOSIT, KINDS, WIN, WITHDRAW, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import tzinfo

BETWIN: Final = "betwin"
_KINDS: Final = {kind: kind for kind in (*KINDS, BETWIN)}
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
            InvalidArgument: a kind is unknown, or there is no such time zone.
        """
        for kind in self.kinds.values():
            if kind not in _KINDS:
                raise InvalidArgument(f"kinds: {kind!r} is invalid; use one of {', '.join(_KINDS)}")
        try:
            object.__setattr__(self, "time_zone", parse_time_zone(self.time_zone))
        except ValueError as error:
            raise InvalidArgument(str(error)) from None

    def names(self) -> dict[str, str]:
        """Return the columns that there are, by what they hold."""
        others = {"kinds", "minor_digits", "time_zone"}
        named = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in others}
        return {name: column for name, column in named.items() if column is not None}

    def records(self, row: Mapping[str, Any]) -> Iterator[Record]:
        """Yield the records of a row, whose values are named as the attributes here.

        Raises:
            InvalidArgument: a value cannot be read.
        """
        kind = self.kinds.get(_text(row["kind"]) or "")
        if kind is None:
            return
        identity = _text(row["transaction_id"])
        if identity is None and kind in {DEPOSIT, WITHDRAW}:
            return  # the wallet's own, of which the platform knows nothing
        if identity is None and kind != CANCEL:
            raise InvalidArgument(f"a {kind} of the book has no transaction id")
        common = (
            _text(row.get("player_id")),
            _text(row.get("round_id")),
            _text(row.get("currency")),
            self._time(row.get("at")),
            self._truth(row.get("cancelled")),
            _text(row.get("reference_id")),
        )
        amount = self._amount(row["amount"], identity)
        if kind == BETWIN:
            yield Record(identity, BET, amount, *common)
            yield Record(identity, WIN, self._amount(row.get("win_amount"), identity), *common)
        else:
            yield Record(identity, kind, amount, *common)

    def _amount(self, value: object, identity: str | None) -> Decimal:
        text = "" if value is None else str(value).strip()
        try:
            # From a float's shortest text: SQLite has no exact decimals, and many books are kept in it.
            amount = abs(Decimal(text))
        except InvalidOperation:
            amount = Decimal("NaN")
        if not amount.is_finite():
            raise InvalidArgument(
                f"the amount of {identity!r} in the book is {text!r}, which is not a number"
            )
        return amount if self.minor_digits is None else amount.scaleb(-self.minor_digits)

    def _time(self, value: object) -> datetime | None:
        if value is None or value == "":
            return None
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise InvalidArgument(
                f"the time {value!r} in the book is not in ISO 8601, such as 2026-11-28 13:00:00+00:00"
            ) from None
        zone = self.time_zone
        assert not isinstance(zone, str)  # noqa: S101 -- parsed by __post_init__
        return at.replace(tzinfo=zone) if at.tzinfo is None else at

    @staticmethod
    def _truth(value: object) -> bool:
        return value is not None and str(value).strip().lower() not in _FALSE


def _text(value: object) -> str | None:
    """Return an id as text; None for none. A float that is whole is the number that it stands for."""
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)
