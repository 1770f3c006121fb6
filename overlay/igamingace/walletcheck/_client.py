"""Client that signs and sends callbacks, reads the answers exactly, and records both without secrets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.clock import perf_counter, timeout
from igamingace._common.masking import mask_token
from igamingace._common.text import sanitize
from igamingace._wallet_client.client import NoResponse
from igamingace._wallet_client.diagnosis import (
    Cause,
    Diagnosis,
    Timings,
    diagnose_late_answer,
    diagnose_response,
    diagnose_timeout,
)
from igamingace._wallet_client.verdict import OK, read_answer
from igamingace.walletcheck.reports._report import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from decimal import Decimal

    from igamingace._common.secret import Secret
    from igamingace._wallet_client.client import CallbackTransport, WalletResponse
    from igamingace._wallet_client.messages import CallbackMessage

_MAX_TEXT: Final = 600
_MAX_CODE: Final = 60
_TOKEN_PREFIX: Final = 4  # characters


@dataclass(frozen=True, slots=True)
class RecordedExchange:
    """A callback and its answer as bytes, with the signature: for test vectors, never for a report.

    Attributes:
        check_id: the check that sent it; None for what prepares the checks and puts the balance back.
        command: the callback's command; of an invalid callback, a name for reports.
        body: the bytes of the body.
        signature: the value of the signature header; None when there was none.
        http_status: the HTTP status of the answer; None when there was none.
        answer: the bytes of the answer.
    """

    check_id: str | None
    command: str
    body: bytes
    signature: bytes | None = field(repr=False)
    http_status: int | None
    answer: bytes


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
        exchanges: The exchanges since they were taken last, in the order of the answers.
        check_id: The check that is running, None for none.
        speak: Puts a callback into the dialect in which it is sent.
    """

    def __init__(
        self,
        transport: CallbackTransport,
        token: Secret[str],
        *,
        timeout: float,
        time_scale: float,
        speak: Callable[[CallbackMessage], CallbackMessage] = lambda message: message,
        on_exchange: Callable[[RecordedExchange], None] | None = None,
    ) -> None:
        """Take the timeout of an answer in seconds, and a factor for the contract's time limits.

        `speak` puts a callback into the dialect that is sent; `on_exchange` gets each exchange as bytes.
        """
        self._on_exchange: Final = on_exchange
        self.speak: Final = speak
        self._transport: Final = transport
        self._token: Final = token
        self._timeout: Final = timeout
        self._time_scale: Final = time_scale
        self.exchanges: list[Exchange] = []
        self._diagnoses: list[tuple[Exchange, Diagnosis]] = []
        self.late: Final[Counter[str]] = Counter()
        self.check_id: str | None = None

    def time_limit(self, command: str) -> float | None:
        """Return the time limit of an answer, in seconds; None where the contract has none."""
        limit = CALLBACKS[command].answer_within if command in CALLBACKS else None
        return None if limit is None else limit * self._time_scale

    def take_exchanges(self) -> list[Exchange]:
        """Return the exchanges since the last call, in the order of the answers; forget their diagnoses."""
        exchanges, self.exchanges = self.exchanges, []
        self._diagnoses.clear()
        return exchanges

    def diagnosis_of(self, exchanges: Iterable[Exchange]) -> Diagnosis | None:
        """Return the diagnosis of some of the exchanges since the last call; None when none has any.

        An overload may have a cause that others beside it tell: of a crowd that waits, some are dropped.
        """
        ids = {id(exchange) for exchange in exchanges}
        found = [diagnosis for exchange, diagnosis in self._diagnoses if id(exchange) in ids]
        if found and all(diagnosis.cause == Cause.OVERLOAD for diagnosis in found):
            found = [diagnosis for _, diagnosis in self._diagnoses]
        telling = [diagnosis for diagnosis in found if diagnosis.cause != Cause.OVERLOAD] or found
        return telling[0] if telling else None

    async def send(self, message: CallbackMessage) -> CallbackResult:
        """Send a callback and return its answer, or that there was none within the timeout."""
        message = self.speak(message)
        signature = message.signer(self._token.reveal())
        start = perf_counter()
        response: WalletResponse | None = None
        diagnosis: Diagnosis | None = None
        timings = Timings()
        try:
            async with timeout(self._timeout):
                response = await self._transport.send(message.body, signature, timings)
            text = response.body.decode("utf-8", "backslashreplace")
        except TimeoutError:
            diagnosis = diagnose_timeout(self._timeout, self._transport.url, timings)
            text = diagnosis.text
        except NoResponse as error:
            diagnosis = error.diagnosis
            text = str(error) if diagnosis is None else diagnosis.text
        seconds = perf_counter() - start
        limit = self.time_limit(message.command)
        is_late = limit is not None and seconds > limit
        if response is not None:
            url = self._transport.url
            mask = partial(self._mask, signature)
            diagnosis = diagnose_response(response.http_status, response.body, response.headers, url, mask)
            if is_late and diagnosis is None and url:  # in process there are no connections
                diagnosis = diagnose_late_answer(seconds, timings)
        diagnosis = None if diagnosis is None else self._without_secrets(diagnosis)
        exchange = Exchange(
            command=message.command,
            sent=self._sanitize(message.body.decode("utf-8", "backslashreplace")),
            signature=message.signature,
            http_status=None if response is None else response.http_status,
            answer=self._sanitize(self._mask(signature, text)),
            seconds=seconds,
            cause="" if diagnosis is None else diagnosis.summary,
        )
        self.exchanges.append(exchange)
        if is_late:
            self.late[message.command] += 1
        if diagnosis is not None:
            self._diagnoses.append((exchange, diagnosis))
        body = b"" if response is None else response.body
        if self._on_exchange is not None:
            status = exchange.http_status
            self._on_exchange(
                RecordedExchange(self.check_id, message.command, message.body, signature, status, body)
            )
        if response is None:
            return CallbackResult(message.command, exchange, problem=exchange.answer, diagnosis=diagnosis)
        answer = read_answer(message.command, body)
        code = answer.status_code
        return CallbackResult(
            message.command,
            exchange,
            None if code is None else self._sanitize(code, _MAX_CODE),
            answer.balance,
            self._sanitize(answer.problem or answer.balance_problem),
            diagnosis,
        )

    def _without_secrets(self, diagnosis: Diagnosis) -> Diagnosis:
        texts = (diagnosis.summary, diagnosis.text, diagnosis.advice)
        return Diagnosis(diagnosis.cause, *(self._sanitize(text) for text in texts))

    def _mask(self, signature: bytes | None, text: str) -> str:
        """Return what a wallet said without the token and the signature."""
        if signature:
            text = text.replace(signature.decode("latin-1"), "<signature>")
        return mask_token(text, self._token)

    def _sanitize(self, text: str, limit: int = _MAX_TEXT) -> str:
        # `sanitize` is slow, and hardly any text needs it.
        is_clean = (
            len(text) <= limit and text.isprintable() and self._token.reveal()[:_TOKEN_PREFIX] not in text
        )
        return text if is_clean else sanitize(text, self._token, limit)
