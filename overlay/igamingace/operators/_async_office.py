"""What an operator does with the accounts of many agents, from event loops: points, settings, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from igamingace._common.secret import Secret
from igamingace.operators import _balances, _settings, _transfer
from igamingace.operators._addresses import AllowedAddresses
from igamingace.operators._agents import AsyncManagedAgent
from igamingace.operators._base import OperatorBase
from igamingace.operators._create import create, wish_of
from igamingace.operators._discover import discover
from igamingace.operators._health import Wanted, check
from igamingace.operators._plan import given, plan_top_up
from igamingace.operators._probe import PROBE_TIMEOUT
from igamingace.operators._record import Record
from igamingace.operators._steps import RunOptions
from igamingace.operators._top_up import rehearse, top_up, wishes_of
from igamingace.operators._transfer import SETTLE

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from decimal import Decimal

    from igamingace_bindings.rest.models.balance_transfer import BalanceTransfer

    from igamingace.operators._accounts import Account, Level
    from igamingace.operators._addresses import AddressChange
    from igamingace.operators._balances import Balances
    from igamingace.operators._create import NewAccount
    from igamingace.operators._discover import Discovery
    from igamingace.operators._health import HealthReport
    from igamingace.operators._money import Amounts
    from igamingace.operators._plan import Plan
    from igamingace.operators._steps import Flow
    from igamingace.operators._top_up import TopUp

__all__ = ["AsyncOffice"]

T = TypeVar("T")


class AsyncOffice(OperatorBase[AsyncManagedAgent]):
    """The operations over several calls; `AsyncOperator` is this and more."""

    async def balances(
        self, agents: Iterable[Account | str] | None = None, *, deadline: float | None = None
    ) -> Balances:
        """Read the points of many accounts; see `Operator.balances`."""
        flow = _balances.balances(self._chosen(agents), RunOptions(deadline=deadline))
        return self._seen(await self._drive(flow))

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
        order = _transfer.order_of(self._tree, to, amount, currency, source=source, remark=remark)
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
        sealed = Secret(password)
        del password  # a traceback shows local variables
        wish = wish_of(
            self._tree,
            name,
            parent=parent,
            currency=currency,
            rate=rate,
            level=level,
            operator_id=operator_id,
            title=title,
            site=site,
            password=sealed,
            allowed_ips=allowed_ips,
            everybody=everybody,
            callback_url=callback_url,
        )
        return await self._drive(create(self._tree, wish))

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
        return await self._drive(plan_top_up(self._tree, self._dry(agents), minimum, target, options))

    async def top_up(
        self,
        *,
        minimum: Amounts,
        target: Amounts,
        record: str | os.PathLike[str],
        agents: Iterable[Account | str] | None = None,
        plan: Plan | None = None,
        dry_run: bool = False,
        deadline: float | None = None,
        settle: float = SETTLE,
    ) -> TopUp:
        """Top up each agent with too few points, with a record; see `Operator.top_up`."""
        options = RunOptions(deadline=deadline)
        reading = (
            plan_top_up(self._tree, self._dry(agents), minimum, target, options)
            if plan is None
            else given(plan)
        )
        wishes = wishes_of(minimum, target)
        if dry_run:
            return await self._drive(rehearse(reading, wishes, record))
        with Record(record) as opened:
            return await self._drive(top_up(self._tree, reading, wishes, opened, settle=settle))

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
        """Look for what is wrong with agents; see `Operator.check`."""
        wanted = Wanted(floor=floor, callbacks=callbacks, callback_timeout=callback_timeout)
        options = RunOptions(deadline=deadline, progress=progress)
        return await self._drive(check(self._chosen(agents), wanted, options))

    async def discover(self, *, deadline: float | None = None) -> Discovery:
        """Ask the API about all accounts, each with its own token; see `Operator.discover`."""
        return await self._drive(discover(self._tree, RunOptions(deadline=deadline)))

    async def allowed_ips(self, name: str) -> AllowedAddresses:
        """Read the addresses from which requests of an account are accepted; see `Operator.allowed_ips`."""
        return await self._drive(_settings.allowed_ips(name))

    async def set_allowed_ips(
        self, name: str, addresses: str | Iterable[str], *, everybody: bool = False
    ) -> AddressChange:
        """Have requests of an account accepted from these addresses only; see `Operator.set_allowed_ips`."""
        wanted = AllowedAddresses(addresses)
        return await self._drive(_settings.set_allowed_ips(name, wanted, everybody=everybody))

    async def _drive(self, flow: Flow[T]) -> T:
        """Take the steps of an operation."""
        raise NotImplementedError
