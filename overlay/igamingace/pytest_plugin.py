"""The pytest fixtures `wallet_check` and `wallet_check_async`: check your wallet in your own tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from igamingace.walletcheck import Report

__all__ = ["wallet_check", "wallet_check_async"]

# The checks are imported in the fixtures: pytest loads this module in every run where it is installed.


@pytest.fixture
def wallet_check() -> Callable[..., Report]:
    """Return `igamingace.walletcheck.check_wallet`, made to fail the test when a check fails.

    Example:
        def test_my_wallet(wallet_check):
            wallet_check(app, token="...", player="test-1", path="/callbacks")
    """

    def check(*args: Any, **options: Any) -> Report:  # noqa: ANN401 -- those of check_wallet
        from igamingace.walletcheck import check_wallet  # noqa: PLC0415 -- as said above

        return _judged(check_wallet(*args, **options))

    return check


@pytest.fixture
def wallet_check_async() -> Callable[..., Awaitable[Report]]:
    """Return `igamingace.walletcheck.check_wallet_async`, made to fail the test when a check fails."""

    async def check(*args: Any, **options: Any) -> Report:  # noqa: ANN401 -- those of check_wallet_async
        from igamingace.walletcheck import check_wallet_async  # noqa: PLC0415 -- as said above

        return _judged(await check_wallet_async(*args, **options))

    return check


def _judged(report: Report) -> Report:
    __tracebackhide__ = True
    if not report.ok:
        pytest.fail(report.text(), pytrace=False)
    return report
