"""The steps of an operator's flows, see `igamingace._common.flow`; the operator performs them."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from igamingace._common.flow import part_of

if TYPE_CHECKING:
    from igamingace._transport.base import Request
    from igamingace.operators._accounts.account import Account

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CallOne:
    """A call with one account's agent; the result is the call's data.

    Attributes:
        name: the account's name.
        call: makes the call with an Agent or an AsyncAgent.
    """

    name: str
    call: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class CallEach:
    """A flow for each of many accounts, run concurrently; the result is a `Results`.

    These flows only read, which the errors of those cut off by a deadline say. What moves points or changes
    accounts goes one by one, and has no deadline.

    Attributes:
        accounts: the accounts.
        flow: makes the flow of one account.
        options: options of the run.
    """

    accounts: tuple[Account, ...]
    flow: Callable[[Account], Flow[Any]]
    options: RunOptions


@dataclass(frozen=True, slots=True)
class Sleep:
    """A short wait, in seconds; an account of a `CallEach` keeps its slot."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A long wait, in seconds, of an account of a `CallEach`: its slot is free for others until then."""

    seconds: float


@dataclass(frozen=True, slots=True)
class ResolveToken:
    """A read of an account's token; the result is a Secret. The token's source may block."""

    account: Account


@dataclass(frozen=True, slots=True)
class SendCallback:
    """A request to a wallet, which is not the API; the result is a Response or a TransportFailure.

    Attributes:
        origin: scheme, host and port of the server.
        request: the request.
    """

    origin: str
    request: Request


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """Options of a run over many accounts.

    Attributes:
        max_in_flight: maximum number of concurrent calls; None for the operator's own.
        deadline: seconds for the whole run; None for no deadline.
        progress: whether to show a progress bar.
        reads_only: whether the calls are known to change nothing; a caller's functions do what they want.
    """

    max_in_flight: int | None = None
    deadline: float | None = None
    progress: bool = False
    reads_only: bool = False


@dataclass(frozen=True, slots=True)
class OpenAgent:
    """The agent of an account; the result is an Agent or an AsyncAgent. Its token's source may block."""

    name: str


@dataclass(frozen=True, slots=True)
class Block:
    """A function that blocks for a moment, and calls no agent; the result is what it returns."""

    function: Callable[[], Any]


Step: TypeAlias = CallOne | CallEach | Sleep | Pause | ResolveToken | SendCallback | OpenAgent | Block
Flow: TypeAlias = Generator[Step, Any, T]


class PausableFlows(Generic[T]):
    """The flows of a `CallEach`, each performed in parts, which end where the flow pauses."""

    def __init__(self, make: Callable[[Account], Flow[T]]) -> None:
        self._make = make
        self._paused: dict[str, Flow[T]] = {}

    def part(self, account: Account) -> Flow[T | Pause]:
        """Perform an account's flow to its end, or up to its next pause, which is returned."""
        flow = self._paused.pop(account.name, None) or self._make(account)
        returned = yield from part_of(flow, Pause)
        if isinstance(returned, Pause):
            self._paused[account.name] = flow
        return returned
