"""A sandbox in which many agents have played all day yesterday, and what its books say of it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from igamingace.operators import Account
from igamingace.sandbox.store.models import Account as SandboxAccount
from igamingace.sandbox.store.models import Game, Provider, Transaction, TransactionType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo

    from igamingace.sandbox import Sandbox

CURRENCIES = ("USD", "EUR", "KRW")
GAMES = [(1, 655), (1, 656), (7, 901), (9, 12)]


@dataclass
class Casino:
    """The sandbox and its accounts, `a-0` and so on; `zone` is that of the days.

    `day` is yesterday: every hour of it has ended.
    """

    sandbox: Sandbox
    zone: tzinfo
    accounts: list[Account] = field(default_factory=list)
    day: date = field(init=False)

    def __post_init__(self) -> None:
        self.day = datetime.now(self.zone).date() - timedelta(days=1)

    @property
    def start(self) -> datetime:
        return datetime.combine(self.day, datetime.min.time(), self.zone).astimezone(UTC)

    def add(self, count: int) -> None:
        """Add agents of several currencies, each with a rate of its own."""
        state = self.sandbox.app.runtime.state
        for number in range(len(self.accounts), len(self.accounts) + count):
            name, currency = f"a-{number}", CURRENCIES[number % len(CURRENCIES)]
            token = f"token-of-{name}"
            state.add_account(
                SandboxAccount(
                    id=f"id-{name}",
                    name=name,
                    level="agent",
                    token=token,
                    currencies=(currency,),
                    provider_ids=tuple(state.providers),
                    ggr_rate=Decimal(10 + number),
                )
            )
            self.accounts.append(Account(name=name, token=token, currency=currency))

    def play(self, count: int, seed: int = 1) -> None:
        """Record about that many transactions of each agent, over the day and at the borders of its hours."""
        for account in self.accounts:
            of_agent = self.of(account.name)
            entries = sorted(
                _transactions(random.Random(f"{seed}{account.name}"), account.currency, count, self.start),
                key=lambda each: each.at,
            )
            assert len(entries) <= (of_agent.transactions.maxlen or 0)
            of_agent.transactions.clear()
            of_agent.transactions.extend(entries)

    def bet(self, name: str, at: datetime) -> None:
        """Record a bet of an agent."""
        account = self.of(name)
        number = len(account.transactions) + 1
        money = account.currencies[0], Decimal(1), at
        account.transactions.append(Transaction(number, TransactionType.BET, "p-1", *money, number, 1, 655))

    def of(self, name: str) -> SandboxAccount:
        return self.sandbox.app.runtime.state.accounts[f"id-{name}"]

    def books(self, names: list[str] | None = None, *, without: Any = lambda name, at: False) -> Any:
        """Return what the sandbox recorded, as `figures_by_agent` returns it; but for what is left out."""
        found = {}
        for account in self.accounts:
            if names is not None and account.name not in names:
                continue
            taken = [
                each
                for each in self.of(account.name).transactions
                if self.start <= each.at < self.start + timedelta(days=1)
                and not without(account.name, each.at)
            ]
            for provider in {each.provider_id for each in taken}:
                found[account.name, provider] = _figures(
                    [each for each in taken if each.provider_id == provider], account.currency
                )
        return found


def figures_by_agent(report: Any) -> Any:
    """Return what a report says of each agent and provider, to the cent."""
    return {
        (row.agent, row.provider_id): {
            "currency": row.currency,
            "bets": Fraction(row.bets.amount),
            "wins": Fraction(row.wins.amount),
            "cancels": Fraction(row.cancels.amount),
            "bonus wins": Fraction(row.bonus_wins.amount),
            "deposits": Fraction(row.deposits.amount),
            "withdrawals": Fraction(row.withdrawals.amount),
            "ggr": Fraction(row.ggr),
            "count": sum(
                each.count
                for each in (
                    row.bets,
                    row.wins,
                    row.cancels,
                    row.bonus_wins,
                    row.deposits,
                    row.withdrawals,
                    *row.others.values(),
                )
            ),
            "rounds": row.rounds,
            "players": row.players,
        }
        for row in report.by("agent", "provider")
    }


def _figures(entries: list[Transaction], currency: str) -> dict[str, Any]:
    sums = dict.fromkeys(TransactionType, Fraction(0))
    for each in entries:
        assert each.currency == currency
        sums[each.type] += Fraction(each.amount)
    rounds = {(each.player_id, each.round_id, each.game_id) for each in entries if each.round_id is not None}
    return {
        "currency": currency,
        "bets": sums[TransactionType.BET],
        "wins": sums[TransactionType.WIN],
        "cancels": sums[TransactionType.BET_CANCEL],
        "bonus wins": sums[TransactionType.BONUS_CALL],
        "deposits": sums[TransactionType.DEPOSIT],
        "withdrawals": sums[TransactionType.WITHDRAW],
        "ggr": sums[TransactionType.BET] - sums[TransactionType.WIN] - sums[TransactionType.BET_CANCEL],
        "count": len(entries),
        "rounds": len(rounds),
        "players": len({each.player_id for each in entries if each.round_id is not None}),
    }


def _transactions(draw: random.Random, currency: str, count: int, start: datetime) -> Iterator[Transaction]:
    """Yield rounds of every shape, and deposits: among them betwins, whose two rows have one id."""
    digits = 0 if currency == "KRW" else 2
    number = draw.randrange(10**9)
    made = 0

    def amount() -> Decimal:
        return Decimal(draw.randrange(1, 100_000)).scaleb(-digits)

    while made < count:
        number += 10
        player = f"p-{draw.randrange(1 + count // 8)}"
        at = start + timedelta(seconds=draw.randrange(86_400))
        if draw.random() < 0.2:
            at = at.replace(minute=0, second=0)  # at the border of two windows, which the platform both lists
        game = draw.choice(GAMES)

        def entry(
            kind: TransactionType, amount: Decimal, later: float = 0, *, step: int = 0, in_round: bool = True
        ) -> Transaction:
            nonlocal made
            made += 1
            moment = at + timedelta(seconds=later)  # noqa: B023 -- called in this turn only
            return Transaction(
                id=number + step,  # noqa: B023
                type=kind,
                player_id=player,  # noqa: B023
                currency=currency,
                amount=amount,
                at=moment,
                round_id=number if in_round else None,  # noqa: B023
                provider_id=game[0] if in_round else None,  # noqa: B023
                game_id=game[1] if in_round else None,  # noqa: B023
            )

        stake, shape = amount(), draw.random()
        if shape < 0.05:
            kind = draw.choice([TransactionType.DEPOSIT, TransactionType.WITHDRAW])
            yield entry(kind, stake, in_round=False)
            continue
        yield entry(TransactionType.BET, Decimal(0) if shape < 0.1 else stake)
        if shape < 0.1:
            yield entry(TransactionType.BONUS_CALL, amount(), 1, step=1)
        elif shape < 0.15:
            yield entry(TransactionType.BET_CANCEL, stake, 2, step=1)
        elif shape < 0.4:
            yield entry(TransactionType.WIN, amount())  # a betwin
        elif shape < 0.9:
            yield entry(TransactionType.WIN, amount() if shape < 0.6 else Decimal(0), 30, step=1)


def catalogue(sandbox: Sandbox) -> None:
    """Give the sandbox the games that are played."""
    providers = sandbox.app.runtime.state.providers
    for provider_id, game_id in GAMES:
        if provider_id not in providers:
            name = f"Provider {provider_id}"
            providers[provider_id] = Provider(provider_id, name, {}, frozenset(CURRENCIES))
        providers[provider_id].games.setdefault(game_id, Game(game_id, f"Game {game_id}"))
