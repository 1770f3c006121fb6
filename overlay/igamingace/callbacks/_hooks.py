"""Hooks: what a program can watch of the callbacks it answers, for metrics and alarms."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CallbackHooks", "Event"]

log: Final = logging.getLogger("igamingace.callbacks")


@dataclass(frozen=True, slots=True)
class Event:
    """A callback and how it was answered. What comes from a body is there only when the signature holds.

    Attributes:
        command: the command; None when the body is no callback of the contract, or its signature does not
            hold.
        transaction_id: its transactionId; None where the command has none.
        player_id: its playerId.
        account: whose token signed it: a name or an index; None when the app has one token.
        peer: the address that the request came from; None when the server does not know it.
        status_code: the statusCode that was answered.
        seconds: from the arrival of the request to this event, in seconds.
    """

    command: str | None
    transaction_id: int | None
    player_id: str | None
    account: str | int | None
    peer: str | None
    status_code: str
    seconds: float

    def line(self) -> str:
        """The event as a log line without secrets; text from outside is escaped."""
        return (
            f"command={self.command} transactionId={self.transaction_id} playerId={self.player_id!a} "
            f"account={self.account!a} "
            f"peer={self.peer} statusCode={self.status_code} ms={self.seconds * 1000:.1f}"
        )

    def extra(self) -> dict[str, object]:
        """The event for `extra=` of a log record: a field each."""
        return {
            "command": self.command,
            "transactionId": self.transaction_id,
            "playerId": self.player_id,
            "account": self.account,
            "peer": self.peer,
            "statusCode": self.status_code,
            "ms": round(self.seconds * 1000, 1),
        }


class CallbackHooks:
    """Called as callbacks are answered. Inherit from it and write those you need; its own do nothing.

    A hook must be quick and must not block: it runs before the answer goes out, in the event loop or in the
    server's thread. An exception in a hook is logged and otherwise ignored.
    """

    def answered(self, event: Event) -> None:
        """A callback is about to be answered: every one, refused, overdue and forged ones included."""

    def overdue(self, event: Event) -> None:
        """The wallet has not returned within the contract's time limit, and ERR_UNKNOWN is answered for it.

        For `bet` and `betwin` a `cancel` follows; for `win` and `cancel` the same callback comes again.
        """

    def ended_late(self, event: Event, error: BaseException | None) -> None:
        """An overdue method has ended after all, with `error` or, when that is None, having done its work.

        Called in the thread or task that it ran in. A `bet` that did its work is booked though the vendor was
        told that it failed: its `cancel` must refund it. `asyncio.CancelledError`: it was stopped at the time
        limit.
        """


def call_hook(hook: Callable[[], None]) -> None:
    """Call a hook; log what it raises instead of letting it spoil an answer."""
    try:
        hook()
    except Exception:
        log.exception("A hook of the callbacks raised; the answer goes out without it")
