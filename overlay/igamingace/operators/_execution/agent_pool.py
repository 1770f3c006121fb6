"""Creates the agents of an operator's accounts on demand, over one shared transport per server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from igamingace._client import config
from igamingace._client._async import AsyncAgent, AsyncAgentView
from igamingace._client._sync import Agent, AgentView
from igamingace._client.account_context import context_over, find_limiter
from igamingace._client.dispatchers import AsyncDispatcher, Dispatcher
from igamingace.drift import DriftLog
from igamingace.errors import AgentClosed
from igamingace.operators._accounts.account import secret_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._client.account_context import AccountContext
    from igamingace._client.config import Options
    from igamingace._transport.base import AsyncTransport, Transport
    from igamingace.drift import Difference
    from igamingace.limits import Limiter
    from igamingace.operators._accounts.account import Account

W = TypeVar("W")


class ManagedAgent(Agent):
    """An agent of an operator: it uses the operator's connections, and is closed with them."""

    __slots__ = ("__weakref__", "account")

    def __init__(self, account: Account, context: AccountContext[Transport], options: Options) -> None:
        """Internal: use `Operator.agent`."""
        AgentView.__init__(self, Dispatcher(context, options))
        self.account = account

    def __repr__(self) -> str:
        return f"<Agent {self.account.name!r} of {self.base_url}>"


class AsyncManagedAgent(AsyncAgent):
    """ManagedAgent for `AsyncOperator`."""

    __slots__ = ("__weakref__", "account")

    def __init__(self, account: Account, context: AccountContext[AsyncTransport], options: Options) -> None:
        """Internal: use `AsyncOperator.agent`."""
        AsyncAgentView.__init__(self, AsyncDispatcher(context, options))
        self.account = account

    def __repr__(self) -> str:
        return f"<AsyncAgent {self.account.name!r} of {self.base_url}>"


A = TypeVar("A", bound=ManagedAgent | AsyncManagedAgent)
A_co = TypeVar("A_co", bound=ManagedAgent | AsyncManagedAgent, covariant=True)


class _AgentFactory(Protocol[W, A_co]):
    def __call__(self, account: Account, context: AccountContext[W], options: Options) -> A_co: ...


class AgentPool(Generic[A, W]):
    """Creates agents, and caches each as long as it is referenced: an unused account costs no memory."""

    def __init__(
        self,
        make: _AgentFactory[W, A],
        make_transport: Callable[[str], W],
        *,
        base_url: str | None,
        limiter: Limiter | None,
        on_drift: Callable[[Difference], object] | None,
        options: Options,
    ) -> None:
        """Set up; connections are opened when a call needs them."""
        self.options = options
        self.base_url = config.find_base_url(base_url)
        self.drift = DriftLog(on_drift=on_drift)
        self._make = make
        self._make_transport = make_transport
        self.limiter = find_limiter(limiter)
        self._lock = threading.Lock()
        self._cached: WeakValueDictionary[str, A] = WeakValueDictionary()
        self._transports: dict[str, W] = {}
        self._closed = False

    def get(self, account: Account) -> A:
        """Return the agent of an account, the same one as long as it is referenced.

        Raises:
            AgentClosed: the operator is closed.
            TokenUnavailable: the account's token cannot be read.
        """
        cached = self._cached.get(account.name)
        if cached is not None and cached.account is account:
            return cached
        agent = self.new(account)
        with self._lock:
            cached = self._cached.get(account.name)
            if cached is None or cached.account is not account:  # else another thread created it first
                cached = self._cached[account.name] = agent
            return cached

    def new(self, account: Account, options: Options | None = None) -> A:
        """Return a new agent of an account, which is not cached, by default with the pool's options.

        Raises as `get`.
        """
        token = secret_token(account)
        base_url = account.base_url or self.base_url
        drift = DriftLog(token, parent=self.drift)
        transport, name = self.transport(base_url), account.budget
        context = context_over(transport, base_url, token, self.limiter, drift, owned=False, account=name)
        return self._make(account, context, options or self.options)

    def transport(self, base_url: str) -> W:
        """Return the shared transport of a server."""
        transport = self._transports.get(base_url)
        if transport is not None and not self._closed:
            return transport
        with self._lock:
            if self._closed:
                raise AgentClosed("the operator is closed: create a new one")
            if base_url not in self._transports:
                self._transports[base_url] = self._make_transport(base_url)
            return self._transports[base_url]

    def close(self) -> list[W]:
        """Create no more agents and transports; returns the transports, which the caller must close."""
        with self._lock:
            self._closed = True
            transports, self._transports = [*self._transports.values()], {}
        return transports
