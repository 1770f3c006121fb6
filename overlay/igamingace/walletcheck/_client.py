"""Client that signs and sends callbacks, reads the answers exactly, and records both without secrets."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.clock import perf_counter
from igamingace._common.text import sanitize
from igamingace._wallet_client.client import NoResponse
from igamingace._wallet_client.diagnosis import (
    Diagnosis,
    Timings,
    diagnose_late_answer,
    diagnose_response,
    diagnose_timeout,
)
from igamingace._wallet_client.verdict import OK, read_answer
from igamingace.walletcheck.reports._report import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from igamingace._common.secret import Secret
    from igamingace._wallet_client.client import CallbackTransport, WalletResponse
    from igamingace._wallet_client.messages import CallbackMessage

_MAX_TEXT: Final = 600
_MAX_CODE: Final = 60
_TOKEN_PREFIX: Final = 4  # characters


@dataclass(frozen=True, slots=True)
class CallbackResult:
    """The answer to a callback, or why there is none.

    Attributes:
        command: the callback's command.
        exchange: the callback and the answer, as recorded.
        status_code: `statusCode` as it was sent; None when there is none.
        balance: `balance`, exact, as a number or a number in quotes; None when there is none.
        problem: what is wrong with the form of the answer; empty when nothing is.
        diagnosis: what is wrong besides the wallet's logic, or why the answer came late; None for nothing.
    """

    command: str
    exchange: Exchange
    status_code: str | None = None
    balance: Decimal | None = None
    problem: str = ""
    diagnosis: Diagnosis | None = None

    @property
    def cause(self) -> str:
        """What is wrong besides the wallet's logic, in words that are equal for equal causes; or empty."""
        return "" if self.diagnosis is None else self.diagnosis.summary

    @property
    def answered(self) -> bool:
        """Whether there is an HTTP response."""
        return self.exchange.http_status is not None

    @property
    def ok(self) -> bool:
        """Whether the wallet accepted the callback; the spelling in capitals is a check of its own."""
        status_code = (self.status_code or "").strip().upper()
        return self.exchange.http_status == HTTPStatus.OK and status_code == OK

    @property
    def is_server_error(self) -> bool:
        """Whether the server failed."""
        status = self.exchange.http_status
        return status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def __str__(self) -> str:
        """The result in a few words."""
        if not self.answered:
            return self.exchange.answer
        return f"HTTP {self.exchange.http_status}, {self.status_code or self.problem}"


class WalletClient:
    """Sends callbacks to one wallet, and records exchanges until they are taken.

    Attributes:
        late: How many answers came after the time limit, by command.
    """

    def __init__(
        self,
        transport: CallbackTransport,
        token: Secret[str],
        *,
        timeout: float,
        time_scale: float,
        speak: Callable[[CallbackMessage], CallbackMessage] = lambda message: message,
    ) -> None:
        """Take the timeout of an answer in seconds, and a factor for the contract's time limits.

        `speak` puts a callback into the dialect that is sent.
        """
        self._speak: Final = speak
        self._transport: Final = transport
        self._token: Final = token
        self._timeout: Final = timeout
        self._time_scale: Final = time_scale
        self._exchanges: list[Exchange] = []
        self._diagnoses: list[tuple[Exchange, Diagnosis]] = []
        self.late: Final[Counter[str]] = Counter()

    def time_limit(self, command: str) -> float | None:
        """Return the time limit of an answer, in seconds; None where the contract has none."""
        limit = CALLBACKS[command].answer_within if command in CALLBACKS else None
        return None if limit is None else limit * self._time_scale

    def take_exchanges(self) -> list[Exchange]:
        """Return the exchanges since the last call, in the order of the answers."""
        exchanges, self._exchanges = self._exchanges, []
        return exchanges

    def take_diagnoses(self) -> list[tuple[Exchange, Diagnosis]]:
        """Return the exchanges since the last call that the wallet's logic did not decide, and why."""
        diagnoses, self._diagnoses = self._diagnoses, []
        return diagnoses

    async def send(self, message: CallbackMessage) -> CallbackResult:
        """Send a callback and return its answer, or that there was none within the timeout."""
        message = self._speak(message)
        signature = message.signer(self._token.reveal())
        start = perf_counter()
        response: WalletResponse | None = None
        diagnosis: Diagnosis | None = None
        timings = Timings()
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._transport.send(message.body, signature, timings)
            text = response.body.decode("utf-8", "backslashreplace")
        except TimeoutError:
            diagnosis = diagnose_timeout(self._timeout, self._transport.url, timings)
            text = diagnosis.text
        except NoResponse as error:
            text, diagnosis = str(error), error.diagnosis
        seconds = perf_counter() - start
        text = text if signature is None else text.replace(signature.decode("latin-1"), "<signature>")
        exchange = Exchange(
            command=message.command,
            sent=self._sanitize(message.body.decode("utf-8", "backslashreplace")),
            signature=message.signature,
            http_status=None if response is None else response.http_status,
            answer=self._sanitize(text),
            seconds=seconds,
        )
        is_late = self._record(exchange)
        if response is None:
            result = CallbackResult(message.command, exchange, problem=self._sanitize(text))
        else:
            result = self._parse(message.command, exchange, response.body)
            diagnosis = diagnose_response(
                response.http_status, response.body, response.headers, self._transport.url
            )
            if is_late and diagnosis is None:
                diagnosis = diagnose_late_answer(seconds, timings)
        if diagnosis is None:
            return result
        diagnosis = self._without_secrets(diagnosis)
        self._diagnoses.append((exchange, diagnosis))
        return replace(result, diagnosis=diagnosis)

    def _without_secrets(self, diagnosis: Diagnosis) -> Diagnosis:
        return Diagnosis(
            diagnosis.cause,
            *(self._sanitize(text) for text in (diagnosis.summary, diagnosis.text, diagnosis.advice)),
        )

    def _sanitize(self, text: str, limit: int = _MAX_TEXT) -> str:
        # `sanitize` is slow, and hardly any text needs it.
        is_clean = (
            len(text) <= limit and text.isprintable() and self._token.reveal()[:_TOKEN_PREFIX] not in text
        )
        return text if is_clean else sanitize(text, self._token, limit)

    def _record(self, exchange: Exchange) -> bool:
        """Record an exchange; return whether the answer was late, or did not come."""
        self._exchanges.append(exchange)
        limit = self.time_limit(exchange.command)
        if limit is None or exchange.seconds <= limit:
            return False
        self.late[exchange.command] += 1
        return True

    def _parse(self, command: str, exchange: Exchange, body: bytes) -> CallbackResult:
        answer = read_answer(command, body)
        code = answer.status_code
        return CallbackResult(
            command,
            exchange,
            None if code is None else self._sanitize(code, _MAX_CODE),
            answer.balance,
            self._sanitize(answer.problem or answer.balance_problem),
        )
