"""Signs and sends letters, reads the answers exactly, and writes down both without secrets."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

from igamingace_bindings.contract import CALLBACKS

from igamingace._common.json import decode
from igamingace._common.text import exception_text, sanitize
from igamingace._wallet_client.client import NoAnswer, Reply, Unreachable
from igamingace.walletcheck.reports._report import Exchange

if TYPE_CHECKING:
    from igamingace._common.secret import Secret
    from igamingace._wallet_client.client import Line
    from igamingace._wallet_client.messages import Letter

OK: Final = "OK"
_SHOWN: Final = 600
_SHOWN_CODE: Final = 60
_PIECE: Final = 4  # of the token, that makes a text worth a closer look
_LARGEST_AMOUNT: Final = 60  # digits before the point, or after it: past any money


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a letter.

    Attributes:
        command: the letter's command.
        exchange: the letter and the answer, written down.
        status_code: `statusCode` as it was spelled; None when there is none.
        balance: `balance`, exact, be it a number or a number in quotes; None when there is none.
        problem: what is wrong with the form of the answer; empty when nothing is.
        unreachable: whether not even a connection was made.
    """

    command: str
    exchange: Exchange
    status_code: str | None = None
    balance: Decimal | None = None
    problem: str = ""
    unreachable: bool = False

    @property
    def came(self) -> bool:
        """Whether there is an answer at all."""
        return self.exchange.http_status is not None

    @property
    def accepted(self) -> bool:
        """Whether the wallet took the callback; capitals are judged elsewhere."""
        spelled = (self.status_code or "").strip().upper()
        return self.exchange.http_status == HTTPStatus.OK and spelled == OK

    @property
    def crashed(self) -> bool:
        """Whether the server failed."""
        status = self.exchange.http_status
        return status is not None and status >= HTTPStatus.INTERNAL_SERVER_ERROR

    def __str__(self) -> str:
        """What came, in a few words."""
        if not self.came:
            return self.exchange.answer
        return f"HTTP {self.exchange.http_status}, {self.status_code or self.problem}"


class Post:
    """Sends letters to one wallet, and keeps what was exchanged until it is collected."""

    def __init__(self, line: Line, token: Secret[str], *, timeout: float, time_scale: float) -> None:
        """Take the line, the token, how long to wait for an answer, and what the time limits are times."""
        self._line: Final = line
        self._token: Final = token
        self._timeout: Final = timeout
        self._time_scale: Final = time_scale
        self._exchanges: list[Exchange] = []
        self.late: Final[Counter[str]] = Counter()

    def limit(self, command: str) -> float | None:
        """In how many seconds a command must be answered; None where the contract states none."""
        within = CALLBACKS[command].answer_within if command in CALLBACKS else None
        return None if within is None else within * self._time_scale

    def collect(self) -> list[Exchange]:
        """Return what was exchanged since the last time, in the order of the answers."""
        collected, self._exchanges = self._exchanges, []
        return collected

    async def send(self, letter: Letter) -> Answer:
        """Send a letter and wait for its answer, for no longer than the timeout."""
        signature = letter.seal(self._token.reveal())
        start = time.perf_counter()
        reply: Reply | None = None
        unreachable = False
        try:
            async with asyncio.timeout(self._timeout):
                reply = await self._line.post(letter.body, signature)
            said = reply.body.decode("utf-8", "backslashreplace")
        except TimeoutError:
            said = f"no answer within {self._timeout:g} s"
        except NoAnswer as error:
            said, unreachable = str(error), isinstance(error, Unreachable)
        seconds = time.perf_counter() - start
        said = said if signature is None else said.replace(signature.decode("latin-1"), "<signature>")
        exchange = Exchange(
            command=letter.command,
            sent=self._shown(letter.body.decode("utf-8", "backslashreplace")),
            signature=letter.signed,
            http_status=None if reply is None else reply.http_status,
            answer=self._shown(said),
            seconds=seconds,
        )
        self._note(exchange)
        if reply is None:
            return Answer(letter.command, exchange, problem=said, unreachable=unreachable)
        return self._read(letter.command, exchange, reply.body)

    def _shown(self, text: str, limit: int = _SHOWN) -> str:
        """Return text as it may be shown; most of it may be as it is, which is quickly seen."""
        harmless = len(text) <= limit and text.isprintable() and self._token.reveal()[:_PIECE] not in text
        return text if harmless else sanitize(text, self._token, limit)

    def _note(self, exchange: Exchange) -> None:
        self._exchanges.append(exchange)
        limit = self.limit(exchange.command)
        if limit is not None and exchange.seconds > limit:
            self.late[exchange.command] += 1

    def _read(self, command: str, exchange: Exchange, body: bytes) -> Answer:
        try:
            found = decode(body)
        except ValueError as error:
            reason = exception_text(error, self._token)
            return Answer(command, exchange, problem=f"a body that is no JSON ({reason})")
        if not isinstance(found, dict):
            return Answer(command, exchange, problem="JSON that is no object")
        fields = cast("dict[str, object]", found)
        code, balance = fields.get("statusCode"), fields.get("balance")
        shown = self._shown(code, _SHOWN_CODE) if isinstance(code, str) else None
        return Answer(command, exchange, shown, _amount(balance), _problem(command, code, balance))


def _amount(value: object) -> Decimal | None:
    """Return a number, or a number in quotes, as a Decimal of a size that can be worked with."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    if not amount.is_finite() or abs(amount.adjusted()) > _LARGEST_AMOUNT:
        return None
    return amount


def _problem(command: str, code: object, balance: object) -> str:
    if not isinstance(code, str):
        return "statusCode is no text" if code is not None else "statusCode is missing"
    if command in CALLBACKS and code not in CALLBACKS[command].status_codes:
        return f"a statusCode that the contract does not know for {command}"
    if isinstance(balance, bool) or not isinstance(balance, int | Decimal):
        return "balance is no number" if balance is not None else "balance is missing"
    if _amount(balance) is None:
        return "balance is no amount of money"
    return ""
