"""From the bytes of a callback to the bytes of its answer."""

from __future__ import annotations

import asyncio
import logging
import math
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from igamingace_bindings.contract import CALLBACKS, CallbackInfo
from igamingace_bindings.scalars import is_in_range

from igamingace._common.clock import perf_counter
from igamingace._common.hooks import HookCaller
from igamingace._common.json import encoder
from igamingace._common.limited_log import LimitedLog
from igamingace._common.numbers import is_integer, is_number
from igamingace._common.secret import Secret
from igamingace.callbacks._errors import (
    INTEGRITY,
    OK,
    UNKNOWN,
    InvalidCallback,
    InvalidPlayer,
    InvalidSignature,
    NotAuthenticated,
    Refusal,
)
from igamingace.callbacks._execution import Method, WalletCall
from igamingace.callbacks._explanation import diagnose
from igamingace.callbacks._hmac import Account, Tokens, by_account, keys_of
from igamingace.callbacks._hooks import CallbackHooks, Event, log
from igamingace.callbacks._instrumentation import observe, record_answer, record_late_end
from igamingace.callbacks._models import MODELS, Cancel
from igamingace.callbacks._parse import check_max_age, parse_fields
from igamingace.callbacks._signature import read_signed
from igamingace.drift import DriftLog
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.callbacks._models import Callback
    from igamingace.callbacks._wallet import PlayerIdFunction, Wallet
    from igamingace.drift import Difference

_DIAGNOSIS_WORK: Final = 8 * 2**20
"""How much a diagnosis of a signature may hash, in bytes."""
_DIAGNOSIS_BODY: Final = 2048
"""The longest body whose signature is diagnosed, in bytes: the work grows with it."""
_FOLLOW_UPS: Final = {
    "cancel": "its cancel follows and must undo it if it was booked",
    "retry": "it comes again",
}


@dataclass(frozen=True, slots=True)
class IncomingCallback:
    """A request whose body has been read.

    Attributes:
        body: its body.
        signature: its signature header; several are joined by a comma, None when there is none.
        peer: the address it came from.
        received_at: when the request began, by `_common.clock.perf_counter`.
    """

    body: bytes
    signature: bytes | None
    peer: str | None
    received_at: float


class CallbackHandler:
    """Answers callbacks with a wallet."""

    def __init__(
        self,
        wallet: Wallet | Mapping[str, Wallet],
        token: str | Tokens,
        *,
        max_age: float | None,
        margin: float,
        threads: int,
        player_id: PlayerIdFunction | None,
        on_drift: Callable[[Difference], object] | None,
        hooks: CallbackHooks | None,
    ) -> None:
        """Take the arguments of `wallet_app`.

        Raises:
            ConfigurationError: as `wallet_app`.
        """
        check_max_age(max_age)
        _check_settings(margin=margin, threads=threads, player_id=player_id, hooks=hooks)
        self._keys: Final = Secret(keys_of(token))
        tokens = _copied(token)
        self._tokens: Final = Secret(tokens)
        self._wallet: Final = wallet
        self._max_age: Final = max_age
        self._margin: Final = margin
        self._threads: Final = threads
        self._player_id: Final = player_id
        self._hooks: Final = hooks or CallbackHooks()
        self._log: Final = LimitedLog(log)
        self._call_hook: Final = HookCaller(
            self._log, "A hook raised an exception; the callback is answered anyway"
        )
        drift = DriftLog(on_drift=on_drift)
        self._drift: Final[Mapping[Account, DriftLog]] = {
            account: DriftLog(Secret(each), parent=drift) for account, each in by_account(tokens)
        }
        self._executor: ThreadPoolExecutor | None = None
        _check_wallets(wallet, token)

    async def handle(self, request: IncomingCallback) -> bytes:
        """Return the body of the answer, whatever the request holds and whatever the wallet does."""
        # 1. Verify. Before that nothing of the body is used, not even for the log.
        try:
            account, fields = read_signed(request.body, request.signature, self._keys.reveal())
        except InvalidSignature as error:
            reason = str(error)
            self._log.warning(
                "A callback without a valid signature from %s: %s", request.peer, reason, about=reason
            )
            self._start_diagnosis(request)
            return self._answer(_event(request, INTEGRITY), 0)

        # 2. Parse.
        try:
            callback = parse_fields(fields, request.signature, self._max_age, self._drift[account])
        except InvalidCallback as error:
            reason = str(error)
            self._log.warning("A signed callback that cannot be read: %s", reason, about=reason)
            return self._answer(_event(request, error.status_code, account), 0)

        # 3. Call the wallet, and turn what it did into a status code and a balance.
        event = partial(_event, request, account=account, callback=callback)
        with observe(callback.command):
            status_code, balance = await self._ask_wallet(callback, account, request.received_at, event)

        # 4. Log, call the hook, encode.
        return self._answer(event(status_code), balance)

    def close(self) -> None:
        """Stop the threads once their methods have ended. The next callback starts new ones."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    def _start_diagnosis(self, request: IncomingCallback) -> None:
        """Start the search for the mistake in a signature, once a minute at most.

        It may cost as much as a thousand verifications, and anybody can send a wrong signature. So the answer
        does not wait for it, and it has a thread of its own: none of the wallet's is occupied.
        """
        if request.signature is None or len(request.body) > _DIAGNOSIS_BODY:
            return
        if not self._log.is_due("diagnosis of a signature"):
            return
        thread = threading.Thread(
            target=self._diagnose, args=(request,), name="igamingace-signature-diagnosis", daemon=True
        )
        with suppress(RuntimeError):  # no thread can be started: the callback is answered anyway
            thread.start()

    def _diagnose(self, request: IncomingCallback) -> None:
        """Log the mistake that explains an invalid signature, if one does."""
        try:
            found = diagnose(request.body, request.signature, self._tokens.reveal(), {}, _DIAGNOSIS_WORK)
        except Exception:  # noqa: BLE001 -- in a thread: nobody else would report it
            self._log.exception("The diagnosis of a signature failed")
            return
        if found.mistakes:
            self._log.warning(
                "An invalid signature from %s is explained: %s", request.peer, found, about=found.mistakes
            )

    async def _ask_wallet(
        self, callback: Callback, account: Account, received_at: float, event: partial[Event]
    ) -> tuple[str, Decimal | int]:
        """Return what to answer. The wallet has until `margin` before the contract's time limit."""
        info = CALLBACKS[callback.command]
        limit = info.answer_within
        deadline = None if limit is None else received_at + limit - self._margin
        if self._player_id is not None:
            found = await self._find_player(self._player_id, callback.player_id, info, deadline, event)
            if isinstance(found, tuple):
                return found
            callback = callback.model_copy(update={"player_id": found})
        wallet = self._wallet[cast("str", account)] if isinstance(self._wallet, Mapping) else self._wallet
        method = cast("Method", getattr(wallet, callback.command))
        call = WalletCall(method, callback, partial(self._report_late_end, event), deadline)
        if not await call.run(self._running_executor()):
            self._abandon(call, "The wallet", info, event(UNKNOWN))
            return UNKNOWN, 0
        try:
            return self._outcome(call, info)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- each error is answered
            self._report_error("The wallet", event(UNKNOWN), error)
            return UNKNOWN, 0

    async def _find_player(
        self,
        find: PlayerIdFunction,
        player_id: str,
        info: CallbackInfo,
        deadline: float | None,
        event: partial[Event],
    ) -> str | tuple[str, Decimal | int]:
        """Return the wallet's id of a player, or what to answer."""
        call = WalletCall(cast("Method", find), player_id, _nothing_booked, deadline)
        if not await call.run(self._running_executor()):
            self._abandon(call, "The function player_id", info, event(UNKNOWN))
            return UNKNOWN, 0
        try:
            own_id = _checked_player_id(call.result())
        except Refusal as refusal:
            return self._refused(refusal, info)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- each error is answered
            self._report_error("The function player_id", event(UNKNOWN), error)
            return UNKNOWN, 0
        if own_id is None:
            code = InvalidPlayer.status_code
            return (code if code in info.status_codes else NotAuthenticated.status_code), 0
        return own_id

    def _running_executor(self) -> ThreadPoolExecutor:
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="igamingace-wallet")
        return self._executor

    def _outcome(self, call: WalletCall, info: CallbackInfo) -> tuple[str, Decimal | int]:
        """Return the status code and the balance of a method that has ended.

        A code that the contract does not allow for the command becomes ERR_UNKNOWN.

        Raises:
            BaseException: whatever the method raised other than a Refusal; TypeError and ValueError for a
                balance that is none.
        """
        try:
            return OK, self._checked_balance(call.result())
        except Refusal as refusal:
            return self._refused(refusal, info)

    def _refused(self, refusal: Refusal, info: CallbackInfo) -> tuple[str, Decimal | int]:
        status_code = refusal.status_code if refusal.status_code in info.status_codes else UNKNOWN
        return status_code, 0 if refusal.balance is None else self._checked_balance(refusal.balance)

    def _checked_balance(self, balance: object) -> Decimal | int:
        if isinstance(balance, bool) or not isinstance(balance, Decimal | int):  # a float has lost digits
            raise TypeError(
                f"the wallet returned a {type(balance).__name__}: return the balance as a Decimal"
            )
        exact = Decimal(balance)  # of a subclass as well, which cannot be encoded
        if not is_in_range(exact):
            raise ValueError("the wallet returned a balance that is not finite, or of thousands of digits")
        if exact < 0:  # the contract's answers have none
            self._log.warning("The wallet returned a balance below 0; 0 is answered")
            return 0
        return exact

    def _abandon(self, call: WalletCall, what: str, info: CallbackInfo, event: Event) -> None:
        has_started = call.abandon()
        self._log.error(
            "%s %s: %s; %s",
            what,
            "has not returned in time" if has_started else "was not called, no thread was free in time",
            event.line(),
            _FOLLOW_UPS.get(info.then, "nothing follows"),
            about=(what, has_started, event.command),
            extra=event.extra(),
        )
        self._call_hook(self._hooks.overdue, event)
        call.report_end()
        call.cancel()

    def _report_error(self, what: str, event: Event, error: BaseException) -> None:
        self._log.error(
            "%s failed: %s",
            what,
            event.line(),
            about=(what, event.command, type(error)),
            exc_info=error,
            extra=event.extra(),
        )

    def _report_late_end(self, event: partial[Event], error: BaseException | None) -> None:
        late = event(UNKNOWN)
        how = "returned" if error is None else f"raised {type(error).__name__}"
        self._log.warning(
            "An overdue call of the wallet has %s: %s",
            how,
            late.line(),
            about=(how, late.command),
            extra=late.extra(),
        )
        self._call_hook(record_late_end, str(late.command), error)
        self._call_hook(self._hooks.ended_late, late, error)

    def _answer(self, event: Event, balance: Decimal | int) -> bytes:
        body = encoder.encode({"balance": balance, "statusCode": event.status_code})
        if log.is_enabled_for(logging.INFO):
            log.info("callback %s", event.line(), extra=event.extra())
        self._call_hook(record_answer, event.command, event.status_code, event.seconds)
        self._call_hook(self._hooks.answered, event)
        return body


def _copied(token: str | Tokens) -> str | Tokens:
    """Return a copy of the tokens: what was handed in may change."""
    if isinstance(token, str):
        return token
    return dict(token) if isinstance(token, Mapping) else tuple(token)


def _event(
    request: IncomingCallback, status_code: str, account: Account = None, callback: Callback | None = None
) -> Event:
    transaction_id: str | None = getattr(callback, "transaction_id", None)
    if transaction_id is None and isinstance(callback, Cancel):
        transaction_id = callback.bet_id
    return Event(
        command=None if callback is None else callback.command,
        transaction_id=transaction_id,
        player_id=None if callback is None else callback.player_id,
        account=account,
        peer=request.peer,
        status_code=status_code,
        seconds=perf_counter() - request.received_at,
    )


def _nothing_booked(_error: BaseException | None) -> None:
    """The function that finds the player has ended late: the wallet was not called."""


def _checked_player_id(player_id: object) -> str | None:
    if player_id is not None and not isinstance(player_id, str):
        raise TypeError(
            f"the function player_id returned a {type(player_id).__name__}: return a str, or None"
        )
    return player_id


def _check_settings(*, margin: object, threads: object, player_id: object, hooks: object) -> None:
    """Raise ConfigurationError for a setting that is out of range or of a wrong type."""
    if not (is_number(margin) and 0 <= margin < math.inf):
        raise ConfigurationError(f"margin is {margin!r}; use 0 seconds or more")
    if not (is_integer(threads) and threads >= 1):
        raise ConfigurationError(f"threads is {threads!r}; use 1 or more")
    if player_id is not None and not callable(player_id):
        raise ConfigurationError("player_id cannot be called; use a function of a player's id, or None")
    if hooks is not None and not isinstance(hooks, CallbackHooks):
        raise ConfigurationError(
            f"hooks is of type {type(hooks).__name__}; use an object of a subclass of CallbackHooks, or None"
        )


def _check_wallets(wallet: Wallet | Mapping[str, Wallet], token: str | Tokens) -> None:
    """Raise ConfigurationError when a token has no wallet, or a wallet lacks a method."""
    if not isinstance(wallet, Mapping):
        wallets = [wallet]
    elif not isinstance(token, Mapping):
        raise ConfigurationError("wallet is a mapping: give token as a mapping with the same names")
    else:
        without_wallet = [name for name in token if name not in wallet]
        if without_wallet:
            names = ", ".join(map(repr, without_wallet))
            raise ConfigurationError(f"there is no wallet for the token of {names}")
        wallets = [wallet[name] for name in token]
    for each in wallets:
        missing = [command for command in MODELS if not callable(getattr(each, command, None))]
        if missing:
            raise ConfigurationError(
                f"{type(each).__name__} is not a Wallet: it lacks the methods {', '.join(missing)}"
            )
