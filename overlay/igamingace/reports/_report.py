"""What a report says: rows by agent, provider, game and day, each of one currency."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast, get_args

from igamingace._common.amounts import EXACT, amount_text
from igamingace._common.text import accounts_text
from igamingace.errors import ConfigurationError
from igamingace.models import TransactionType
from igamingace.reports._tally import UNREADABLE, Cell, Sum

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from igamingace.reports._days import Days

__all__ = ["AgentDays", "Dimension", "OpenHours", "ReportRow", "RevenueReport", "read_dimensions"]

Dimension: TypeAlias = Literal["agent", "day", "provider", "game"]
DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)

_NOTHING: Final = Sum()
_BET: Final = TransactionType.BET
_IN_GGR: Final = frozenset({TransactionType.BET, TransactionType.WIN, TransactionType.BET_CANCEL})
_NAMED: Final = _IN_GGR | {
    TransactionType.BONUS_CALL,
    TransactionType.DEPOSIT,
    TransactionType.WITHDRAW,
    UNREADABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """Figures of one currency; amounts in its major units, exact.

    Attributes:
        agent: the agent's name; None where the row is of all agents.
        day: the day; None where the row is of all days.
        provider_id: the provider's id; None where the row is of all, or the transactions have none.
        provider: the provider's name.
        game_code: the game's id; None as that of the provider.
        game: the game's name.
        currency: the currency, an ISO 4217 code.
        bets: the stakes.
        wins: what was paid to players, without bonus wins.
        cancels: the stakes that were given back.
        bonus_wins: what bonus calls paid.
        deposits: what was moved to players' wallets; not in GGR.
        withdrawals: what was moved from them; not in GGR.
        others: transactions of types that the contract does not know, by type; not in GGR.
        unreadable: how many transactions have no type or amount that can be read; they are in no sum.
        rounds: how many rounds had a transaction.
        players: how many players had a transaction of a round.
        ggr: the gross gaming revenue: bets, less cancels and wins, and bonus wins where these are a cost.
        fee: `ggr` by the agents' `ggrRate` of today: an estimate. None where a rate is not known.
    """

    agent: str | None = None
    day: date | None = None
    provider_id: int | None = None
    provider: str | None = None
    game_code: str | None = None
    game: str | None = None
    currency: str
    bets: Sum = _NOTHING
    wins: Sum = _NOTHING
    cancels: Sum = _NOTHING
    bonus_wins: Sum = _NOTHING
    deposits: Sum = _NOTHING
    withdrawals: Sum = _NOTHING
    others: dict[str, Sum] = field(default_factory=dict[str, Sum])
    unreadable: int = 0
    rounds: int = 0
    players: int = 0
    ggr: Decimal = Decimal(0)
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHours:
    """Hours of an agent that are not in the report.

    Attributes:
        agent: the agent's name.
        start: the start of the first one.
        end: the end of the last one.
        reason: why they are missing.
    """

    agent: str
    start: datetime
    end: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentDays:
    """What was read of one agent.

    Attributes:
        agent: its name.
        currency: its currency.
        rate: its `ggrRate`, in percent; None where it is not known.
        cells: what was played, by day.
        open: the hours that are missing.
        missing: how many transactions the platform counted and never listed.
        old: how many hours were read so late that the platform may have deleted transactions of them.
    """

    agent: str
    currency: str
    rate: Decimal | None
    cells: dict[date, tuple[Cell, ...]]
    open: tuple[OpenHours, ...] = ()
    missing: int = 0
    old: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueReport:
    """The revenue of some days: of one agent, or of many.

    Attributes:
        days: the days, in their time zone.
        bonus_cost: whether bonus wins are deducted from GGR.
        agents: what was read of each agent.
    """

    days: Days
    bonus_cost: bool
    agents: tuple[AgentDays, ...] = field(repr=False)

    def __str__(self) -> str:
        """The days, a line for each currency, and how many agents have hours that are missing."""
        lines = [f"Revenue of {self.days}", *map(_figures, self.totals())]
        if missing := dict.fromkeys(hours.agent for hours in self.open):
            lines.append(f"Hours are missing of {accounts_text(missing, len(self.agents))}: see `open`")
        return "\n".join(lines)

    def __repr__(self) -> str:
        missing = len({hours.agent for hours in self.open})
        return f"<RevenueReport of {len(self.agents)} agents, {self.days}: {missing} with open hours>"

    @property
    def open(self) -> tuple[OpenHours, ...]:
        """The hours that are missing, those of one reason in a row together."""
        return tuple(hours for each in self.agents for hours in each.open)

    @property
    def complete(self) -> bool:
        """Whether no hour and no transaction is missing, and each transaction could be read."""
        missing = self.open or any(each.missing for each in self.agents)
        return not missing and not any(row.unreadable for row in self.totals())

    def by(self, *dimensions: Dimension) -> tuple[ReportRow, ...]:
        """Return a row for each combination of agent, day, provider and game that occurs, and each currency.

        Without dimensions there is one row for each currency. Amounts of different currencies are never
        added. Players are counted once in each row: those of rows cannot be added up.

        Raises:
            ConfigurationError: a dimension is unknown.
        """
        wanted = read_dimensions(dimensions)
        groups: dict[tuple[Any, ...], _Group] = {}
        for agent in self.agents:
            for day, cells in agent.cells.items():
                for cell in cells:
                    key = _key(wanted, agent, day, cell)
                    if key not in groups:
                        groups[key] = _Group(agent.currency)
                    groups[key].add(agent, cell)
        return tuple(groups[key].row(key, self.bonus_cost) for key in sorted(groups, key=_order))

    def totals(self) -> tuple[ReportRow, ...]:
        """Return one row for each currency."""
        return self.by()

    def notes(self) -> list[str]:
        """Return what a reader of the figures must know, as sentences."""
        bonus = "are deducted as a cost" if self.bonus_cost else "are not deducted"
        notes = [
            f"GGR is bets, less cancels, less wins; bonus wins {bonus}.",
            "Deposits, withdrawals and unknown types are listed, and are not in GGR.",
            f"Days are those of the time zone {self.days.zone}.",
            f"The fee is an estimate: GGR by each account's ggrRate as it is today ({self._rates()}).",
            "What the vendor invoices may be computed otherwise, above all where GGR is negative.",
        ]
        if unknown := [each.agent for each in self.agents if each.rate is None]:
            notes.append(f"No ggrRate could be read for {', '.join(unknown)}: there is no fee for them.")
        cells = [cell for each in self.agents for of_day in each.cells.values() for cell in of_day]
        if negative := sum(cell.negative for cell in cells):
            notes.append(f"Negative amounts, which are added by type without their sign: {negative}.")
        if unreadable := sum(row.unreadable for row in self.totals()):
            notes.append(f"Transactions that cannot be read, and are in no sum: {unreadable}.")
        notes += [
            f"Transactions of {each.agent} that the platform counted and never listed: {each.missing}."
            for each in self.agents
            if each.missing
        ]
        if old := sum(each.old for each in self.agents):
            notes.append(
                f"Hours read so late that the platform may have deleted transactions of them: {old}. "
                "Figures may be too low."
            )
        return notes

    def to_json(self, by: Iterable[Dimension] = ("agent", "provider")) -> dict[str, Any]:
        """Return a JSON document; amounts are strings.

        Args:
            by: the dimensions of its rows.
        """
        dimensions = read_dimensions(by)
        return {
            "complete": self.complete,
            "first": self.days.first.isoformat(),
            "last": self.days.last.isoformat(),
            "time_zone": str(self.days.zone),
            "bonus_wins_are_a_cost": self.bonus_cost,
            "fee_is_an_estimate": True,
            "by": list(dimensions),
            "rows": [row_document(row, dimensions) for row in self.by(*dimensions)],
            "totals": [row_document(row, ()) for row in self.totals()],
            "open": [
                {
                    "agent": hours.agent,
                    "start": hours.start.astimezone(self.days.zone).isoformat(),
                    "end": hours.end.astimezone(self.days.zone).isoformat(),
                    "reason": hours.reason,
                }
                for hours in self.open
            ],
            "notes": self.notes(),
        }

    def _rates(self) -> str:
        rates = sorted({each.rate for each in self.agents if each.rate is not None})
        if not rates:
            return "not known"
        return f"{rates[0]:f} %" if len(rates) == 1 else f"{rates[0]:f} to {rates[-1]:f} %"


def read_dimensions(dimensions: Iterable[object]) -> tuple[Dimension, ...]:
    """Return the dimensions, each once.

    Raises:
        ConfigurationError: one is unknown.
    """
    found = tuple(dict.fromkeys(dimensions))
    for each in found:
        if each not in DIMENSIONS:
            raise ConfigurationError(f"{each!r} is unknown: use some of {', '.join(DIMENSIONS)}")
    return cast("tuple[Dimension, ...]", found)


def row_document(row: ReportRow, dimensions: tuple[Dimension, ...]) -> dict[str, Any]:
    """Return a row as a JSON document: the fields of its dimensions, and its figures."""
    sums = {
        name: getattr(row, name)
        for name in ("bets", "wins", "cancels", "bonus_wins", "deposits", "withdrawals")
    }
    return {
        **dimension_fields(row, dimensions),
        "currency": row.currency,
        **{name: _sum(each) for name, each in sums.items()},
        "others": {kind: _sum(each) for kind, each in row.others.items()},
        "unreadable": row.unreadable,
        "rounds": row.rounds,
        "players": row.players,
        "ggr": f"{row.ggr:f}",
        "fee_estimate": None if row.fee is None else f"{row.fee:f}",
    }


def dimension_fields(row: ReportRow, dimensions: tuple[Dimension, ...]) -> dict[str, Any]:
    """Return what a row is of, by the names of columns; a game is one of a provider."""
    fields: dict[str, Any] = {}
    if "day" in dimensions:
        fields["day"] = None if row.day is None else row.day.isoformat()
    if "agent" in dimensions:
        fields["agent"] = row.agent
    if "provider" in dimensions or "game" in dimensions:
        fields |= {"provider_id": row.provider_id, "provider": row.provider}
    if "game" in dimensions:
        fields |= {"game_code": row.game_code, "game": row.game}
    return fields


def _figures(row: ReportRow) -> str:
    """Return the figures of a row on one line."""
    named = {
        "bets": row.bets.amount,
        "cancels": row.cancels.amount,
        "wins": row.wins.amount,
        "bonus wins": row.bonus_wins.amount,
        "GGR": row.ggr,
    }
    amounts = ", ".join(f"{name} {amount_text(each, row.currency)}" for name, each in named.items())
    return f"{row.currency}: {amounts}; {row.rounds:,} rounds, {row.players:,} players"


def _sum(each: Sum) -> dict[str, Any]:
    return {"count": each.count, "amount": f"{each.amount:f}"}


class _Group:
    """The cells of one row, while they are added up."""

    def __init__(self, currency: str) -> None:
        self._currency = currency
        self._sums: dict[str, dict[int, Sum]] = {}
        self._rates: dict[str, Decimal | None] = {}
        self._rounds: set[tuple[Any, ...]] = set()
        self._players: set[tuple[str, str]] = set()
        self._names: tuple[str | None, str | None] = None, None

    def add(self, agent: AgentDays, cell: Cell) -> None:
        sums = self._sums.setdefault(agent.agent, {})
        for kind, each in cell.sums.items():
            sums[kind] = sums.get(kind, Sum()) + each
        self._rates[agent.agent] = agent.rate
        game = agent.agent, cell.provider_id, cell.game_code
        # Other agents have other players, and each game has rounds of its own, whatever their ids.
        self._rounds.update((game, *each) for each in cell.rounds)
        self._players.update((agent.agent, player) for player in cell.players)
        self._names = cell.provider_name or self._names[0], cell.game_name or self._names[1]

    def row(self, key: tuple[Any, ...], bonus_cost: bool) -> ReportRow:  # noqa: FBT001 -- private
        day, agent, currency, provider, game = key
        sums: dict[int, Sum] = {}
        fee: Decimal | None = Decimal(0)
        for name, of_agent in self._sums.items():
            for kind, each in of_agent.items():
                sums[kind] = sums.get(kind, Sum()) + each
            rate, ggr = self._rates[name], _ggr(of_agent, bonus_cost)
            if fee is not None:
                fee = None if rate is None else EXACT.add(fee, EXACT.multiply(ggr, rate.scaleb(-2, EXACT)))
        of = {kind: sums.get(int(kind), Sum()) for kind in TransactionType}
        return ReportRow(
            agent=agent,
            day=day,
            provider_id=provider and provider[0],
            provider=provider and self._names[0],
            game_code=game and game[0],
            game=game and self._names[1],
            currency=currency,
            bets=of[_BET],
            wins=of[TransactionType.WIN],
            cancels=of[TransactionType.BET_CANCEL],
            bonus_wins=of[TransactionType.BONUS_CALL],
            deposits=of[TransactionType.DEPOSIT],
            withdrawals=of[TransactionType.WITHDRAW],
            others={
                TransactionType(kind).name: each for kind, each in sorted(sums.items()) if kind not in _NAMED
            },
            unreadable=sums.get(UNREADABLE, Sum()).count,
            rounds=len(self._rounds),
            players=len(self._players),
            ggr=_ggr(sums, bonus_cost),
            fee=fee,
        )


def _ggr(sums: dict[int, Sum], bonus_cost: bool) -> Decimal:  # noqa: FBT001 -- private
    costs = [TransactionType.BET_CANCEL, TransactionType.WIN]
    if bonus_cost:
        costs.append(TransactionType.BONUS_CALL)
    ggr = sums.get(_BET, Sum()).amount
    for kind in costs:
        ggr = EXACT.subtract(ggr, sums.get(kind, Sum()).amount)
    return ggr


def _key(dimensions: tuple[Dimension, ...], agent: AgentDays, day: date, cell: Cell) -> tuple[Any, ...]:
    provider = (cell.provider_id,) if {"provider", "game"} & {*dimensions} else None
    return (
        day if "day" in dimensions else None,
        agent.agent if "agent" in dimensions else None,
        agent.currency,
        provider,
        (cell.game_code,) if "game" in dimensions else None,
    )


def _order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """Sort what is missing last."""
    day, agent, currency, provider, game = key
    return (
        day is None,
        day,
        agent,
        currency,
        provider is None or provider[0] is None,
        provider and provider[0],
        game is None or game[0] is None,
        game and game[0],
    )
