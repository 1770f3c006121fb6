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

from igamingace._wallet_client.client import MAX_CONCURRENCY, NoResponse, WalletResponse, WalletUnreachable
from igamingace.callbacks import sign
from igamingace.errors import ConfigurationError
from igamingace.sandbox._mask import mask_text
from igamingace.sandbox._requests import LONGEST_KEPT
from igamingace.sandbox.play._delivery import Delivery
from igamingace.sandbox.play._faults import Hindrance, hindrance
from igamingace.sandbox.play._lines import Lines
from igamingace.sandbox.play._verdict import Verdict, follows, judge, late, no_answer

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from igamingace._wallet_client.client import CallbackTransport, Target
    from igamingace.sandbox._world import World
    from igamingace.sandbox.play._letters import Letter
    from igamingace.sandbox.play._sessions import Session

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

    Attributes:
        time_scale: What the contract's time limits are multiplied by.
    """

    def __init__(self, world: World, wallets: Mapping[str, Target], time_scale: float) -> None:
        """Take the sandbox's world, and the applications that are wallets, by account id."""
        self.time_scale = time_scale
        self._world: Final = world
        self._lines: Final = Lines(wallets)
        self._gate: Final = asyncio.Semaphore(MAX_CONCURRENCY)
        self._strays: Final[set[asyncio.Task[Any]]] = set()

    async def attempt(self, session: Session, letter: Letter, number: int) -> Delivery:
        """Send `letter` for the time with that number, counted from 1; the log has it afterwards."""
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
        except WalletUnreachable as error:
            verdict = no_answer(f"{error}: does the wallet run there?")
        except NoResponse as error:
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

    async def _answer(self, errand: _Errand, obstacle: Hindrance) -> WalletResponse:
        """Return the answer; TimeoutError when it is late, NoResponse when there is none."""
        self._lines.prepare(errand.session.account, errand.url)
        task = self._under_way(self._travel(errand, obstacle))
        await asyncio.wait((task,), timeout=self._limit(errand.letter.command))
        if task.done():
            return task.result()
        lingers = obstacle.delay or self._lines.is_in_process(errand.session.account, errand.url)
        if not lingers or len(self._strays) > _MOST_STRAYS:
            task.cancel()  # closes the connection, as a vendor who waits no longer does
        raise TimeoutError

    async def _travel(self, errand: _Errand, obstacle: Hindrance) -> WalletResponse:
        async with self._lines.to(errand.session.account, errand.url) as line:
            errand.place = line.name
            return await _sent(line, errand, obstacle)

    def _under_way(self, journey: Coroutine[Any, Any, WalletResponse]) -> asyncio.Task[WalletResponse]:
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
        return (PATIENCE if within is None else within) * self.time_scale


async def _sent(line: CallbackTransport, errand: _Errand, obstacle: Hindrance) -> WalletResponse:
    await asyncio.sleep(obstacle.delay)
    if obstacle.lost:
        raise NoResponse(
            "the callback was lost on its way, by a fault of the sandbox: the wallet never saw it"
        )
    reply = await line.send(errand.letter.body, errand.signature.encode())
    if obstacle.lost_answer:
        raise NoResponse(
            "the answer was lost on its way, by a fault of the sandbox: the wallet knows the callback"
        )
    return reply


def _words(command: str, number: int, verdict: Verdict) -> str:
    said = verdict.text if verdict.text.endswith("?") else f"{verdict.text}."
    return " ".join(filter(None, (said, follows(command, number, verdict))))
