"""AsyncAgent: one account's calls, under its budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from igamingace_bindings.rest.api import AsyncRawResources, AsyncResources

from igamingace._client.base_agent import BaseAgent
from igamingace._client.config import base_url_source, first_options
from igamingace._client.custom_requests import custom_request
from igamingace._client.dispatchers import AsyncDispatcher
from igamingace._common.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo
    from types import TracebackType

    import httpx2
    from igamingace_bindings.rest.client import RawAnswer

    from igamingace._client.config import Options
    from igamingace._client.custom_requests import QueryValue
    from igamingace._transport.base import AsyncTransport, Timeouts
    from igamingace.drift import Difference
    from igamingace.limits import Limiter

__all__ = ["AsyncAgent", "AsyncAgentView", "AsyncRawView"]


class AsyncRawView(AsyncRawResources):
    """An agent's calls that answer with the whole envelope."""

    __slots__ = ()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> RawAnswer[Any]:
        """As `AsyncAgent.request`, answering with all that came."""
        body = Secret[object](json)
        del json  # as of `AsyncAgent.request`
        return await self._call(*custom_request(method, path, query, body))


class AsyncAgentView(BaseAgent[AsyncDispatcher, "AsyncAgentView"], AsyncResources):
    """An agent's calls with options of their own, over the connections and the budget of that agent."""

    __slots__ = ("_dispatcher",)

    def __init__(self, dispatcher: AsyncDispatcher) -> None:
        """Not for users: `AsyncAgent.with_options` makes views."""
        # An operator makes thousands of views: super() takes longer.
        AsyncResources.__init__(self, dispatcher.call, dispatcher.walk)
        self._dispatcher = dispatcher

    @property
    def raw(self) -> AsyncRawView:
        """The same calls, each answering with HTTP status, headers, elapsed seconds, envelope and typed data.

        Errors are raised as ever.
        """
        return AsyncRawView(self._dispatcher.raw)

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        json: Mapping[str, object] | None = None,
    ) -> Any:  # noqa: ANN401 -- the contract does not know the data
        """Call an operation that the contract does not know, under the same budget, retries and errors.

        Only a GET is sent again after a failure that leaves its outcome unknown.

        Args:
            method: GET, POST, PUT, PATCH or DELETE.
            path: the path from its slash on, percent-encoded, such as "/v1/jackpot/list".
            query: texts, ints, Decimals and booleans by name; what is None is left out.
            json: the fields of the JSON body, numbers as int or Decimal.

        Returns:
            What the envelope's `data` holds, numbers as int or Decimal; None where it has none.

        Raises:
            InvalidArgument: an argument cannot be sent; nothing was.
            APIError, TransportError, UnexpectedResponse: as of every call; `operation` is method and path.
        """
        body = Secret[object](json)
        del json  # a traceback shows local variables, and it may hold a password
        return await self._dispatcher.call(*custom_request(method, path, query, body))

    def _view(self, options: Options) -> AsyncAgentView:
        return AsyncAgentView(AsyncDispatcher(self._dispatcher.context, options))


class AsyncAgent(AsyncAgentView):
    """One account's calls, from any number of event loops.

        async with AsyncAgent() as agent:
            for provider in await agent.providers.list():
                print(provider.provider_id, provider.provider_name)

    All clients of one account in this process, whatever their class, share one budget of requests in flight.
    Close it, or use it as a context manager; several event loops may use it at once, and a child process
    after a fork.
    """

    __slots__ = ()

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
        timeout: float | Timeouts | None = None,
        limiter: Limiter | None = None,
        account: str | None = None,
        acquire_timeout: float | None = None,
        max_retries: int | None = None,
        busy_retries: int | None = None,
        busy_timeout: float | None = None,
        backoff: float | None = None,
        strict: bool = False,
        time_zone: tzinfo | str | None = None,
        on_drift: Callable[[Difference], object] | None = None,
        _transport: AsyncTransport | None = None,
    ) -> None:
        """Set up, inside or outside of an event loop; nothing is sent.

        Args:
            token: the account's API token; without it, IGAMINGACE_API_TOKEN.
            base_url: the address of the API; without it IGAMINGACE_BASE_URL, then the contract's.
            transport: any httpx2 transport to send through; closing the agent does not close it. Over HTTP/1
                it makes a connection for each request, since its pool cannot be trusted with a used one.
            timeout: seconds from sending until the body was read (30), or Timeouts(connect=5, total=30).
            limiter: who keeps the account's budget; without it, one for the whole process.
            account: a name for the account's budget, the same wherever the account is used. Without it the
                budget belongs to the token: then two tokens of one account, as while a token is changed, have
                two budgets.
            acquire_timeout: the longest wait for a slot, in seconds; None: the limiter's own, inf: no end.
            max_retries: how often a read is sent again after a failure that may pass (2).
            busy_retries: how often a call is sent again after SERVER_IS_BUSY (8).
            busy_timeout: seconds from a call's first SERVER_IS_BUSY after which another ends it (60).
            backoff: seconds before the first retry (0.25); doubles with each, jittered.
            strict: refuse an answer that differs from the contract as a whole, with UnexpectedResponse. New
                fields and new values of open lists are taken. For tests: without it, a field that differs
                raises UnexpectedField where it is used, and the rest of the answer can be used.
            time_zone: the zone of times whose zone is not documented, in and out: a tzinfo, "+09:00" or a
                name such as "Asia/Seoul"; without it IGAMINGACE_TIME_ZONE, then the contract's offsets.
            on_drift: called once with each `igamingace.drift.Difference` that this agent sees, in the thread
                that sees it. It must be quick; what it raises is logged and suppressed.

        Raises:
            ConfigurationError: token or base URL are missing or malformed, or an option makes no sense.
        """
        argument = Secret(token)
        del token  # a traceback shows local variables
        # Later than the others, to keep `import igamingace` light.
        from igamingace._client.account_context import (  # noqa: PLC0415 -- keeps `import igamingace` light
            make_transport_async,
            open_context,
        )

        options = first_options(
            timeout=timeout,
            acquire_timeout=acquire_timeout,
            max_retries=max_retries,
            busy_retries=busy_retries,
            busy_timeout=busy_timeout,
            backoff=backoff,
            strict=strict,
            time_zone=time_zone,
        )
        source = base_url_source(base_url)
        context = open_context(
            argument,
            base_url,
            limiter,
            _transport,
            lambda url: make_transport_async(url, transport, source),
            on_drift=on_drift,
            account=account,
        )
        super().__init__(AsyncDispatcher(context, options))

    async def aclose(self) -> None:
        """Close the connections; calls raise AgentClosed from now on."""
        await self._dispatcher.context.close_async()

    async def __aenter__(self) -> Self:
        """The agent itself."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connections."""
        await self.aclose()
