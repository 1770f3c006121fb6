"""The iGamingAce casino API: typed calls that never go over the account's limit of requests in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace_bindings.rest.client import AsyncWalk, RawAnswer, Walk, WalkProgress

from igamingace import errors
from igamingace._client._async import AsyncAgent
from igamingace._client._sync import Agent
from igamingace._transport.base import Timeouts
from igamingace._version import __version__
from igamingace.errors import IGamingAceError

if TYPE_CHECKING:
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


def __getattr__(name: str) -> object:
    """Import what is for operators of many agents when it is first used."""
    if name not in {"AsyncOperator", "Operator"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from igamingace import operators  # noqa: PLC0415 -- keeps `import igamingace` light

    return getattr(operators, name)
