"""The agents of an operator's accounts, made when they are needed, over one transport for each server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

from igamingace._client import config
from igamingace._client.agent import Agent, AgentView, AsyncAgent, AsyncAgentView
from igamingace._client.context import context_over
from igamingace._client.dispatch import AsyncDispatcher, Dispatcher
from igamingace.errors import AgentClosed
from igamingace.limits import default_limiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace._client.config import Options
    from igamingace._client.context import AccountContext
    from igamingace._transport.base import AsyncTransport, Transport
    from igamingace.limits import Limiter
    from igamingace.operators._accounts import Account

W = TypeVar("W")


class ManagedAgent(Agent):
    """An agent of an operator: it sends through the operator's connections, and ends with them."""

    __slots__ = ("__weakref__", "account")

    def __init__(self, account: Account, context: AccountContext[Transport], options: Options) -> None:
        """Not for users: `Operator.agent` makes them."""
        AgentView.__init__(self, Dispatcher(context, options))
        self.account = account

    def __repr__(self) -> str:
        """The account's name and the server, never the token."""
        return f"<Agent {self.account.name!r} of {self.base_url}>"


class AsyncManagedAgent(AsyncAgent):
    """The same for `AsyncOperator`."""

    __slots__ = ("__weakref__", "account")

    def __init__(self, account: Account, context: AccountContext[AsyncTransport], options: Options) -> None:
        """Not for users: `AsyncOperator.agent` makes them."""
        AsyncAgentView.__init__(self, AsyncDispatcher(context, options))
        self.account = account

    def __repr__(self) -> str:
        """The account's name and the server, never the token."""
        return f"<AsyncAgent {self.account.name!r} of {self.base_url}>"


A = TypeVar("A", bound=ManagedAgent | AsyncManagedAgent)
A_co = TypeVar("A_co", bound=ManagedAgent | AsyncManagedAgent, covariant=True)


class _Make(Protocol[W, A_co]):
    def __call__(self, account: Account, context: AccountContext[W], options: Options) -> A_co: ...


class Agents(Generic[A, W]):
    """Makes the agents, and keeps each as long as somebody uses it: one that nobody uses costs nothing."""

    def __init__(
        self,
        make: _Make[W, A],
        make_transport: Callable[[str], W],
        *,
        base_url: str | None,
        limiter: Limiter | None,
        options: Options,
    ) -> None:
        """Prepare; connections are made when a call needs them."""
        self.options = options
        self._make = make
        self._make_transport = make_transport
        self._base_url = config.find_base_url(base_url)
        self._limiter = limiter or default_limiter()
        self._lock = threading.Lock()
        self._made: WeakValueDictionary[str, A] = WeakValueDictionary()
        self._transports: dict[str, W] = {}
        self._closed = False

    def get(self, account: Account) -> A:
        """The agent of an account, the same one as long as somebody uses it.

        Raises:
            AgentClosed: the operator is closed.
            TokenUnavailable: the account's token cannot be had.
        """
        made = self._made.get(account.name)
        if made is not None and made.account is account:
            return made
        agent = self.new(account)
        with self._lock:
            made = self._made.get(account.name)
            if made is None or made.account is not account:  # else another thread was quicker
                made = self._made[account.name] = agent
            return made

    def new(self, account: Account) -> A:
        """An agent of an account for one use; the errors are those of `get`."""
        token = account.sealed_token()
        base_url = account.base_url or self._base_url
        context = context_over(self.transport(base_url), base_url, token, self._limiter, owned=False)
        return self._make(account, context, self.options)

    def transport(self, base_url: str) -> W:
        """The transport to a server; all that send there share it."""
        transport = self._transports.get(base_url)
        if transport is not None and not self._closed:
            return transport
        with self._lock:
            if self._closed:
                raise AgentClosed("the operator is closed: make a new one")
            if base_url not in self._transports:
                self._transports[base_url] = self._make_transport(base_url)
            return self._transports[base_url]

    def close(self) -> list[W]:
        """Make no more agents and transports; returns the transports, to be closed."""
        with self._lock:
            self._closed = True
            transports, self._transports = [*self._transports.values()], {}
        return transports
