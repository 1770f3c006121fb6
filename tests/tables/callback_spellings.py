"""Every callback that is documented or was seen: `api-facts`, section 4, row by row.

A callback of each command as the vendor's pages document it, as the pages of a sister deployment do, and as
the traffic of a sister was seen; and what a wallet must read of it.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NamedTuple

AT = datetime(2024, 4, 22, 13, 20, tzinfo=UTC)
SECONDS = 1713792000
_ROUND = {"playerId": "ann", "roundId": 77, "providerId": 1, "gameCode": 655, "timestamp": SECONDS}
_READ = {"player_id": "ann", "round_id": "77", "provider_id": 1, "game_code": "655", "timestamp": AT}

DOCUMENTED: dict[str, dict[str, Any]] = {
    "balance": {"command": "balance", "playerId": "ann", "timestamp": 1586335186372},
    "bet": {
        **_ROUND,
        "command": "bet",
        "transactionId": 1,
        "currency": "USD",
        "amount": 10.5,
        "isBonusBusy": False,
        "bonusId": 0,
    },
    "win": {
        **_ROUND,
        "command": "win",
        "transactionId": 2,
        "amount": 10.5,
        "isRoundFinished": True,
        "bonusId": 0,
    },
    "betwin": {
        **_ROUND,
        "command": "betwin",
        "transactionId": 3,
        "betAmount": 2,
        "winAmount": 5.5,
        "bonusId": 0,
    },
    "cancel": {**_ROUND, "command": "cancel", "transactionId": 4, "referenceId": 1},
}
_DOCUMENTED_READ: dict[str, dict[str, Any]] = {
    "balance": {"player_id": "ann", "timestamp": datetime(2020, 4, 8, 8, 39, 46, 372000, tzinfo=UTC)},
    "bet": {
        **_READ,
        "transaction_id": "1",
        "currency": "USD",
        "amount": Decimal("10.5"),
        "is_bonus_busy": False,
        "bonus_id": "0",
        "is_round_finished": None,
        "provider_name": None,
        "game_name": None,
        "is_call": None,
    },
    "win": {
        **_READ,
        "transaction_id": "2",
        "amount": Decimal("10.5"),
        "is_round_finished": True,
        "bonus_id": "0",
        "currency": None,
    },
    "betwin": {
        **_READ,
        "transaction_id": "3",
        "bet_amount": Decimal(2),
        "win_amount": Decimal("5.5"),
        "bonus_id": "0",
        "currency": None,
    },
    "cancel": {**_READ, "transaction_id": "4", "bet_id": "1", "amount": None, "currency": None},
}


class Spelling(NamedTuple):
    """A callback, and what is to be read of it.

    Attributes:
        name: what is special about it.
        command: its command.
        changes: what differs from the documented body; `...` removes a field.
        read: what differs from what is read of the documented body.
        differences: the fields that are reported, with the kind of difference.
    """

    name: str
    command: str
    changes: dict[str, Any]
    read: dict[str, Any]
    differences: dict[str, str]

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of its body."""
        merged = {**DOCUMENTED[self.command], **self.changes}
        return {name: value for name, value in merged.items() if value is not ...}

    @property
    def expected(self) -> dict[str, Any]:
        """What is to be read."""
        return {**_DOCUMENTED_READ[self.command], **self.read}

    def __str__(self) -> str:
        """Its name, for the test's."""
        return f"{self.command}: {self.name}"


def _each(
    name: str,
    commands: tuple[str, ...],
    changes: dict[str, Any],
    read: dict[str, Any],
    differences: dict[str, str],
) -> list[Spelling]:
    return [Spelling(name, command, changes, read, differences) for command in commands]


ALL = tuple(DOCUMENTED)
MONEY = ("bet", "win", "betwin", "cancel")
ONE_AMOUNT = ("bet", "win")
SPELLING = "other spelling"
_SISTERS = {"providerName": "Pragmatic Play", "gameName": "Sweet Bonanza", "isCall": False}
_SISTERS_READ = {"provider_name": "Pragmatic Play", "game_name": "Sweet Bonanza", "is_call": False}

SPELLINGS = [
    # documented
    *_each("as documented", ALL, {}, {}, {}),
    *_each("its timestamp in milliseconds", MONEY, {"timestamp": SECONDS * 1000}, {}, {}),
    *_each("its numbers with a point", ("betwin",), {"betAmount": 2.0}, {"bet_amount": Decimal("2.0")}, {}),
    *_each("ids of 64 bits", MONEY, {"transactionId": 2**63 - 1}, {"transaction_id": str(2**63 - 1)}, {}),
    # very likely: the currency of a betwin
    *_each(
        "with its currency",
        ("balance", "win", "betwin", "cancel"),
        {"currency": "USD"},
        {"currency": "USD"},
        {},
    ),
    # sister
    *_each(
        "the sister's fields",
        ("win",),
        {**_SISTERS, "currency": "USD"},
        {**_SISTERS_READ, "currency": "USD"},
        {},
    ),
    *_each(
        "the sister's fields",
        ("bet",),
        {**_SISTERS, "isRoundFinished": False},
        {**_SISTERS_READ, "is_round_finished": False},
        {},
    ),
    *_each("lost, no win follows", ("bet",), {"isRoundFinished": True}, {"is_round_finished": True}, {}),
    *_each("with its amount", ("cancel",), {"amount": 10.5}, {"amount": Decimal("10.5")}, {}),
    *_each(
        "ids as texts",
        MONEY,
        {"transactionId": "SP215202", "roundId": "R-9", "gameCode": "vs20doghouse"},
        {"transaction_id": "SP215202", "round_id": "R-9", "game_code": "vs20doghouse"},
        {},
    ),
    *_each("ids as texts", ("cancel",), {"referenceId": "SP1"}, {"bet_id": "SP1"}, {}),
    *_each(
        "its bonus call as a text", ("bet", "win", "betwin"), {"bonusId": "i3746"}, {"bonus_id": "i3746"}, {}
    ),
    # observed
    *_each("numbers as texts", MONEY, {"providerId": "1"}, {}, {"providerId": SPELLING}),
    *_each("numbers as texts", ONE_AMOUNT, {"amount": "10.5"}, {}, {"amount": SPELLING}),
    *_each(
        "numbers as texts",
        ("betwin",),
        {"betAmount": "2", "winAmount": "5.5"},
        {},
        {"betAmount": SPELLING, "winAmount": SPELLING},
    ),
    *_each("its timestamp as a text", MONEY, {"timestamp": str(SECONDS)}, {}, {"timestamp": SPELLING}),
    *[
        Spelling(f"a boolean as {value!r}", command, {field: value}, {attribute: meant}, {field: SPELLING})
        for value, meant in {0: False, 1: True, "0": False, "1": True, "true": True, "false": False}.items()
        for command, field, attribute in (
            ("bet", "isBonusBusy", "is_bonus_busy"),
            ("bet", "isRoundFinished", "is_round_finished"),
            ("win", "isRoundFinished", "is_round_finished"),
            ("win", "isCall", "is_call"),
        )
    ],
    *[
        Spelling(f"{field} {what}", command, {field: value}, {attribute: None}, {field: kind})
        for what, value, kind in (("missing", ..., "missing"), ("null", None, "other type"))
        for command in MONEY
        for field, attribute in {
            "timestamp": "timestamp",
            "roundId": "round_id",
            "gameCode": "game_code",
            "providerId": "provider_id",
            **({} if command == "cancel" else {"bonusId": "bonus_id"}),
            **({"isBonusBusy": "is_bonus_busy"} if command == "bet" else {}),
            **({"isRoundFinished": "is_round_finished"} if command == "win" else {}),
        }.items()
    ],
    *_each(
        "timestamp missing", ("balance",), {"timestamp": ...}, {"timestamp": None}, {"timestamp": "missing"}
    ),
    *_each(
        "its own id alone, which is the bet's",
        ("cancel",),
        {"transactionId": 1, "referenceId": ...},
        {"transaction_id": None, "bet_id": "1"},
        {},
    ),
    *_each(
        "the bet's id alone, and null for its own",
        ("cancel",),
        {"transactionId": None},
        {"transaction_id": None, "bet_id": "1"},
        {"transactionId": "other type"},
    ),
    *_each(
        "the bet's id alone",
        ("cancel",),
        {"transactionId": ...},
        {"transaction_id": None, "bet_id": "1"},
        {"transactionId": "missing"},
    ),
    *_each("the player as a number", ALL, {"playerId": 7}, {"player_id": "7"}, {"playerId": SPELLING}),
    *[
        Spelling("the command in capitals", command, {"command": command.upper()}, {}, {"command": SPELLING})
        for command in ALL
    ],
    *[
        Spelling(
            "the command with a capital", command, {"command": command.title()}, {}, {"command": SPELLING}
        )
        for command in ALL
    ],
    *_each("the currency in small letters", ("bet",), {"currency": "usd"}, {}, {"currency": SPELLING}),
    *_each(
        "a field that nobody knows",
        ALL,
        {"jackpot": 12.5},
        {},
        {"jackpot": "unknown field"},
    ),
    *_each(
        "fields that nobody can read, and nothing of money",
        ("bet",),
        {"timestamp": "soon", "isBonusBusy": "maybe", "gameCode": "a,b", "roundId": True, "providerId": -1},
        dict.fromkeys(("timestamp", "is_bonus_busy", "game_code", "round_id", "provider_id")),
        dict.fromkeys(("timestamp", "isBonusBusy", "gameCode", "roundId", "providerId"), "other type"),
    ),
    *_each(
        "nothing but what decides about money",
        ("bet",),
        dict.fromkeys(("roundId", "providerId", "gameCode", "isBonusBusy", "bonusId", "timestamp"), ...),
        dict.fromkeys(("round_id", "provider_id", "game_code", "is_bonus_busy", "bonus_id", "timestamp")),
        dict.fromkeys(
            ("roundId", "providerId", "gameCode", "isBonusBusy", "bonusId", "timestamp"), "missing"
        ),
    ),
]
