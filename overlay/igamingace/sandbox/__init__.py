"""The mock server built from the contract: routes, checks and answers come from it, state is in memory.

`igamingace sandbox` starts it; in tests, `with Sandbox() as sandbox:` runs it on a free port, and
`create_app()` gives it as an ASGI application for use without a socket. Needs the extra `sandbox`.
"""

from __future__ import annotations

try:
    from igamingace.sandbox._document import ContractError
    from igamingace.sandbox.app import ContractBreach, SandboxApp, create_app
    from igamingace.sandbox.server import Sandbox
except ModuleNotFoundError as error:
    raise ImportError(
        f"the sandbox needs {error.name}: install it with `pip install 'igamingace[sandbox]'`"
    ) from error

__all__ = ["ContractBreach", "ContractError", "Sandbox", "SandboxApp", "create_app"]
