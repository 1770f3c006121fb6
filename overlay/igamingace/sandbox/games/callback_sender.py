"""Sends callbacks to wallets: signs, sends, waits as long as the contract says, judges, logs, tries again.

Assumed: redirects are not followed, and when the time is over the connection is closed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from igamingace_bindings.contract import CALLBACKS, CallbackInfo

from igamingace._common.clock import perf_counter, sleep, wait
from igamingace._common.masking import without_userinfo
from igamingace._wallet_client.client import MAX_CONCURRENCY, NoResponse, WalletResponse
from igamingace._wallet_client.diagnosis import Timings, diagnose_timeout
from igamingace._wallet_client.dialects import RoundDetails, misspelt, with_one_id
from igamingace._wallet_client.messages import amounts_of
from igamingace._wallet_client.verdict import Verdict, failed, judge
from igamingace.errors import ConfigurationError
from igamingace.sandbox.faults.fault import CONTENT_COMMANDS, CONTENT_KINDS
from igamingace.sandbox.games.callback_messages import with_other_content
from igamingace.sandbox.games.delivery import Delivery
from igamingace.sandbox.games.wallet_connections import WalletConnections
from igamingace.sandbox.store.masking import mask_text
from igamingace.sandbox.store.request_log import MAX_LOGGED_BYTES

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace._wallet_client.messages import CallbackMessage
    from igamingace.sandbox._runtime import Runtime
    from igamingace.sandbox.games.sessions import Session

DEFAULT_TIMEOUT: Final = 10.0
"""How many seconds a callback is waited for whose time limit the contract does not state. Assumed."""
_MAX_RUNNING: Final = 1_000
_ONE_ID: Final = 0.5
"""The share of the misspelt cancels that have one id."""


Check: TypeAlias = Callable[[Verdict], Verdict]
"""Looks further into an answer that was judged by itself."""


@dataclass(slots=True)
class _Attempt:
    session: Session
    message: CallbackMessage
    number: int
    url: str
    signature: bytes | None
    check: Check | None
    place: str = ""
    """Where it goes, in words; known once there is a connection."""
    wallet_url: str = ""
    """Where it goes, without credentials; empty for an application in process."""


class CallbackSender:
    """Sends callbacks; several at once, to any wallets.

    It belongs to the event loop in which it is made.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime: Final = runtime
        self._connections: Final = WalletConnections(runtime.wallets)
        self._gate: Final = asyncio.Semaphore(MAX_CONCURRENCY)
        self._running: Final[set[asyncio.Task[Any]]] = set()
        self._sent: Final[Counter[tuple[str, str]]] = Counter()

    async def send(
        self,
        session: Session,
        message: CallbackMessage,
        check: Check | None = None,
        stake: Decimal | None = None,
    ) -> list[Delivery]:
        """Send `message` until it is settled or the contract's tries are used up; return each.

        It is put into the dialect here, once: a retry is the same callback. `stake` is what a cancel gives
        back.

        Assumed: every answer but OK in time is a reason to try again, a refusal too, since the vendor calls
        it unsuccessful; and the next try comes at once.
        """
        deliveries: list[Delivery] = []
        message, changes = self._changed(session, message)
        message, spelling = self._in_dialect(session, message, stake)
        changes += () if spelling is None else (spelling,)
        for number in range(1, CALLBACKS[message.command].retries + 2):
            deliveries.append(await self._attempt(session, message, number, check, changes))
            if deliveries[-1].verdict.settles:
                break
        return deliveries

    def _changed(self, session: Session, message: CallbackMessage) -> tuple[CallbackMessage, tuple[str, ...]]:
        """Return the callback as faults have it tell something else than is recorded, and their kinds."""
        faults, command = self._runtime.faults, message.command
        if command not in CONTENT_COMMANDS or not faults:
            return message, ()
        kinds = tuple(kind for kind, _ in faults.draw_callback(session.account.id, command, CONTENT_KINDS))
        return with_other_content(message, session, kinds), kinds

    def _in_dialect(
        self, session: Session, message: CallbackMessage, stake: Decimal | None
    ) -> tuple[CallbackMessage, str | None]:
        """Return the callback as the platform speaks, and the kind of the fault that misspells it."""
        runtime, account, command = self._runtime, session.account.id, message.command
        details = RoundDetails(session.currency, session.provider.name, session.game.name, stake)
        self._sent[account, command] += 1
        seed = f"{runtime.faults.seed}/{account}/{command}/{self._sent[account, command]}"
        message = runtime.dialect.callback(message, details, seed)
        spelling = runtime.faults.draw_spelling(account, command) if runtime.faults else None
        if spelling is None:
            return message, None
        if spelling.random() < _ONE_ID:
            message = with_one_id(message, spelling)
        return misspelt(message, spelling), "spelling"

    async def _attempt(
        self,
        session: Session,
        message: CallbackMessage,
        number: int,
        check: Check | None,
        changes: tuple[str, ...],
    ) -> Delivery:
        account = session.account
        signature = message.signer(account.token)
        attempt = _Attempt(session, message, number, account.callback_url or "", signature, check)
        fault = draw_callback_fault(self._runtime, account.id, message.command, changes)
        async with self._gate:  # out of the time limit: to wait for each other is not the wallet's fault
            if not fault.duplicate:
                return await self._deliver(attempt, fault)
            delivery, _ = await asyncio.gather(self._deliver(attempt, fault), self._deliver(attempt, fault))
            return delivery

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._running:
            await asyncio.wait(self._running)

    async def close(self) -> None:
        """Give up what is under way, and close the connections."""
        for task in list(self._running):
            task.cancel()
        await self.settle()
        await self._connections.close()

    async def _deliver(self, attempt: _Attempt, fault: InjectedCallbackFault) -> Delivery:
        at, start, command = self._runtime.clock(), perf_counter(), attempt.message.command
        reply, timings = None, Timings()
        try:
            reply = await self._exchange_in_time(attempt, fault, timings)
            verdict = judge(
                command,
                reply.http_status,
                reply.body,
                attempt.session.currency,
                headers=reply.headers,
                url=attempt.wallet_url,
                mask=partial(mask_text, tokens=self._runtime.state.tokens),
            )
            verdict = attempt.check(verdict) if attempt.check else verdict
        except TimeoutError:
            verdict = _timed_out(self._limit(command), fault.delay, attempt.wallet_url, timings)
        except NoResponse as error:
            verdict = failed(error.diagnosis or str(error))
        except ConfigurationError as error:
            verdict = failed(f"not sent: {error}")
        except Exception as error:  # noqa: BLE001 - a URL that no library can work with is the account's mistake
            verdict = failed(f"not sent: {type(error).__name__}: {error}")
        delivery = Delivery(
            at=at,
            account=attempt.session.account.id,
            player=attempt.session.player.external_id,
            session=attempt.session.id,
            url=attempt.place or without_userinfo(attempt.url),
            command=command,
            attempt=attempt.number,
            request_body=attempt.message.body,
            signature=(attempt.signature or b"").decode(),
            http_status=None if reply is None else reply.http_status,
            answer_body=b"" if reply is None else reply.body[:MAX_LOGGED_BYTES],
            seconds=perf_counter() - start,
            verdict=verdict,
            text=mask_text(_words(command, attempt.number, verdict), self._runtime.state.tokens),
            currency=attempt.session.currency,
            amounts=amounts_of(attempt.message),
            fault=fault.name,
        )
        self._runtime.callback_log.add(delivery)
        return delivery

    async def _exchange_in_time(
        self, attempt: _Attempt, fault: InjectedCallbackFault, timings: Timings
    ) -> WalletResponse:
        """Return the answer; TimeoutError when it is late, NoResponse when there is none."""
        account = attempt.session.account
        self._connections.prepare(account, attempt.url)
        task = asyncio.get_running_loop().create_task(self._exchange(attempt, fault, timings))
        self._running.add(task)
        task.add_done_callback(self._ended)
        await wait(task, self._limit(attempt.message.command))
        if task.done():
            return task.result()
        # A late answer no longer counts, but a wallet in this process and a callback that a fault has delayed
        # go on, so that a test can see what the wallet books. Any other connection is closed.
        goes_on = fault.delay or self._connections.is_in_process(account, attempt.url)
        if not goes_on or len(self._running) > _MAX_RUNNING:
            task.cancel()
        raise TimeoutError

    async def _exchange(
        self, attempt: _Attempt, fault: InjectedCallbackFault, timings: Timings
    ) -> WalletResponse:
        async with self._connections.to(attempt.session.account, attempt.url) as connection:
            attempt.place, attempt.wallet_url = connection.name, connection.url
            await sleep(fault.delay)
            if fault.lost:
                raise NoResponse(
                    "a fault of the sandbox lost the callback on its way: the wallet never got it"
                )
            reply = await connection.send(attempt.message.body, attempt.signature, timings)
            if fault.lost_answer:
                raise NoResponse(
                    "a fault of the sandbox lost the answer on its way: the wallet has the callback"
                )
            return reply

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()  # marks it as retrieved: asyncio warns of exceptions that are not

    def _limit(self, command: str) -> float:
        within = CALLBACKS[command].answer_within
        return (DEFAULT_TIMEOUT if within is None else within) * self._runtime.time_scale


def _words(command: str, number: int, verdict: Verdict) -> str:
    judgement = verdict.text if verdict.text.endswith("?") else f"{verdict.text}."
    return " ".join(filter(None, (judgement, _next_step(command, number, verdict))))


def _timed_out(seconds: float, held: float, url: str, timings: Timings) -> Verdict:
    """Judge that no answer came within so many seconds, of which a fault has held the callback for `held`."""
    if held:
        return failed(
            f"no answer within {seconds:g} s: a fault of the sandbox held the callback for {held:g} s"
        )
    return failed(diagnose_timeout(seconds, url, timings))


def _next_step(command: str, number: int, verdict: Verdict) -> str:
    """Return in words what follows the try with that number, counted from 1; empty when nothing does."""
    if verdict.settles:
        return ""
    info: CallbackInfo = CALLBACKS[command]
    if info.then == "cancel":
        return f"The {command} counts as failed; its cancel follows."
    if info.then == "retry":
        if number <= info.retries:
            return f"It comes again: try {number + 1} of {info.retries + 1}."
        duty = "pay this win" if command == "win" else "see that the stake is given back"
        return f"That was the last try: {duty} by hand."
    return "The player is shown that the balance cannot be read."


@dataclass(frozen=True, slots=True)
class InjectedCallbackFault:
    """What a callback meets on its way.

    Attributes:
        name: The kinds of the faults, for the log; None for none.
        delay: How many seconds it is held before it reaches the wallet; the time limit runs.
        duplicate: Whether it arrives twice, at once.
        lost: Whether it never arrives.
        lost_answer: Whether its answer never arrives.
    """

    name: str | None = None
    delay: float = 0.0
    duplicate: bool = False
    lost: bool = False
    lost_answer: bool = False


def draw_callback_fault(
    runtime: Runtime, account_id: str, command: str, changes: tuple[str, ...]
) -> InjectedCallbackFault:
    """Return what the next callback of that account and command meets; `changes` have met it already."""
    met = runtime.faults.draw_callback(account_id, command) if runtime.faults else []
    kinds = {kind for kind, _ in met}
    return InjectedCallbackFault(
        name=",".join(sorted({*kinds, *changes})) or None,
        delay=sum(seconds for kind, seconds in met if kind == "callback_delay"),
        duplicate="callback_duplicate" in kinds,
        lost="callback_lost" in kinds,
        lost_answer="callback_lost_answer" in kinds,
    )
