"""Handlers of the operations by operationId, one module for each resource; importing registers them."""

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
