"""What Agent and AsyncAgent have in common: an account, its budget, and views with other options."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar

from igamingace._client.dispatchers import AsyncDispatcher, Dispatcher
from igamingace._common.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from igamingace._client.account_context import AccountContext
    from igamingace._client.config import Options
    from igamingace._client.custom_requests import QueryValue
    from igamingace._transport.base import Timeouts
    from igamingace.drift import Difference
    from igamingace.limits import Stats

S = TypeVar("S", bound=Dispatcher | AsyncDispatcher)
V = TypeVar("V")


def context_of(agent: BaseAgent[Any, Any]) -> AccountContext[Any]:
    """What an agent's calls share, for the features of this package that take an agent."""
    context: AccountContext[Any] = agent._dispatcher.context  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return context


def options_of(agent: BaseAgent[Any, Any]) -> Options:
    """The options of an agent or a view, for the same features."""
    options: Options = agent._dispatcher.options  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
    return options


class BaseAgent(Generic[S, V]):
    """The part of an agent that sends nothing."""

    __slots__ = ()

    _dispatcher: S

    @property
    def base_url(self) -> str:
        """The address of the API, without a trailing slash."""
        return self._dispatcher.context.base_url

    def stats(self) -> Stats:
        """The account's budget at this moment: limit, in flight, waiting, and so on."""
        return self._dispatcher.context.budget.stats()

    def drift(self) -> list[Difference]:
        """The differences from the contract that this agent has seen; `igamingace.drift` has those of all."""
        return self._dispatcher.context.drift.differences()

    def with_options(
        self,
        *,
        timeout: float | Timeouts | None = None,
        acquire_timeout: float | None = None,
        urgent: bool | None = None,
        max_retries: int | None = None,
        busy_retries: int | None = None,
        busy_timeout: float | None = None,
        backoff: float | None = None,
        extra_query: Mapping[str, QueryValue] | None = None,
        extra_body: Mapping[str, object] | None = None,
    ) -> V:
        """The same agent with other options, for one call or for many; what is None stays as it is.

        The view shares connections and budget with the agent it comes from, and ends with it.

        Args:
            timeout: seconds from sending until the body was read, or Timeouts(connect=..., total=...).
            acquire_timeout: the longest wait for a slot of the budget, in seconds; math.inf for no end.
            urgent: whether calls go ahead of bulk work in the wait for a slot.
            max_retries: how often a read is sent again after a failure that may pass.
            busy_retries: how often a call is sent again after SERVER_IS_BUSY.
            busy_timeout: seconds from a call's first SERVER_IS_BUSY after which another ends it.
            backoff: seconds before the first retry; doubles with each, jittered.
            extra_query: query parameters that the contract does not know, as `request` takes them. They
                replace those of the same name, and an earlier `extra_query`.
            extra_body: fields of the JSON body that the contract does not know, as `request` takes them; for
                calls that write. They replace those of the same name, and an earlier `extra_body`.

        Raises:
            ConfigurationError: a value makes no sense.
            InvalidArgument: `extra_query` or `extra_body` cannot be sent.
        """
        body = None if extra_body is None else Secret[object](extra_body)
        del extra_body  # a traceback shows local variables, and it may hold a password
        return self._view(
            self._dispatcher.options.changed(
                timeout=timeout,
                acquire_timeout=acquire_timeout,
                urgent=urgent,
                max_retries=max_retries,
                busy_retries=busy_retries,
                busy_timeout=busy_timeout,
                backoff=backoff,
                extra_query=extra_query,
                extra_body=body,
            )
        )

    def _view(self, options: Options) -> V:
        raise NotImplementedError

    def __repr__(self) -> str:
        """The server, never the token."""
        # A traceback with local variables also shows an agent whose constructor has just failed.
        place = f" of {self.base_url}" if hasattr(self, "_dispatcher") else ""
        return f"<{type(self).__name__}{place}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        raise TypeError(f"{type(self).__name__} is not pickled: it holds a token; make one in each process")
