"""Counts the requests of each account that are in flight, up to the limit."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(slots=True)
class Gauge:
    """The requests of one account.

    Attributes:
        in_flight: Accepted, and not answered to the end yet.
        peak_in_flight: The most that were in flight at once.
        busy: How many were refused because the limit was reached.
        accepted: How many were taken on.
    """

    in_flight: int = 0
    peak_in_flight: int = 0
    busy: int = 0
    accepted: int = 0

    def enter(self, limit: int | None) -> bool:
        """Count a request that arrived; False, and counted as busy, when `limit` are in flight already."""
        if limit is not None and self.in_flight >= limit:
            self.busy += 1
            return False
        self.accepted += 1
        self.in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self.in_flight)
        return True

    def leave(self) -> None:
        """Count a request as ended: its response has been sent, or the caller has gone."""
        self.in_flight -= 1


class Gauges:
    """The gauges of all accounts, by account id."""

    def __init__(self) -> None:
        self._by_account: dict[str, Gauge] = {}

    def of(self, account_id: str) -> Gauge:
        """Return the account's gauge, made now when it has none."""
        gauge = self._by_account.get(account_id)
        if gauge is None:
            gauge = self._by_account[account_id] = Gauge()
        return gauge

    def reset(self) -> None:
        """Start counting anew; what is in flight now stays counted until it ends."""
        for account_id, gauge in list(self._by_account.items()):
            gauge.peak_in_flight, gauge.busy, gauge.accepted = gauge.in_flight, 0, 0
            if not gauge.in_flight:
                del self._by_account[account_id]

    def figures(self, account_id: str) -> dict[str, int]:
        """Return the account's figures by name."""
        return asdict(self._by_account.get(account_id, Gauge()))
