"""Scenarios: made-up players, the callbacks that come, what a wallet must answer, and its book afterwards."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from igamingace._common.amounts import format_amount
from igamingace._wallet_client.messages import (
    Amount,
    CallbackMessage,
    RoundFields,
    balance_fields,
    bet_fields,
    betwin_fields,
    build_message,
    cancel_fields,
    request_headers,
    win_fields,
)
from igamingace.walletcheck._level import level_of_standing

from . import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from igamingace_bindings.contract import Standing

Object: TypeAlias = "dict[str, Any]"

OK: Final = "OK"
UNKNOWN: Final = "ERR_UNKNOWN"
INTEGRITY: Final = "ERR_INTEGRITY_CHECK_FAILED"
NOT_AUTHENTICATED: Final = "ERR_NOT_AUTHENTICATED"
NO_MONEY: Final = "ERR_NOT_ENOUGH_MONEY"
NO_BET: Final = "ERR_TRANSACTION_DOES_NOT_EXIST"
ROLLED_BACK: Final = "ERR_TRANSACTION_ROLLED_BACK"
WELL_FORMED: Final = b"A" * 86 + b"=="
"""A signature in form, of nothing."""

_TIMESTAMP: Final = 1713792000000  # in milliseconds, as the balance example has it


@dataclass(frozen=True, slots=True)
class Rule:
    """What an answer must be, and what it does to the book.

    Attributes:
        codes: The statusCodes that are right; empty for any but OK.
        change: By how much the balance changes, in major units.
        booked: The transactionIds that are booked by it.
        refunded: Those that are refunded by it.
    """

    codes: tuple[str, ...]
    change: Decimal = Decimal(0)
    booked: tuple[str, ...] = ()
    refunded: tuple[str, ...] = ()


class Scenario:
    """Callbacks of one player, and what they must lead to: what a vector is made from.

    A step may have two rules: then the vector has two outcomes, and a wallet must match one of them whole.
    """

    def __init__(self, name: str, balance: str = "100", currency: str = "USD", player: str = "") -> None:
        self.player: Final = player or f"v-{name}"
        self.currency: Final = currency
        self._players: Final[dict[str, str]] = {self.player: balance}
        self._last_id = int(sha256(name.encode()).hexdigest()[:10], 16) * 100  # below 2^53
        self._steps: Final[list[tuple[CallbackMessage, str, tuple[Rule, ...]]]] = []
        self._booked_ids: Final[set[str]] = set()
        self._refunded_ids: Final[set[str]] = set()

    # The callbacks.

    def new_id(self) -> int:
        """Return an id that no other vector has."""
        self._last_id += 1
        return self._last_id

    def add_player(self, balance: str = "100") -> str:
        """Add a second player, and return its id."""
        name = f"{self.player}-2"
        self._players[name] = balance
        return name

    def balance(self, **changes: object) -> CallbackMessage:
        """Return a `balance`; `changes` replace fields, `...` removes one."""
        return self._message("balance", balance_fields(self.player, _TIMESTAMP), changes)

    def bet(self, amount: Amount, /, **changes: object) -> CallbackMessage:
        """Return a `bet`."""
        fields = bet_fields(self._round(), self.new_id(), _TIMESTAMP, currency=self.currency, amount=amount)
        return self._message("bet", fields, changes)

    def win(self, amount: Amount, /, **changes: object) -> CallbackMessage:
        """Return a `win`."""
        return self._message(
            "win", win_fields(self._round(), self.new_id(), _TIMESTAMP, amount=amount), changes
        )

    def betwin(self, bet: Amount, win: Amount, /, **changes: object) -> CallbackMessage:
        """Return a `betwin`, with the currency that its page has lost."""
        fields = betwin_fields(self._round(), self.new_id(), _TIMESTAMP, bet=bet, win=win)
        return self._message("betwin", {**fields, "currency": self.currency}, changes)

    def cancel(self, bet: CallbackMessage | int, /, **changes: object) -> CallbackMessage:
        """Return the `cancel` of a bet or betwin, or of an id."""
        reference = bet if isinstance(bet, int) else bet.id
        fields = cancel_fields(self._round(), self.new_id(), _TIMESTAMP, reference_id=reference)
        if isinstance(bet, CallbackMessage):
            fields["roundId"] = bet.fields["roundId"]
        return self._message("cancel", fields, changes)

    def _round(self) -> RoundFields:
        return RoundFields(self.player, self.new_id(), 1, 655)

    def _message(
        self, command: str, fields: Mapping[str, object], changes: Mapping[str, object]
    ) -> CallbackMessage:
        return build_message(command, fields).with_fields(**changes)

    # What they must lead to.

    def ok(self, message: CallbackMessage, change: object = 0, about: str = "") -> None:
        """Let a callback come that must be answered with OK."""
        self._steps.append((message, about, (self._booked(message, change),)))

    def refused(self, message: CallbackMessage, *codes: str, about: str = "") -> None:
        """Let a callback come that must be refused: with one of the codes, or with any."""
        self._steps.append((message, about, (Rule(codes),)))

    def ok_or_refused(self, message: CallbackMessage, change: object = 0, about: str = "") -> None:
        """Let a callback come that is booked, or refused and not booked. The first is better."""
        self._steps.append((message, about, (self._booked(message, change), Rule(()))))

    def any_answer(self, message: CallbackMessage, about: str = "") -> None:
        """Let a callback come that changes nothing, whatever the answer is."""
        self._steps.append((message, about, (Rule((OK,)), Rule(()))))

    def _booked(self, message: CallbackMessage, change: object) -> Rule:
        """Return the rule of a callback that is answered with OK; it books and refunds a thing once."""
        own, bet = message.fields.get("transactionId"), message.fields.get("referenceId")
        if message.command.lower() == "cancel" and bet is None:
            own, bet = None, own  # its only id is the bet's
        booked = {str(own)} if own is not None else set[str]()
        refunded = {str(bet)} if bet is not None else set[str]()
        booked -= self._booked_ids
        refunded -= self._refunded_ids
        self._booked_ids.update(booked)
        self._refunded_ids.update(refunded)
        return Rule((OK,), Decimal(str(change)), tuple(booked), tuple(refunded))

    def vector(self) -> Object:
        """Return what the vector holds beside its description."""
        width = max(len(rules) for _, _, rules in self._steps)
        return {
            "before": {"players": [self._player(name, balance) for name, balance in self._players.items()]},
            "steps": [_step(message, about) for message, about, _ in self._steps],
            "outcomes": [self._outcome(index) for index in range(width)],
            "balances": [
                {"playerId": name, **_request(build_message("balance", balance_fields(name, _TIMESTAMP + 1)))}
                for name in self._players
            ],
        }

    def _player(self, name: str, balance: str) -> Object:
        return {"playerId": name, "currency": self.currency, "balance": balance}

    def _outcome(self, index: int) -> Object:
        balances = {name: Decimal(balance) for name, balance in self._players.items()}
        states: dict[str, str] = {}
        answers: list[Object] = []
        for message, _, rules in self._steps:
            rule = rules[min(index, len(rules) - 1)]
            player = str(message.fields.get("playerId"))
            answer: Object = {"httpStatus": 200}
            answer |= {"statusCode": list(rule.codes)} if rule.codes else {"statusCodeNot": [OK]}
            if player in balances:
                balances[player] += rule.change
                if rule.codes == (OK,):
                    answer["balance"] = format_amount(balances[player])
            states |= dict.fromkeys(rule.booked, "booked") | dict.fromkeys(rule.refunded, "refunded")
            answers.append(answer)
        return {
            "answers": answers,
            "after": {
                "players": [self._player(name, format_amount(amount)) for name, amount in balances.items()],
                "transactions": [{"transactionId": key, "state": state} for key, state in states.items()],
            },
        }


def _step(message: CallbackMessage, about: str) -> Object:
    return {**({"about": about} if about else {}), **_request(message)}


def _request(message: CallbackMessage) -> Object:
    headers = {
        name.decode(): value.decode("latin-1") for name, value in request_headers(message.signer(TOKEN))
    }
    return {"headers": headers, **as_body(message.body)}


def as_body(body: bytes) -> Object:
    """Return the bytes in base64, and as text where they are."""
    try:
        text: Object = {"text": body.decode()}
    except UnicodeDecodeError:
        text = {}
    return {"body": base64.b64encode(body).decode(), **text}


@dataclass(frozen=True, slots=True)
class Vector:
    """One vector.

    Attributes:
        id: Its name, `group.name`.
        title: What a wallet does that is right.
        standing: How well the rule is known.
        build: Adds its callbacks to a scenario.
        options: The balance, the currency and the id of the player, where they are not the usual ones.
    """

    id: str
    title: str
    standing: Standing
    build: Callable[[Scenario], None]
    options: Mapping[str, str]

    def content(self) -> Object:
        """Return the vector as it is published."""
        scenario = Scenario(self.id, **self.options)
        self.build(scenario)
        return {
            "id": self.id,
            "title": self.title,
            "level": level_of_standing(self.standing).value,
            "standing": self.standing,
            **scenario.vector(),
        }


class Group:
    """The vectors of one file.

    Attributes:
        name: The file's, and the beginning of the ids.
        title: What they are about.
        vectors: They, in order.
    """

    def __init__(self, name: str, title: str) -> None:
        self.name: Final = name
        self.title: Final = title
        self.vectors: Final[list[Vector]] = []

    def vector(
        self, name: str, title: str, standing: Standing, **options: str
    ) -> Callable[[Callable[[Scenario], None]], Callable[[Scenario], None]]:
        """Add what is decorated: a function that adds callbacks to a scenario."""

        def add(build: Callable[[Scenario], None]) -> Callable[[Scenario], None]:
            self.vectors.append(Vector(f"{self.name}.{name}", title, standing, build, options))
            return build

        return add
