"""Fixtures for pytest: the wallet check, and a sandbox.

`wallet_check` and `wallet_check_async`; `igamingace_sandbox` in this process, and
`igamingace_sandbox_server` on a port, both with the options that `igamingace_sandbox_options` returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from igamingace.sandbox import Sandbox, SandboxApp
    from igamingace.walletcheck import Report

__all__ = [
    "igamingace_sandbox",
    "igamingace_sandbox_options",
    "igamingace_sandbox_server",
    "wallet_check",
    "wallet_check_async",
]

# Imports are inside the fixtures, because pytest loads this module in every run.


@pytest.fixture
def wallet_check() -> Callable[..., Report]:
    """Return `igamingace.walletcheck.check_wallet`; the test fails unless the report is ok.

    Example:
        def test_my_wallet(wallet_check):
            wallet_check(app, token="...", player="test-1", path="/callbacks")
    """

    def check(*args: Any, **options: Any) -> Report:  # noqa: ANN401 -- the arguments of check_wallet
        from igamingace.walletcheck import check_wallet  # noqa: PLC0415 -- see above

        return _fail_unless_ok(check_wallet(*args, **options))

    return check


@pytest.fixture
def wallet_check_async() -> Callable[..., Awaitable[Report]]:
    """Return `igamingace.walletcheck.check_wallet_async`; the test fails unless the report is ok."""

    async def check(*args: Any, **options: Any) -> Report:  # noqa: ANN401 -- the arguments of check_wallet_async
        from igamingace.walletcheck import check_wallet_async  # noqa: PLC0415 -- see above

        return _fail_unless_ok(await check_wallet_async(*args, **options))

    return check


@pytest.fixture
def igamingace_sandbox_options() -> dict[str, Any]:
    """Return the options of the next two fixtures: those of `igamingace.sandbox.create_app`; none here.

    Example:
        @pytest.mark.parametrize("igamingace_sandbox_options", [{"dialect": "sister"}])
        def test_my_lobby_in_the_other_dialect(igamingace_sandbox): ...
    """
    return {}


@pytest.fixture
def igamingace_sandbox(igamingace_sandbox_options: dict[str, Any]) -> Iterator[SandboxApp]:
    """Return a new sandbox in this process; its own errors are raised in the test.

    Example:
        def test_my_lobby(igamingace_sandbox):
            igamingace_sandbox.faults.add("busy", count=3)
            with Agent(igamingace_sandbox.token, transport=igamingace_sandbox.transport()) as agent:
                assert my_lobby(agent) == ["Northern Reels"]
            assert len(igamingace_sandbox.requests) == 4
    """
    from igamingace.sandbox import create_app  # noqa: PLC0415 -- see above

    app = create_app(**igamingace_sandbox_options)
    yield app
    app.close()


@pytest.fixture
def igamingace_sandbox_server(igamingace_sandbox_options: dict[str, Any]) -> Iterator[Sandbox]:
    """Return a new sandbox on a free port, for other processes and other HTTP clients.

    Example:
        def test_my_program(igamingace_sandbox_server):
            sandbox = igamingace_sandbox_server
            environment = {"IGAMINGACE_BASE_URL": sandbox.url, "IGAMINGACE_API_TOKEN": sandbox.token}
            subprocess.run(["my-program"], env=environment, check=True)
    """
    from igamingace.sandbox import Sandbox  # noqa: PLC0415 -- see above

    with Sandbox(**igamingace_sandbox_options) as sandbox:
        yield sandbox


def _fail_unless_ok(report: Report) -> Report:
    __tracebackhide__ = True
    if not report.ok:
        pytest.fail(report.text(), pytrace=False)
    return report
