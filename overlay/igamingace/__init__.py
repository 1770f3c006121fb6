"""The iGamingAce casino API: typed calls that never go over the account's limit of requests in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace import errors
from igamingace._common.lazy_names import lazy_names
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

_MODULES = {
    "Agent": "igamingace._client._sync",
    "AsyncAgent": "igamingace._client._async",
    "AsyncOperator": "igamingace.operators",
    "AsyncWalk": "igamingace_bindings.rest.client",
    "Operator": "igamingace.operators",
    "RawAnswer": "igamingace_bindings.rest.client",
    "Timeouts": "igamingace._transport.base",
    "Walk": "igamingace_bindings.rest.client",
    "WalkProgress": "igamingace_bindings.rest.client",
}
"""Where each name is: a wallet needs no client, and a client of one account no operator."""


__getattr__, __dir__ = lazy_names(__name__, _MODULES)
