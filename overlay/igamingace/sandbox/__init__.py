"""A mock server of the API, built from the OpenAPI contract; its state is in memory.

`igamingace sandbox` starts it; in tests, `with Sandbox() as sandbox:` runs it on a free port, and
`create_app()` gives it as an ASGI application for use without a socket. Needs the extra `sandbox`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from igamingace._common.lazy_names import lazy_names

if TYPE_CHECKING:
    from igamingace.sandbox._errors import SandboxError
    from igamingace.sandbox.app import SandboxApp, create_app
    from igamingace.sandbox.contract.document import ContractError
    from igamingace.sandbox.data import DataError, read_casino
    from igamingace.sandbox.faults import Fault
    from igamingace.sandbox.games._async import AsyncGameSession
    from igamingace.sandbox.games._sync import GameSession
    from igamingace.sandbox.games.delivery import Delivery
    from igamingace.sandbox.games.rounds import Played
    from igamingace.sandbox.http.pipeline import ContractBreach
    from igamingace.sandbox.server import Sandbox

__all__ = [
    "AsyncGameSession",
    "ContractBreach",
    "ContractError",
    "DataError",
    "Delivery",
    "Fault",
    "GameSession",
    "Played",
    "Sandbox",
    "SandboxApp",
    "SandboxError",
    "create_app",
    "read_casino",
]

_MODULES = {
    "AsyncGameSession": "games._async",
    "ContractBreach": "app",
    "ContractError": "contract.document",
    "DataError": "data",
    "Delivery": "games.delivery",
    "Fault": "faults",
    "GameSession": "games._sync",
    "Played": "games.rounds",
    "SandboxError": "_errors",
    "Sandbox": "server",
    "SandboxApp": "app",
    "create_app": "app",
    "read_casino": "data",
}

__getattr__, __dir__ = lazy_names(
    __name__, {name: f"{__name__}.{module}" for name, module in _MODULES.items()}, extra="sandbox"
)
