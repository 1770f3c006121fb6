"""The two dialects of callbacks: as iGamingAce documents them, and as a sister deployment sends them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from igamingace_bindings.contract import CALLBACKS
from igamingace_bindings.scalars import OpaqueId

from igamingace._common.numbers import is_integer
from igamingace._wallet_client.messages import (
    CallbackMessage,
    RawLiteral,
    build_message,
    number_text,
    serialize,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

__all__ = [
    "DIALECTS",
    "DialectName",
    "RoundDetails",
    "as_sister",
    "misspelt",
    "require_dialect",
    "spelt_boolean",
    "with_one_id",
]

DialectName: TypeAlias = Literal["igamingace", "sister"]

DIALECTS: Final[tuple[DialectName, ...]] = get_args(DialectName)

_ID: Final = OpaqueId(number=True)
_TRUE: Final = (1, "1", "true")
_FALSE: Final = (0, "0", "false")
_SHARE: Final = 0.5
"""How many of the fields that can be spelt otherwise are."""
_TYPES: Final = {field.name: field.type for info in CALLBACKS.values() for field in info.fields}
_LEFT_OUT: Final = ("gameCode", "roundId")
_WITHOUT_TIMESTAMP: Final = frozenset({"bet", "cancel"})
_PLAY: Final = frozenset({"bet", "win"})


@dataclass(frozen=True, slots=True)
class RoundDetails:
    """What the sister tells besides: names for people, and the stake that a cancel gives back, if known."""

    currency: str
    provider_name: str = "Northern Reels"
    game_name: str = "Fjord Fortune"
    stake: Decimal | RawLiteral | int | None = None


def require_dialect(name: str) -> DialectName:
    """Return the name of a dialect.

    Raises:
        ValueError: there is no such dialect.
    """
    for known in DIALECTS:
        if name == known:
            return known
    raise ValueError(f"dialect: {name!r} is invalid; use {' or '.join(DIALECTS)}")


def as_sister(message: CallbackMessage, details: RoundDetails) -> CallbackMessage:
    """Return a callback as the sister documents it: ids as texts, and more fields.

    What is not signed as its body is, because it tests a refusal, is left as it is.
    """
    if not _is_plain(message):
        return message
    fields: dict[str, object] = {"currency": details.currency, **message.fields}
    command = message.command
    if command in _PLAY:
        names = {"providerName": details.provider_name, "gameName": details.game_name}
        fields = {**names, "isCall": fields.get("bonusId") not in {0, None}, **fields}
    if command == "bet":
        fields = {"isRoundFinished": False, **fields}
    if command == "cancel" and details.stake is not None:
        fields = {"amount": details.stake, **fields}
    for name, text in _TEXTS.items():
        if is_integer(fields.get(name)):
            fields[name] = text(fields[name])
    return build_message(command, fields)


def with_one_id(message: CallbackMessage, draw: Random) -> CallbackMessage:
    """Return a cancel with the id of its bet alone, under one of the two names; another callback as it is."""
    if message.command != "cancel" or not _is_plain(message):
        return message
    bet_id = message.fields.get("referenceId", message.fields.get("transactionId"))
    rest = {
        name: value for name, value in message.fields.items() if name not in {"referenceId", "transactionId"}
    }
    name = draw.choice(("referenceId", "transactionId"))
    return build_message("cancel", {name: bet_id, **rest})


def transaction_text(number: object) -> str:
    """Return the sister's id of a transaction."""
    return f"SP{number}"


def bonus_text(number: object) -> str:
    """Return the sister's id of a bonus call; 0 stands for none."""
    return f"i{number}" if number else "0"


_TEXTS: Final[Mapping[str, Callable[[object], str]]] = {
    "bonusId": bonus_text,
    "gameCode": str,
    "referenceId": transaction_text,
    "roundId": str,
    "transactionId": transaction_text,
}


def misspelt(message: CallbackMessage, draw: Random) -> CallbackMessage:
    """Return a callback with some fields as live traffic of a sister had them (api-facts section 4).

    Left out are the two spellings that no wallet can accept by itself: a missing `command`, which nothing but
    the body may tell, and the platform's `playerCode` in the place of your own id.
    """
    if not _is_plain(message):
        return message
    fields = dict(message.fields)
    for name, value in list(fields.items()):
        if draw.random() < _SHARE:
            fields[name] = _other_spelling(name, value, draw)
    if message.command in _WITHOUT_TIMESTAMP and draw.random() < _SHARE:
        fields.pop("timestamp", None)
    for name in _LEFT_OUT:
        if name in fields and draw.random() < _SHARE / 2:
            if draw.random() < _SHARE:
                del fields[name]
            else:
                fields[name] = None
    return build_message(message.command, fields)


def _is_plain(message: CallbackMessage) -> bool:
    """Tell whether a callback is as it would be sent in earnest."""
    return message.signature == "right" and message.body == serialize(message.fields)


def _other_spelling(name: str, value: object, draw: Random) -> object:
    kind = _TYPES.get(name)
    if isinstance(value, bool):
        return spelt_boolean(draw, value=value) if kind == "boolean" else value
    if kind in {"integer", "number"} and isinstance(value, int | Decimal | RawLiteral):
        return number_text(value)
    if kind == "id" and is_integer(value):
        return str(value)
    if name == "playerId" and isinstance(value, str):
        return _ID.json(value)
    if name == "command" and isinstance(value, str):
        return draw.choice((value.upper(), value.title()))
    return value


def spelt_boolean(draw: Random, *, value: bool) -> object:
    """Return a spelling of true or false that live traffic had."""
    return draw.choice(_TRUE if value else _FALSE)
