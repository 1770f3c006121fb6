"""What the operations do, by operationId: one module a resource, found by importing this package."""

from __future__ import annotations

from igamingace.sandbox.handlers import bonus_calls, games, operators, players, providers, transactions
from igamingace.sandbox.handlers.registry import HANDLERS, Call, Handler, handles

__all__ = [
    "HANDLERS",
    "Call",
    "Handler",
    "bonus_calls",
    "games",
    "handles",
    "operators",
    "players",
    "providers",
    "transactions",
]
