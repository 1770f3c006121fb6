"""Transactions as tests make them, and the books that a report is compared with: counted another way."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from igamingace.models import Transaction, TransactionType

D = Decimal
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def played(kind=TransactionType.BET, amount="1", **fields):
    """Return a transaction of a round of one game; a field that is None is missing."""
    given = {
        "trans_id": "1",
        "trans_type": kind,
        "user_external_id": "p-1",
        "round_id": "r-1",
        "provider_id": 1,
        "provider_name": "Northern Reels",
        "game_code": "655",
        "game_name": "Fjord Fortune",
        "amount": None if amount is None else D(amount),
        "created_at": NOON,
        **fields,
    }
    return Transaction(**given)


def moved(kind=TransactionType.DEPOSIT, amount="1", **fields):
    """Return a transaction outside of games."""
    nothing = dict.fromkeys(("round_id", "provider_id", "provider_name", "game_code", "game_name"))
    return played(kind, amount, **{**nothing, **fields})


def a_day(seed, count, *, games=4, players=6):
    """Return that many transactions of any types, amounts and hours of a day."""
    draw = random.Random(seed)
    kinds = [1, 1, 1, 2, 2, 4, 8, 16, 32, 64]
    return [
        played(
            TransactionType(draw.choice(kinds)),
            D(draw.randrange(10_000_000)).scaleb(-draw.randrange(5)),
            trans_id=str(number),
            user_external_id=f"p-{draw.randrange(players)}",
            round_id=f"r-{draw.randrange(count)}",
            provider_id=draw.randrange(games) // 2,
            game_code=f"g-{draw.randrange(games)}",
            created_at=NOON + timedelta(seconds=draw.randrange(-86_400, 86_400)),
        )
        for number in range(count)
    ]


class Books:
    """What happened, in fractions, so that nothing of what is tested is used."""

    def __init__(self, transactions):
        self.amounts: defaultdict[int, Fraction] = defaultdict(Fraction)
        self.counts: Counter[int] = Counter()
        self.players = set()
        self.rounds = set()
        for each in transactions:
            kind = int(each.trans_type)
            self.amounts[kind] += Fraction(each.amount)
            self.counts[kind] += 1
            if kind in (1, 2, 16, 32):
                self.players.add(each.user_external_id)
                self.rounds.add((each.provider_id, each.game_code, each.user_external_id, each.round_id))

    def ggr(self, *, bonus_cost=False):
        return self.amounts[1] - self.amounts[2] - self.amounts[16] - bonus_cost * self.amounts[32]


def figures(row):
    """Return what a row says, in the form of `Books.figures`."""
    sums = {
        1: row.bets,
        2: row.wins,
        4: row.deposits,
        8: row.withdrawals,
        16: row.cancels,
        32: row.bonus_wins,
    }
    sums |= {int(name.removeprefix("UNKNOWN_")): each for name, each in row.others.items()}
    return {
        **{kind: (each.count, Fraction(each.amount)) for kind, each in sums.items() if each.count},
        "ggr": Fraction(row.ggr),
        "rounds": row.rounds,
        "players": row.players,
    }


def expected(transactions, **options):
    """Return what a row of these transactions must say."""
    books = Books(transactions)
    return {
        **{kind: (count, books.amounts[kind]) for kind, count in books.counts.items()},
        "ggr": books.ggr(**options),
        "rounds": len(books.rounds),
        "players": len(books.players),
    }
