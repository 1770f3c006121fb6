"""Dumps the sandbox's state as data that another sandbox can load.

Open games, the logs and the figures are not kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace.sandbox.data.model import (
    AccountData,
    BonusCallData,
    Casino,
    GameData,
    LaunchData,
    MovementData,
    NextData,
    PlayerData,
    ProviderData,
    TransactionData,
)

if TYPE_CHECKING:
    from igamingace.sandbox.store.models import Account, BonusCall, Launch, Player, Provider, Transaction
    from igamingace.sandbox.store.state import CasinoState


def dump_state(state: CasinoState, clock_ahead: float = 0.0) -> Casino:
    """Return the data of `state`, tokens included."""
    player_code, transaction, bonus_call = state.next_numbers()
    return Casino(
        providers=[_provider(provider) for provider in state.providers.values()],
        accounts=[_account(account) for account in list(state.accounts.values())],
        launches=[_launch(launch) for launch in list(state.launches.values())],
        next=NextData(player_code=player_code, transaction=transaction, bonus_call=bonus_call),
        clock_ahead=clock_ahead,
    )


def _provider(provider: Provider) -> ProviderData:
    return ProviderData(
        id=provider.id,
        name=provider.name,
        games=[
            GameData(id=game.id, name=game.name, type=game.type, in_maintenance=game.in_maintenance)
            for game in provider.games.values()
        ],
        currencies=sorted(provider.currencies),
        in_maintenance=provider.in_maintenance,
    )


def _account(account: Account) -> AccountData:
    return AccountData(
        id=account.id,
        name=account.name,
        level=account.level,
        token=account.token,
        currencies=list(account.currencies),
        points=account.booked_points(),
        parent=account.parent_id,
        providers=list(account.provider_ids),
        rtp=account.rtp,
        ggr_rate=account.ggr_rate,
        callback_url=account.callback_url,
        allowed_ips=list(account.allowed_ips),
        payment_method=account.payment_method,
        mode=account.chosen_mode,
        players=[_player(player) for player in list(account.players.values())],
        transactions=[_transaction(entry) for entry in account.transactions.copy()],
        movements=[
            MovementData(
                id=key, type=int(move.type), player=move.player_id, currency=move.currency, amount=move.amount
            )
            for key, move in list(account.movements.items())
        ],
        bonus_calls=[_bonus_call(each) for each in list(account.bonus_calls.values())],
    )


def _player(player: Player) -> PlayerData:
    return PlayerData(
        id=player.external_id,
        code=player.code,
        wallet=dict(player.wallet),
        bonus_call=player.bonus_call.id if player.bonus_call is not None else None,
    )


def _transaction(entry: Transaction) -> TransactionData:
    return TransactionData(
        id=entry.id,
        type=int(entry.type),
        player=entry.player_id,
        currency=entry.currency,
        amount=entry.amount,
        at=entry.at,
        round=entry.round_id,
        provider=entry.provider_id,
        game=entry.game_id,
        balance=entry.balance,
    )


def _bonus_call(each: BonusCall) -> BonusCallData:
    return BonusCallData(
        id=each.id,
        player=each.player_id,
        amount=each.amount,
        rounds=each.rounds,
        expires=each.expires,
        provider=each.provider_id,
        game=each.game_id,
        base_bet=each.base_bet,
        remaining=each.remaining,
        created=each.created,
        won=each.won,
        cancelled=each.cancelled,
    )


def _launch(launch: Launch) -> LaunchData:
    return LaunchData(
        token=launch.token,
        account=launch.account_id,
        player=launch.player_id,
        provider=launch.provider_id,
        game=launch.game.id,
        language=launch.language,
        return_url=launch.return_url,
        is_streamer=launch.is_streamer,
        expires=launch.expires,
        spent=launch.spent,
    )
