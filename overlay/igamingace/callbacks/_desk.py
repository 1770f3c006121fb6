"""From the bytes of a callback to the bytes of its answer: verify, parse, ask the wallet, watch the clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from igamingace_bindings.contract import CALLBACKS, CallbackInfo

from igamingace._common.secret import Secret
from igamingace.callbacks._answer import answer_body, checked_balance, refused
from igamingace.callbacks._call import Call, End, Method
from igamingace.callbacks._errors import INTEGRITY, OK, UNKNOWN, InvalidCallback, InvalidSignature, Refusal
from igamingace.callbacks._hooks import CallbackHooks, Event, call_hook, log
from igamingace.callbacks._keys import Account, Tokens, keys_of
from igamingace.callbacks._parse import MODELS, build
from igamingace.callbacks._signature import read_signed
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from decimal import Decimal

    from igamingace.callbacks._models import Callback
    from igamingace.callbacks._wallet import Wallet


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that has come in whole.

    Attributes:
        body: its body.
        signature: its signature header; several are joined by a comma, None when there is none.
        peer: the address that it came from.
        at: when it began to come in, by the clock `time.perf_counter`.
    """

    body: bytes
    signature: bytes | None
    peer: str | None
    at: float


class Desk:
    """Answers callbacks with a wallet."""

    def __init__(
        self,
        wallet: Wallet | Mapping[str, Wallet],
        token: str | Tokens,
        *,
        max_age: float | None,
        margin: float,
        threads: int,
        hooks: CallbackHooks | None,
    ) -> None:
        """Take what `wallet_app` takes."""
        self._keys: Final = Secret(keys_of(token))
        self._wallet: Final = wallet
        self._max_age: Final = max_age
        self._margin: Final = margin
        self._threads: Final = threads
        self._hooks: Final = hooks or CallbackHooks()
        self._pool: ThreadPoolExecutor | None = None
        self._given_up: Final[set[Call]] = set()
        for one in self._wallets(token):
            _refuse_incomplete(one)

    def _wallets(self, token: str | Tokens) -> list[Wallet]:
        if not isinstance(self._wallet, Mapping):
            return [self._wallet]
        if not isinstance(token, Mapping):
            raise ConfigurationError("wallet is a mapping: give token as a mapping with the same names")
        missing = [name for name in token if name not in self._wallet]
        if missing:
            raise ConfigurationError(f"there is no wallet for the token of {', '.join(map(repr, missing))}")
        return [self._wallet[name] for name in token]

    async def answer(self, arrival: Arrival) -> bytes:
        """Return the body of the answer to a callback, whatever came and whatever the wallet does."""
        try:
            account, fields = read_signed(arrival.body, arrival.signature, self._keys.reveal())
        except InvalidSignature as error:
            log.warning("A callback without a valid signature from %s: %s", arrival.peer, error)
            return self._answer(_event(None, None, arrival, INTEGRITY))
        try:
            callback = build(fields, arrival.signature, self._max_age)
        except InvalidCallback as error:
            log.warning("A signed callback that is none of the contract: %s", error)
            return self._answer(_event(None, account, arrival, error.status_code))
        return await self._ask(callback, account, arrival)

    async def _ask(self, callback: Callback, account: Account, arrival: Arrival) -> bytes:
        info = CALLBACKS[callback.command]
        event = partial(_event, callback, account, arrival)
        method, report = self._method(callback.command, account), partial(self._ended_late, event)
        answer_at = self._answer_at(info, arrival)
        call = Call(method, callback, report, answer_at)
        try:
            end = await call.end(self._executor())
        except asyncio.CancelledError:  # the server is going down
            call.give_up()
            call.stop(self._given_up)
            raise
        if end is None:
            self._give_up(call, info, event(UNKNOWN))
            return self._answer(event(UNKNOWN))
        status_code, balance = _result(end, info, event)
        return self._answer(event(status_code), balance)

    def _method(self, command: str, account: Account) -> Method:
        wallet = self._wallet[cast("str", account)] if isinstance(self._wallet, Mapping) else self._wallet
        return cast("Method", getattr(wallet, command))

    def _answer_at(self, info: CallbackInfo, arrival: Arrival) -> float | None:
        return None if info.answer_within is None else arrival.at + info.answer_within - self._margin

    def _give_up(self, call: Call, info: CallbackInfo, event: Event) -> None:
        begun = call.give_up()
        follows = {
            "cancel": "its cancel follows and must undo it if it was booked",
            "retry": "it comes again",
        }
        log.error(
            "The wallet %s: %s; %s",
            "has not returned in time" if begun else "was not asked, no thread being free in time",
            event.line(),
            follows.get(info.then, "nothing follows"),
            extra=event.extra(),
        )
        call_hook(partial(self._hooks.overdue, event))
        call.tell_end()
        call.stop(self._given_up)

    def _ended_late(self, event: partial[Event], error: BaseException | None) -> None:
        late = event(UNKNOWN)
        how = "did its work" if error is None else f"raised {type(error).__name__}"
        log.warning("A wallet given up on has ended, it %s: %s", how, late.line(), extra=late.extra())
        call_hook(partial(self._hooks.ended_late, late, error))

    def _answer(self, event: Event, balance: Decimal | int = 0) -> bytes:
        if log.isEnabledFor(logging.INFO):
            log.info("callback %s", event.line(), extra=event.extra())
        call_hook(partial(self._hooks.answered, event))
        return answer_body(event.status_code, balance)

    def _executor(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="igamingace-wallet")
        return self._pool

    def close(self) -> None:
        """Let the threads go once they have ended what they do. The next callback starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False)


def _event(callback: Callback | None, account: Account, arrival: Arrival, status_code: str) -> Event:
    return Event(
        command=None if callback is None else callback.command,
        transaction_id=getattr(callback, "transaction_id", None),
        player_id=None if callback is None else callback.player_id,
        account=account,
        peer=arrival.peer,
        status_code=status_code,
        seconds=time.perf_counter() - arrival.at,
    )


def _result(end: End, info: CallbackInfo, event: partial[Event]) -> tuple[str, Decimal | int]:
    """Return statusCode and balance of a method that has ended; log what no wallet should do."""
    try:
        try:
            return OK, checked_balance(_returned(*end))
        except Refusal as refusal:
            return refused(refusal, info)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- whatever it is, it is answered
        failed = event(UNKNOWN)
        log.error("The wallet failed: %s", failed.line(), exc_info=error, extra=failed.extra())
        return UNKNOWN, 0


def _returned(found: object, error: BaseException | None) -> object:
    if error is not None:
        raise error
    return found


def _refuse_incomplete(wallet: object) -> None:
    missing = [command for command in MODELS if not callable(getattr(wallet, command, None))]
    if missing:
        raise ConfigurationError(
            f"{type(wallet).__name__} is no Wallet: it lacks the methods {', '.join(missing)}"
        )
