"""Sends one try of a callback to a wallet, waits as long as the contract says, and writes down what came.

Assumed: redirects are not followed, and when the time is over the connection is closed.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._wallet_client.client import AT_ONCE, NoAnswer, Reply, Unreachable
from igamingace.callbacks import sign
from igamingace.errors import ConfigurationError
from igamingace.sandbox.games.delivery import Delivery
from igamingace.sandbox.games.verdict import Verdict, follows, judge, late, no_answer
from igamingace.sandbox.games.wallet_connections import Lines
from igamingace.sandbox.store.masking import mask_text
from igamingace.sandbox.store.request_log import LONGEST_KEPT

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from igamingace._wallet_client.client import Line
    from igamingace.sandbox._runtime import World
    from igamingace.sandbox.games.callback_messages import Letter
    from igamingace.sandbox.games.sessions import Session

PATIENCE: Final = 10.0
"""How many seconds a callback is waited for whose time limit the contract does not state. Assumed."""
_MOST_STRAYS: Final = 1_000
_CREDENTIALS: Final = re.compile(r"//[^/?#]*@")


@dataclass(slots=True)
class _Errand:
    session: Session
    letter: Letter
    number: int
    url: str
    signature: str
    place: str = ""
    """Where it goes, in words; known once there is a line."""


class Courier:
    """Sends callbacks; several at once, to any wallets.

    It belongs to the event loop in which it is made.
    """

    def __init__(self, world: World) -> None:
        self._world: Final = world
        self._lines: Final = Lines(world.wallets)
        self._gate: Final = asyncio.Semaphore(AT_ONCE)
        self._strays: Final[set[asyncio.Task[Any]]] = set()

    async def send(self, session: Session, letter: Letter) -> list[Delivery]:
        """Send `letter` until it is settled or the contract's tries are used up; return each.

        Assumed: every answer but OK in time is a reason to try again, a refusal too, since the vendor calls
        it unsuccessful; and the next try comes at once.
        """
        deliveries: list[Delivery] = []
        for number in range(1, CALLBACKS[letter.command].retries + 2):
            deliveries.append(await self._attempt(session, letter, number))
            if deliveries[-1].verdict.settles:
                break
        return deliveries

    async def _attempt(self, session: Session, letter: Letter, number: int) -> Delivery:
        account = session.account
        errand = _Errand(
            session, letter, number, account.callback_url or "", sign(letter.body, account.token)
        )
        obstacle = hindrance(self._world, account.id, letter.command)
        async with self._gate:  # out of the time limit: to wait for each other is not the wallet's fault
            if not obstacle.duplicate:
                return await self._deliver(errand, obstacle)
            delivery, _ = await asyncio.gather(
                self._deliver(errand, obstacle), self._deliver(errand, obstacle)
            )
            return delivery

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._strays:
            await asyncio.wait(self._strays)

    async def close(self) -> None:
        """Give up what is under way, and close the connections."""
        for stray in list(self._strays):
            stray.cancel()
        await self.settle()
        await self._lines.close()

    async def _deliver(self, errand: _Errand, obstacle: Hindrance) -> Delivery:
        at, start, command = self._world.clock(), time.perf_counter(), errand.letter.command
        reply = None
        try:
            reply = await self._answer(errand, obstacle)
            verdict = judge(command, reply.http_status, reply.body, errand.session.currency)
        except TimeoutError:
            verdict = late(self._limit(command), obstacle.delay)
        except Unreachable as error:
            verdict = no_answer(f"{error}: does the wallet run there?")
        except NoAnswer as error:
            verdict = no_answer(str(error))
        except ConfigurationError as error:
            verdict = no_answer(f"not sent: {error}")
        except Exception as error:  # noqa: BLE001 - a URL that no library can work with is the account's mistake
            verdict = no_answer(f"not sent: {type(error).__name__}: {error}")
        delivery = Delivery(
            at=at,
            account=errand.session.account.id,
            player=errand.session.player.external_id,
            session=errand.session.id,
            url=errand.place or _CREDENTIALS.sub("//", errand.url),
            command=command,
            attempt=errand.number,
            request_body=errand.letter.body,
            signature=errand.signature,
            http_status=None if reply is None else reply.http_status,
            answer_body=b"" if reply is None else reply.body[:LONGEST_KEPT],
            seconds=time.perf_counter() - start,
            verdict=verdict,
            text=mask_text(_words(command, errand.number, verdict), self._world.state.tokens),
            fault=obstacle.name,
        )
        self._world.callback_log.add(delivery)
        return delivery

    async def _answer(self, errand: _Errand, obstacle: Hindrance) -> Reply:
        """Return the answer; TimeoutError when it is late, NoAnswer when there is none."""
        self._lines.prepare(errand.session.account, errand.url)
        task = self._under_way(self._travel(errand, obstacle))
        await asyncio.wait((task,), timeout=self._limit(errand.letter.command))
        if task.done():
            return task.result()
        lingers = obstacle.delay or self._lines.is_in_process(errand.session.account, errand.url)
        if not lingers or len(self._strays) > _MOST_STRAYS:
            task.cancel()  # closes the connection, as a vendor who waits no longer does
        raise TimeoutError

    async def _travel(self, errand: _Errand, obstacle: Hindrance) -> Reply:
        async with self._lines.to(errand.session.account, errand.url) as line:
            errand.place = line.name
            return await _sent(line, errand, obstacle)

    def _under_way(self, journey: Coroutine[Any, Any, Reply]) -> asyncio.Task[Reply]:
        task = asyncio.get_running_loop().create_task(journey)
        self._strays.add(task)
        task.add_done_callback(self._arrived)
        return task

    def _arrived(self, task: asyncio.Task[Any]) -> None:
        self._strays.discard(task)
        if not task.cancelled():
            task.exception()  # where it matters, it has been seen; this tells asyncio so

    def _limit(self, command: str) -> float:
        within = CALLBACKS[command].answer_within
        return (PATIENCE if within is None else within) * self._world.time_scale


async def _sent(line: Line, errand: _Errand, obstacle: Hindrance) -> Reply:
    await asyncio.sleep(obstacle.delay)
    if obstacle.lost:
        raise NoAnswer("the callback was lost on its way, by a fault of the sandbox: the wallet never saw it")
    reply = await line.post(errand.letter.body, errand.signature.encode())
    if obstacle.lost_answer:
        raise NoAnswer(
            "the answer was lost on its way, by a fault of the sandbox: the wallet knows the callback"
        )
    return reply


def _words(command: str, number: int, verdict: Verdict) -> str:
    said = verdict.text if verdict.text.endswith("?") else f"{verdict.text}."
    return " ".join(filter(None, (said, follows(command, number, verdict))))


@dataclass(frozen=True, slots=True)
class Hindrance:
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


def hindrance(world: World, account_id: str, command: str) -> Hindrance:
    """Return what the next callback of that account and command meets."""
    met = world.faults.meet_callback(account_id, command) if world.faults else []
    kinds = {kind for kind, _ in met}
    return Hindrance(
        name=",".join(sorted(kinds)) or None,
        delay=sum(seconds for kind, seconds in met if kind == "callback_delay"),
        duplicate="callback_duplicate" in kinds,
        lost="callback_lost" in kinds,
        lost_answer="callback_lost_answer" in kinds,
    )
