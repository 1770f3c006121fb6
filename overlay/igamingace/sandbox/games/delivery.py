"""One try of a callback with its answer, for the log."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from igamingace._common.amounts import format_amount, minor_digits
from igamingace.sandbox.store.masking import mask_text
from igamingace.sandbox.store.request_log import MAX_SHOWN_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Container, Mapping
    from datetime import datetime

    from igamingace._wallet_client.verdict import Verdict
    from igamingace.sandbox._json import Object


@dataclass(frozen=True, slots=True)
class Delivery:
    """One try of a callback.

    Attributes:
        at: When it was sent, by the sandbox's clock.
        account: Whose callback URL it went to.
        player: The playerId.
        session: The id of the session it belongs to.
        url: Where it went, without credentials.
        command: Its command.
        attempt: Which try it was, counted from 1.
        request_body: What was sent.
        signature: What the header X-Request-Signature said.
        http_status: Of the answer; None when none came in time.
        answer_body: The first bytes of the answer.
        seconds: From sending to the answer, or to giving up.
        verdict: What that counts as.
        text: The verdict in words, with what follows.
        currency: The currency of its amounts.
        amounts: The amounts that were sent, as they were written, by the names of their fields.
        fault: The faults that were put in its way, by kind; None for none.
    """

    at: datetime
    account: str
    player: str
    session: str
    url: str
    command: str
    attempt: int
    request_body: bytes
    signature: str = field(repr=False)
    http_status: int | None
    answer_body: bytes
    seconds: float
    verdict: Verdict
    text: str
    currency: str
    amounts: Mapping[str, str]
    fault: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the vendor takes it for successful: OK, and in time."""
        return self.verdict.outcome == "accepted"

    def to_json(self, number: int, tokens: Container[str]) -> Object:
        """Return it for pages and programs, as entry `number`, with `tokens` masked."""
        status, balance = self.verdict.status_code, self.verdict.balance
        return {
            "seq": number,
            "at": self.at.isoformat(timespec="milliseconds"),
            "account": self.account,
            "player": self.player,
            "session": self.session,
            "url": mask_text(self.url, tokens),
            "command": self.command,
            "amounts": dict(self.amounts),
            "balance": None if balance is None else format_amount(balance),
            "currency": self.currency,
            "minor_digits": minor_digits(self.currency),
            "attempt": self.attempt,
            "request_body": _text(self.request_body, tokens),
            "signature": self.signature,
            "http_status": self.http_status,
            "answer_body": _text(self.answer_body, tokens),
            "milliseconds": round(self.seconds * 1000, 3),
            "status_code": None if status is None else mask_text(status, tokens),
            "outcome": self.verdict.outcome,
            "verdict": mask_text(self.text, tokens),
            "ok": self.ok,
            "fault": self.fault,
        }


def _text(body: bytes, tokens: Container[str]) -> str:
    text = mask_text(body.decode(errors="replace"), tokens)
    return f"{text[:MAX_SHOWN_CHARACTERS]}…" if len(text) > MAX_SHOWN_CHARACTERS else text
