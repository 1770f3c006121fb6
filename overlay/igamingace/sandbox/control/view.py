"""The sandbox's state as JSON, with tokens masked and long lists cut."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from igamingace.sandbox.store.masking import abbreviate_token

if TYPE_CHECKING:
    from igamingace.sandbox._json import Object
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.contract.contract import Contract
    from igamingace.sandbox.store.models import Account, Provider

MAX_PLAYERS_SHOWN: Final = 100
MAX_SESSIONS_SHOWN: Final = 100
MAX_ENDED_SHOWN: Final = 20


def show_sandbox(runtime: Runtime, contract: Contract) -> Object:
    """Return all there is to see."""
    return {
        "limit": contract.limit,
        **show_clock(runtime),
        "dialect": runtime.dialect.name,
        "error_style": runtime.errors.style,
        "code_field": runtime.errors.field,
        "seed": runtime.faults.seed,
        "faults": [fault.to_json() for fault in runtime.faults],
        "accounts": [show_account(account, runtime) for account in list(runtime.state.accounts.values())],
        "providers": [show_provider(provider) for provider in runtime.state.providers.values()],
        **show_sessions(runtime),
    }


def show_sessions(runtime: Runtime) -> Object:
    """Return how many games are open, and the latest of them and of those that have ended, latest first."""
    now, opened, ended = runtime.clock(), runtime.sessions.open(), list(runtime.sessions.ended.values())
    return {
        "open_sessions": len(opened),
        "sessions": [session.to_json(now) for session in reversed(opened[-MAX_SESSIONS_SHOWN:])],
        "ended_sessions": [session.to_json(now) for session in reversed(ended[-MAX_ENDED_SHOWN:])],
    }


def show_clock(runtime: Runtime) -> Object:
    """Return the time, and whether it was moved."""
    return {"now": runtime.clock().isoformat(), "moved": runtime.clock.moved}


def show_account(account: Account, runtime: Runtime) -> Object:
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
        "token": abbreviate_token(account.token),
        **runtime.gauges.figures(account.id),
        "players": list(islice(list(account.players), MAX_PLAYERS_SHOWN)),
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
