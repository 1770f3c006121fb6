"""Operations on many accounts from event loops: balances, transfers, creation, settings, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace._common.secret import Secret
from igamingace.operators._base import OperatorBase
from igamingace.operators._management import allowed_ips as _allowed_ips
from igamingace.operators._management import balances as _balances
from igamingace.operators._management.allowed_ips import AllowedAddresses
from igamingace.operators._management.create import check_spec, create
from igamingace.operators._management.discover import discover
from igamingace.operators._management.health import HealthExpectations, check
from igamingace.operators._management.probe import PROBE_TIMEOUT
from igamingace.operators._runs.agents import AsyncManagedAgent
from igamingace.operators._runs.flow import RunOptions
from igamingace.operators._transfers import transfer as _transfer
from igamingace.operators._transfers.journal import Journal
from igamingace.operators._transfers.plan import existing_plan, plan_top_up
from igamingace.operators._transfers.top_up import rehearse, top_up
from igamingace.operators._transfers.top_up_state import journal_limits
from igamingace.operators._transfers.transfer import SETTLE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer

    from igamingace.operators._accounts.account import Account, Level
    from igamingace.operators._management.allowed_ips import AddressChange
    from igamingace.operators._management.balances import Balances
    from igamingace.operators._management.create import NewAccount
    from igamingace.operators._management.discover import Discovery
    from igamingace.operators._management.health import HealthReport
    from igamingace.operators._runs.flow import Flow
    from igamingace.operators._transfers.amounts import Amounts
    from igamingace.operators._transfers.plan import Plan
    from igamingace.operators._transfers.top_up_state import TopUp

__all__ = ["AsyncOperations"]

T = TypeVar("T")


class AsyncOperations(OperatorBase[AsyncManagedAgent]):
    """The operations of `AsyncOperator`, each a flow of several calls."""

    async def balances(
        self, agents: Iterable[Account | str] | None = None, *, deadline: float | None = None
    ) -> Balances:
        """Read the points of many accounts; see `Operator.balances`."""
        flow = _balances.read_balances(self._selected(agents), RunOptions(deadline=deadline))
        return self._shown(await self._drive(flow))

    async def transfer(
        self,
        to: str,
        amount: Decimal,
        currency: str,
        *,
        source: str | None = None,
        remark: str | None = None,
        settle: float = SETTLE,
    ) -> BalanceTransfer:
        """Move points from an account to its child, never twice; see `Operator.transfer`."""
        order = _transfer.make_order(self._tree, to, amount, currency, source=source, remark=remark)
        return await self._drive(_transfer.transfer(order, settle=settle))

    async def create_agent(
        self,
        name: str,
        *,
        currency: str,
        rate: Decimal,
        parent: str | None = None,
        level: Level = "agent",
        operator_id: str | None = None,
        title: str | None = None,
        site: str | None = None,
        password: str | None = None,
        allowed_ips: str | Iterable[str] | None = None,
        everybody: bool = False,
        callback_url: str | None = None,
    ) -> NewAccount:
        """Create an account below another one; see `Operator.create_agent`."""
        secret = Secret(password)
        del password  # a traceback shows local variables
        spec = check_spec(
            self._tree,
            name,
            parent=parent,
            currency=currency,
            rate=rate,
            level=level,
            operator_id=operator_id,
            title=title,
            site=site,
            password=secret,
            allowed_ips=allowed_ips,
            everybody=everybody,
            callback_url=callback_url,
        )
        return await self._drive(create(self._tree, spec))

    async def plan_top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        agents: Iterable[Account | str] | None = None,
        deadline: float | None = None,
    ) -> Plan:
        """Plan the transfers that top up agents; see `Operator.plan_top_up`."""
        options = RunOptions(deadline=deadline)
        return await self._drive(
            plan_top_up(self._tree, self._top_up_accounts(agents), minimum, target, options)
        )

    async def top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        journal: str | os.PathLike[str],
        agents: Iterable[Account | str] | None = None,
        plan: Plan | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
        settle: float = SETTLE,
    ) -> TopUp:
        """Top up each agent with too few points, with a journal; see `Operator.top_up`."""
        options = RunOptions(deadline=deadline)
        planning = (
            plan_top_up(self._tree, self._top_up_accounts(agents), minimum, target, options)
            if plan is None
            else existing_plan(plan)
        )
        limits = journal_limits(minimum, target)
        if dry_run:
            return await self._drive(rehearse(planning, limits, journal))
        with Journal(journal) as opened:
            return await self._drive(top_up(self._tree, planning, limits, opened, settle=settle))

    async def check(
        self,
        agents: Iterable[Account | str] | None = None,
        *,
        floor: Amounts | None = None,
        callbacks: bool = True,
        callback_timeout: float = PROBE_TIMEOUT,
        deadline: float | None = None,
        progress: bool = False,
    ) -> HealthReport:
        """Check the health of accounts; see `Operator.check`."""
        expected = HealthExpectations(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        return await self._drive(check(self._selected(agents), expected, options))

    async def discover(self, *, deadline: float | None = None) -> Discovery:
        """Read all accounts from the API, each with its own token; see `Operator.discover`."""
        return await self._drive(discover(self._tree, RunOptions(deadline=deadline)))

    async def allowed_ips(self, name: str) -> AllowedAddresses:
        """Read the addresses whose requests are accepted; see `Operator.allowed_ips`."""
        return await self._drive(_allowed_ips.allowed_ips(name))

    async def set_allowed_ips(
        self, name: str, addresses: str | Iterable[str], *, everybody: bool = False
    ) -> AddressChange:
        """Replace the addresses whose requests are accepted; see `Operator.set_allowed_ips`."""
        parsed = AllowedAddresses(addresses)
        return await self._drive(_allowed_ips.set_allowed_ips(name, parsed, everybody=everybody))

    async def _drive(self, flow: Flow[T]) -> T:
        """Run a flow."""
        raise NotImplementedError
