"""The iGamingAce casino API: typed calls that never go over the account's limit of requests in flight."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from igamingace import errors
from igamingace._version import __version__
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
    from igamingace_bindings.rest.client import AsyncWalk, RawAnswer, Walk, WalkProgress

    from igamingace._client._async import AsyncAgent
    from igamingace._client._sync import Agent
    from igamingace._transport.base import Timeouts
    from igamingace.operators import AsyncOperator, Operator

__all__ = [
    "Agent",
    "AsyncAgent",
    "AsyncOperator",
    "AsyncWalk",
    "IGamingAceError",
    "Operator",
    "RawAnswer",
    "Timeouts",
    "Walk",
    "WalkProgress",
    "__version__",
    "errors",
]

_HOMES: Final = {
    "Agent": "igamingace._client._sync",
    "AsyncAgent": "igamingace._client._async",
    "AsyncOperator": "igamingace.operators",
    "Operator": "igamingace.operators",
    "AsyncWalk": "igamingace_bindings.rest.client",
    "RawAnswer": "igamingace_bindings.rest.client",
    "Walk": "igamingace_bindings.rest.client",
    "WalkProgress": "igamingace_bindings.rest.client",
    "Timeouts": "igamingace._transport.base",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: a wallet needs no client, and a client no operator."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
