"""Hooks that are called as callbacks are answered, for metrics and alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from igamingace._common.safe_log import SafeLogger

__all__ = ["CallbackHooks", "Event"]

log: Final = SafeLogger("igamingace.callbacks")


@dataclass(frozen=True, slots=True)
class Event:
    """A callback and how it was answered. It has values of the body only when the signature is valid.

    Attributes:
        command: the command; None when the body or its signature is invalid.
        transaction_id: its transactionId; None where the command has none. Of a cancel without an id of its
            own, the bet's.
        player_id: its playerId as it came.
        account: which token signed it: a name or an index; None when the app has one token.
        peer: the source address of the request; None when the server does not know it.
        status_code: the statusCode that was answered.
        seconds: from the arrival of the request to this event, in seconds.
    """

    command: str | None
    transaction_id: str | None
    player_id: str | None
    account: str | int | None
    peer: str | None
    status_code: str
    seconds: float

    def line(self) -> str:
        """The event as a line for a log, without secrets; text of the request is escaped."""
        return (
            f"command={self.command} transactionId={self.transaction_id!a} playerId={self.player_id!a} "
            f"account={self.account!a} "
            f"peer={self.peer} statusCode={self.status_code} ms={self.seconds * 1000:.1f}"
        )

    def extra(self) -> dict[str, object]:
        """The event as fields for `extra=` of a log record."""
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
    """Subclass it and override the methods you need; they do nothing here.

    A hook must be quick and must not block: it runs before the answer goes out, in the event loop or in the
    server's thread. An exception in a hook is logged and otherwise ignored.
    """

    def answered(self, event: Event) -> None:
        """A callback is about to be answered: also a refused, overdue or forged one."""

    def overdue(self, event: Event) -> None:
        """The wallet has not returned within the contract's time limit; ERR_UNKNOWN is answered.

        For `bet` and `betwin` a `cancel` follows; for `win` and `cancel` the same callback comes again.
        """

    def ended_late(self, event: Event, error: BaseException | None) -> None:
        """An overdue method has ended; `error` is what it raised, or None.

        Called in the thread or task that it ran in. When a `bet` has returned, it is booked although it was
        answered as failed: its `cancel` must refund it. `asyncio.CancelledError`: it was cancelled at the
        time limit.
        """
