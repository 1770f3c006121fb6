"""Loads a casino's data into the sandbox's state."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from igamingace.sandbox.data.model import PlayerData
from igamingace.sandbox.store.addresses import parse_allowed
from igamingace.sandbox.store.ids import canonical_id
from igamingace.sandbox.store.models import (
    Account,
    BonusCall,
    Game,
    Launch,
    Movement,
    Player,
    Provider,
    Transaction,
    TransactionType,
)
from igamingace.sandbox.store.state import CasinoState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from igamingace.sandbox.data.model import AccountData, BonusCallData, Casino, GameData, LaunchData

    GameTypes = Mapping[str, int]


def load_state(casino: Casino, tokens: Mapping[str, str], types: GameTypes, now: datetime) -> CasinoState:
    """Return a fresh state.

    Args:
        casino: Its data, checked.
        tokens: Of all accounts, by id.
        types: The numbers of the types of games, by name.
        now: When it starts: the rounds in the data were played before.

    Raises:
        ValueError: a game's type is unknown.
    """
    every = frozenset(currency for account in casino.accounts for currency in account.currencies)
    state = CasinoState(
        [
            Provider(
                provider.id,
                provider.name,
                {canonical_id(game.id): _game(game, types) for game in provider.games},
                every if provider.currencies is None else frozenset(provider.currencies),
                provider.in_maintenance,
            )
            for provider in casino.providers
        ]
    )
    if casino.next is not None:
        state.continue_with(casino.next.player_code, casino.next.transaction, casino.next.bonus_call)
    for data in casino.accounts:
        _add(state, data, tokens[data.id], now)
    for launch in casino.launches:
        made = _launch(launch, state)
        if made is not None:
            state.launches[made.token] = made
    return state


def _game(data: GameData, types: GameTypes) -> Game:
    """Return the game; without any types in the contract, every name means 0."""
    kind = types.get(data.type, None if types else 0) if isinstance(data.type, str) else data.type
    if kind is None:
        raise ValueError(f"game {data.id}: type: expected {', '.join(types)}, not {data.type!r}")
    return Game(canonical_id(data.id), data.name, kind, data.in_maintenance)


def _add(state: CasinoState, data: AccountData, token: str, now: datetime) -> None:
    account = Account(
        data.id,
        data.name or data.id,
        data.level,
        token,
        tuple(dict.fromkeys(data.currencies)),
        tuple(state.providers if data.providers is None else data.providers),
        parent_id=data.parent,
        points=dict(data.points),
        rtp=data.rtp,
        ggr_rate=data.ggr_rate,
        callback_url=data.callback_url,
        allowed_ips=parse_allowed(data.allowed_ips, "allowed_ips"),
        payment_method=data.payment_method,
        chosen_mode=data.mode,
    )
    state.add_account(account)
    _add_players(state, account, data)
    _add_books(state, account, data, now)


def _add_players(state: CasinoState, account: Account, data: AccountData) -> None:
    for each in data.bonus_calls:
        account.bonus_calls[each.id] = _bonus_call(each)
    for given in data.players:
        player = given if isinstance(given, PlayerData) else PlayerData(id=given)
        if player.code is None:
            made = state.link_player(account, player.id)
        else:
            made = account.players[player.id] = Player(player.code, player.id)
        made.wallet.update(player.wallet)
        if player.bonus_call is not None:
            made.bonus_call = account.bonus_calls.get(player.bonus_call)


def _add_books(state: CasinoState, account: Account, data: AccountData, now: datetime) -> None:
    for entry in data.transactions:
        account.transactions.append(
            Transaction(
                entry.id,
                TransactionType(entry.type),
                entry.player,
                entry.currency,
                entry.amount,
                entry.at,
                entry.round,
                entry.provider,
                None if entry.game is None else canonical_id(entry.game),
                entry.balance,
            )
        )
    for move in data.movements:
        account.movements[move.id] = Movement(
            TransactionType(move.type), move.player, move.currency, move.amount
        )
    for number, played in enumerate(data.rounds):
        at = now - timedelta(minutes=played.minutes_ago)
        for kind, amount in ((TransactionType.BET, played.bet), (TransactionType.WIN, played.win)):
            state.record(
                account,
                kind,
                played.player,
                (Decimal(amount), account.currency),
                at,
                round_id=number + 1 if played.id is None else played.id,
                game=(played.provider, canonical_id(played.game)),
            )


def _bonus_call(data: BonusCallData) -> BonusCall:
    made = BonusCall(
        id=data.id,
        player_id=data.player,
        amount=data.amount,
        rounds=data.rounds,
        expires=data.expires,
        provider_id=data.provider,
        game_id=canonical_id(data.game),
        base_bet=data.base_bet,
        created=data.created,
        won=data.won,
        cancelled=data.cancelled,
    )
    made.remaining = data.remaining
    return made


def _launch(data: LaunchData, state: CasinoState) -> Launch | None:
    provider = state.providers.get(data.provider)
    game = provider.games.get(canonical_id(data.game)) if provider is not None else None
    if provider is None or game is None or data.account not in state.accounts:
        return None
    return Launch(
        token=data.token,
        account_id=data.account,
        player_id=data.player,
        provider_id=provider.id,
        game=game,
        language=data.language,
        return_url=data.return_url,
        is_streamer=data.is_streamer,
        expires=data.expires,
        spent=data.spent,
    )
