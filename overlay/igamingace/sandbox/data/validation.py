"""Validates a casino as a whole: unique ids, valid references, values that the contract allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from igamingace_bindings.scalars import is_in_range

from igamingace._common.ip_addresses import parse_addresses
from igamingace.sandbox._errors import SandboxError
from igamingace.sandbox.contract.document import violations
from igamingace.sandbox.data.model import PlayerData
from igamingace.sandbox.store.amounts import MAX_TOTAL, amount_in
from igamingace.sandbox.store.clock import CALENDAR
from igamingace.sandbox.store.ids import canonical_id
from igamingace.sandbox.store.models import TransactionType
from igamingace.sandbox.store.state import MAX_ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from igamingace.sandbox._json import JSON
    from igamingace.sandbox.contract.document import Document
    from igamingace.sandbox.data.model import AccountData, Casino, GameData
    from igamingace.sandbox.store.ids import OpaqueId


_TYPES: Final = tuple(map(int, TransactionType))


class DataProblem(ValueError):  # noqa: N818 - a problem of a file
    """Something is wrong at `path`, which is written as msgspec does: `.accounts[0].parent`."""

    def __init__(self, path: str, text: str) -> None:
        super().__init__(f"{path}: {text}")
        self.path = path
        self.text = text


def validate_casino(casino: Casino, contract: Document) -> None:
    """Validate a casino: its parts fit together, and the contract allows its values.

    Raises:
        DataProblem: the first that is found.
    """
    if not casino.accounts:
        raise DataProblem("", "expected at least one account: [[accounts]]")
    if len(casino.accounts) > MAX_ACCOUNTS:
        raise DataProblem(".accounts", f"expected at most {MAX_ACCOUNTS} accounts")
    _unique(".providers", (provider.id for provider in casino.providers))
    games = {provider.id: {canonical_id(game.id) for game in provider.games} for provider in casino.providers}
    for index, provider in enumerate(casino.providers):
        path = f".providers[{index}]"
        _unique(f"{path}.games", (canonical_id(game.id) for game in provider.games), at_array=True)
        _check_field(f"{path}.id", provider.id, contract, "Provider", "providerId")
        for place, game in enumerate(provider.games):
            _check_field(f"{path}.games[{place}].id", game.id, contract, "Game", "gameID")
            _check_type(f"{path}.games[{place}].type", game, contract)
    _unique(".accounts", (account.id for account in casino.accounts))
    _unique(
        ".accounts", (account.token or index for index, account in enumerate(casino.accounts)), key="token"
    )
    operators: set[str] = set()
    for index, account in enumerate(casino.accounts):
        _check_by_contract(f".accounts[{index}]", account, contract)
        _check_account(f".accounts[{index}]", account, games, operators)
        if account.level == "operator":
            operators.add(account.id)


def _check_field(path: str, value: JSON, contract: Document, schema: str, name: str) -> None:
    """Have a value that operations tell or take be one that the contract admits there."""
    validator = contract.field(schema, name)
    for wrong in violations(validator, value, name) if validator is not None else ():
        raise DataProblem(path, f"expected what the contract has as {wrong}")


def _check_type(path: str, game: GameData, contract: Document) -> None:
    known = contract.known_values("Game", "gameType")
    if isinstance(game.type, int):
        _check_field(path, game.type, contract, "Game", "gameType")
    elif known and game.type not in known:
        raise DataProblem(path, f"expected {', '.join(known)}, not {game.type!r}")


def _check_by_contract(path: str, account: AccountData, contract: Document) -> None:
    _check_field(f"{path}.id", account.id, contract, "CreateOperator", "operatorId")
    for index, player in enumerate(account.players):
        _check_field(f"{path}.players[{index}]", _id_of(player), contract, "CreatePlayer", "playerExternalId")
    for index, movement in enumerate(account.movements):
        _check_field(
            f"{path}.movements[{index}].id", movement.id, contract, "DepositToPlayer", "transactionId"
        )
    for index, call in enumerate(account.bonus_calls):
        where = f"{path}.bonus_calls[{index}]"
        _check_field(f"{where}.remaining", call.remaining, contract, "BonusCall", "roundsRemaining")
        _check_field(f"{where}.rounds", call.rounds, contract, "BonusCallSpins", "spinAmount")
        _check_field(f"{where}.provider", call.provider, contract, "BonusCall", "providerId")
        _check_field(f"{where}.game", str(call.game), contract, "BonusCall", "gameCode")
        _check_field(f"{where}.player", call.player, contract, "CreatePlayer", "playerExternalId")
    for index, entry in enumerate(account.transactions):
        where = f"{path}.transactions[{index}]"
        _check_field(f"{where}.player", entry.player, contract, "CreatePlayer", "playerExternalId")
        if entry.provider is not None:
            _check_field(f"{where}.provider", entry.provider, contract, "Transaction", "providerId")
        if entry.game is not None:
            _check_field(f"{where}.game", str(entry.game), contract, "Transaction", "gameCode")


def _check_account(
    path: str, account: AccountData, games: Mapping[int, set[OpaqueId]], operators: set[str]
) -> None:
    if account.parent is not None and account.parent not in operators:
        raise DataProblem(
            f"{path}.parent", f"expected the id of an operator above it, not {account.parent!r}"
        )
    for name, value in (("rtp", account.rtp), ("ggr_rate", account.ggr_rate)):
        if not (is_in_range(value) and 0 <= value <= 100):  # noqa: PLR2004 - they are percentages
            raise DataProblem(f"{path}.{name}", f"expected a percentage from 0 to 100, not {value}")
    for provider in account.providers or ():
        if provider not in games:
            raise DataProblem(f"{path}.providers", f"expected ids of [[providers]], not {provider}")
    for _, problem in parse_addresses(account.allowed_ips)[1]:
        raise DataProblem(f"{path}.allowed_ips", problem)
    _check_money(f"{path}.points", account.points, account.currencies)
    _check_players(path, account)
    _check_rounds(path, account, games)
    _check_books(path, account)


def _check_players(path: str, account: AccountData) -> None:
    if account.level == "operator" and account.players:
        raise DataProblem(f"{path}.players", "expected none: players belong to agents")
    _unique(f"{path}.players", map(_id_of, account.players), at_array=True)
    for index, player in enumerate(account.players):
        if isinstance(player, PlayerData):
            _check_money(f"{path}.players[{index}].wallet", player.wallet, account.currencies)


def _check_rounds(path: str, account: AccountData, games: Mapping[int, set[OpaqueId]]) -> None:
    players = set(map(_id_of, account.players))
    for index, played in enumerate(account.rounds):
        where = f"{path}.rounds[{index}]"
        if played.player not in players:
            raise DataProblem(where, f"expected a player of this account, not {played.player!r}")
        if canonical_id(played.game) not in games.get(played.provider, ()):
            raise DataProblem(where, f"expected a game of a provider, not {played.provider}/{played.game}")
        for amount in (played.bet, played.win):
            _check_money(where, {account.currencies[0]: amount}, account.currencies)


def _check_books(path: str, account: AccountData) -> None:
    """Check the types, and of amounts the size: a wallet may tell a balance with more digits, or below 0."""
    for index, entry in enumerate(account.transactions):
        _check_kind(f"{path}.transactions[{index}].type", entry.type)
        _check_time(f"{path}.transactions[{index}].at", entry.at)
        _check_size(f"{path}.transactions[{index}].amount", entry.amount)
        if entry.balance is not None:
            _check_size(f"{path}.transactions[{index}].balance", entry.balance)
    for index, movement in enumerate(account.movements):
        _check_kind(f"{path}.movements[{index}].type", movement.type)
        _check_size(f"{path}.movements[{index}].amount", movement.amount)
    for index, call in enumerate(account.bonus_calls):
        for name, amount in (("amount", call.amount), ("base_bet", call.base_bet), ("won", call.won)):
            _check_size(f"{path}.bonus_calls[{index}].{name}", amount)
        _check_time(f"{path}.bonus_calls[{index}].expires", call.expires)
        if call.created is not None:
            _check_time(f"{path}.bonus_calls[{index}].created", call.created)


def _check_time(path: str, moment: datetime) -> None:
    if moment.year not in CALENDAR:
        raise DataProblem(path, f"expected a time from {CALENDAR[0]} to {CALENDAR[-1]}, not {moment}")


def _check_kind(path: str, kind: int) -> None:
    if kind not in _TYPES:
        raise DataProblem(path, f"expected {', '.join(map(str, _TYPES))}, not {kind}")


def _check_size(path: str, amount: Decimal) -> None:
    if not (is_in_range(amount) and amount.copy_abs() <= MAX_TOTAL):
        raise DataProblem(path, f"expected an amount of at most {MAX_TOTAL:f}, not {amount}")


def _id_of(player: str | PlayerData) -> str:
    return player if isinstance(player, str) else player.id


def _check_money(path: str, money: Mapping[str, Decimal], currencies: list[str]) -> None:
    for currency, amount in money.items():
        if currency not in currencies:
            raise DataProblem(path, f"expected amounts in {', '.join(currencies)}, not {currency}")
        if not (amount.is_finite() and amount >= 0):
            raise DataProblem(path, f"expected an amount of at least 0, not {amount}")
        try:
            amount_in(currency, amount, f"the amount {amount}", MAX_TOTAL)
        except SandboxError as error:
            raise DataProblem(path, error.message) from None


def _unique(path: str, values: Iterable[object], *, key: str = "id", at_array: bool = False) -> None:
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            text = "a token" if key == "token" else repr(value)
            place = path if at_array else f"{path}[{index}].{key}"
            raise DataProblem(place, f"expected each {key} once; {text} appears before")
        seen.add(value)
