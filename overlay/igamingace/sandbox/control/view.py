"""What the sandbox's state looks like as JSON: tokens masked, long lists cut."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from igamingace.sandbox.store.masking import masked

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object
    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.contract.contract import Contract
    from igamingace.sandbox.store.models import Account, Provider

MOST_PLAYERS_SHOWN: Final = 100
MOST_SESSIONS_SHOWN: Final = 100
MOST_ENDED_SHOWN: Final = 20


def show_world(world: World, contract: Contract) -> Object:
    """Return all there is to see."""
    return {
        "limit": contract.limit,
        **show_clock(world),
        "error_style": world.errors.style,
        "code_field": world.errors.field,
        "seed": world.faults.seed,
        "faults": [fault.shown() for fault in world.faults],
        "accounts": [show_account(account, world) for account in list(world.state.accounts.values())],
        "providers": [show_provider(provider) for provider in world.state.providers.values()],
        **show_sessions(world),
    }


def show_sessions(world: World) -> Object:
    """Return how many games are open, and the latest of them and of those that have ended, latest first."""
    now, opened, ended = world.clock(), world.sessions.open(), list(world.sessions.ended.values())
    return {
        "open_sessions": len(opened),
        "sessions": [session.shown(now) for session in reversed(opened[-MOST_SESSIONS_SHOWN:])],
        "ended_sessions": [session.shown(now) for session in reversed(ended[-MOST_ENDED_SHOWN:])],
    }


def show_clock(world: World) -> Object:
    """Return the time, and whether it was moved."""
    return {"now": world.clock().isoformat(), "moved": world.clock.moved}


def show_account(account: Account, world: World) -> Object:
    """Return one account with its figures (see `Gauge`), and its first players."""
    return {
        "id": account.id,
        "name": account.name,
        "level": account.level,
        "parent_id": account.parent_id,
        "currencies": list(account.currencies),
        "points": {currency: f"{amount:f}" for currency, amount in account.points.items()},
        "allowed_ips": list(account.allowed_ips),
        "callback_url": account.callback_url,
        "mode": account.mode,
        "token": masked(account.token),
        **world.gauges.figures(account.id),
        "players": list(islice(list(account.players), MOST_PLAYERS_SHOWN)),
    }


def show_provider(provider: Provider) -> Object:
    """Return one provider with its games."""
    return {
        "id": provider.id,
        "name": provider.name,
        "currencies": sorted(provider.currencies),
        "in_maintenance": provider.in_maintenance,
        "games": [
            {"id": game.id, "name": game.name, "type": game.type, "in_maintenance": game.in_maintenance}
            for game in provider.games.values()
        ],
    }
