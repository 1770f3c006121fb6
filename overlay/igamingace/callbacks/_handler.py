"""From the bytes of a callback to the bytes of its answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from igamingace_bindings.contract import CALLBACKS, CallbackInfo

from igamingace._common.json import encoder
from igamingace._common.secret import Secret
from igamingace.callbacks._errors import INTEGRITY, OK, UNKNOWN, InvalidCallback, InvalidSignature, Refusal
from igamingace.callbacks._execution import Method, WalletCall
from igamingace.callbacks._hmac import Account, Tokens, keys_of
from igamingace.callbacks._hooks import CallbackHooks, Event, call_hook, log
from igamingace.callbacks._parse import MODELS, parse_fields
from igamingace.callbacks._signature import read_signed
from igamingace.errors import ConfigurationError

if TYPE_CHECKING:
    from igamingace.callbacks._models import Callback
    from igamingace.callbacks._wallet import Wallet

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
        received_at: when the request began, by the clock `time.perf_counter`.
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
        hooks: CallbackHooks | None,
    ) -> None:
        """Take the arguments of `wallet_app`."""
        self._keys: Final = Secret(keys_of(token))
        self._wallet: Final = wallet
        self._max_age: Final = max_age
        self._margin: Final = margin
        self._threads: Final = threads
        self._hooks: Final = hooks or CallbackHooks()
        self._executor: ThreadPoolExecutor | None = None
        _check_wallets(wallet, token)

    async def handle(self, request: IncomingCallback) -> bytes:
        """Return the body of the answer, whatever the request holds and whatever the wallet does."""
        # 1. Verify. Before that nothing of the body is used, not even for the log.
        try:
            account, fields = read_signed(request.body, request.signature, self._keys.reveal())
        except InvalidSignature as error:
            log.warning("A callback without a valid signature from %s: %s", request.peer, error)
            return self._answer(_event(request, INTEGRITY), 0)

        # 2. Parse.
        try:
            callback = parse_fields(fields, request.signature, self._max_age)
        except InvalidCallback as error:
            log.warning("A signed callback that does not match the contract: %s", error)
            return self._answer(_event(request, error.status_code, account), 0)

        # 3. Call the wallet, and wait until `margin` before the contract's time limit.
        info = CALLBACKS[callback.command]
        event = partial(_event, request, account=account, callback=callback)
        wallet = self._wallet[cast("str", account)] if isinstance(self._wallet, Mapping) else self._wallet
        method = cast("Method", getattr(wallet, callback.command))
        limit = info.answer_within
        deadline = None if limit is None else request.received_at + limit - self._margin
        call = WalletCall(method, callback, partial(self._report_late_end, event), deadline)
        if self._executor is None:
            self._executor = ThreadPoolExecutor(self._threads, thread_name_prefix="igamingace-wallet")
        in_time = await call.run(self._executor)

        # 4. Turn what the wallet did into a status code and a balance.
        status_code: str = UNKNOWN
        balance: Decimal | int = 0
        if not in_time:
            self._abandon(call, info, event(UNKNOWN))
        else:
            try:
                status_code, balance = _outcome(call, info)
            except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- each error is answered
                failed = event(UNKNOWN)
                log.error("The wallet failed: %s", failed.line(), exc_info=error, extra=failed.extra())

        # 5. Log, call the hook, encode.
        return self._answer(event(status_code), balance)

    def close(self) -> None:
        """Stop the threads once their methods have ended. The next callback starts new ones."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=False)

    def _abandon(self, call: WalletCall, info: CallbackInfo, event: Event) -> None:
        has_started = call.abandon()
        log.error(
            "The wallet %s: %s; %s",
            "has not returned in time" if has_started else "was not called, no thread was free in time",
            event.line(),
            _FOLLOW_UPS.get(info.then, "nothing follows"),
            extra=event.extra(),
        )
        call_hook(self._hooks.overdue, event)
        call.report_end()
        call.cancel()

    def _report_late_end(self, event: partial[Event], error: BaseException | None) -> None:
        late = event(UNKNOWN)
        how = "returned" if error is None else f"raised {type(error).__name__}"
        log.warning("An overdue call of the wallet has %s: %s", how, late.line(), extra=late.extra())
        call_hook(self._hooks.ended_late, late, error)

    def _answer(self, event: Event, balance: Decimal | int) -> bytes:
        if log.isEnabledFor(logging.INFO):
            log.info("callback %s", event.line(), extra=event.extra())
        call_hook(self._hooks.answered, event)
        return encoder.encode({"balance": balance, "statusCode": event.status_code})


def _event(
    request: IncomingCallback, status_code: str, account: Account = None, callback: Callback | None = None
) -> Event:
    return Event(
        command=None if callback is None else callback.command,
        transaction_id=getattr(callback, "transaction_id", None),
        player_id=None if callback is None else callback.player_id,
        account=account,
        peer=request.peer,
        status_code=status_code,
        seconds=time.perf_counter() - request.received_at,
    )


def _outcome(call: WalletCall, info: CallbackInfo) -> tuple[str, Decimal | int]:
    """Return the status code and the balance of a method that has ended.

    A code that the contract does not allow for the command becomes ERR_UNKNOWN.

    Raises:
        BaseException: whatever the method raised other than a Refusal; TypeError and ValueError for a balance
            that is none.
    """
    try:
        return OK, _checked_balance(call.result())
    except Refusal as refusal:
        status_code = refusal.status_code if refusal.status_code in info.status_codes else UNKNOWN
        return status_code, 0 if refusal.balance is None else _checked_balance(refusal.balance)


def _checked_balance(balance: object) -> Decimal | int:
    if isinstance(balance, bool) or not isinstance(balance, Decimal | int):  # a float has lost digits
        raise TypeError(f"the wallet returned a {type(balance).__name__}: return the balance as a Decimal")
    if isinstance(balance, Decimal) and not balance.is_finite():
        raise ValueError(f"the wallet returned {balance} as the balance")
    if balance < 0:  # the contract's answers have none
        log.warning("The wallet returned a balance below 0; 0 is answered")
        return 0
    return balance


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
