"""The state machine of an account whose permits are leased: what this process holds, wants and may use."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from igamingace.limits._state import Core, all_serials_so_far
from igamingace.limits.redis._backpressure import SharedPace
from igamingace.limits.redis._protocol import Announcement

if TYPE_CHECKING:
    from igamingace.limits._state import Outcome
    from igamingace.limits.redis._protocol import News

__all__ = ["LeasedCore"]


class LeasedCore(Core):
    """A budget's state machine whose capacity comes and goes, and ends with its lease.

    `hold` is what Redis counts as this process'; `capacity`, never more, is what may be in use here. Permits
    go back in two steps, so that no slot is ever counted on both sides: `announce` lowers the capacity, then
    says what is kept. All times are those of `time.monotonic`, in seconds.
    """

    __slots__ = (
        "_accounts_calls",
        "_drain",
        "_heard",
        "_limit",
        "_over",
        "_reported",
        "_sent_at",
        "_seq",
        "_shared",
        "_term",
        "_void",
        "_want",
        "cap",
        "closed",
        "crowded",
        "hold",
        "lease_ends",
        "lost",
        "pending",
        "recent",
        "spare",
    )

    def __init__(self, limit: int, linger: float | None) -> None:
        """Start without a lease."""
        self._shared = SharedPace(limit)
        super().__init__(0, self._shared, linger)
        self._limit = limit
        self.lease_ends = math.inf
        """When the permits are no longer ours, unless renewed; infinite without a lease."""
        self.hold = 0
        """Permits that Redis counts as ours, as far as we heard."""
        self.cap = limit
        self.crowded = False
        self.pending: Announcement | None = None
        """What was sent and not answered."""
        self.recent = 0
        """The most slots in use at once since the last heartbeat."""
        self.spare = 0
        """Capacity without a lease, while Redis cannot be reached."""
        self.lost = 0
        """How many requests were under way when a lease was lost; whoever reports it sets it to 0."""
        self.closed = False
        self._want = self._heard = self._seq = self._term = self._accounts_calls = 0
        self._drain = self._over = self._reported = 0
        self._void = 0  # slots with lower numbers were granted under leases that were lost
        self._sent_at = 0.0

    @property
    def leased(self) -> bool:
        """Whether this process has a lease on the account."""
        return self.lease_ends < math.inf

    def has_lapsed(self, serial: int, now: float) -> bool:
        """Whether the slot was granted under a lease that is over."""
        return serial < self._void or now >= self.lease_ends

    def end(self, serial: int, outcome: Outcome, now: float) -> float | None:
        """End a slot's use; see `Core.end`."""
        if now >= self.due:
            self.settle(now)
        in_use = len(self.held) + len(self._slots)
        if in_use > self.recent:  # noqa: PLR1730 - max() takes twice as long
            self.recent = in_use
        return super().end(serial, outcome, now)

    def settle(self, now: float) -> None:
        """Bring all up to date, the lease first: when it is over, nothing more is granted here."""
        if now >= self.lease_ends:
            self.lost += self.in_use
            self._drop_lease(now)
        super().settle(now)
        self.due = min(self.due, self.lease_ends)

    def must_call(self) -> bool:
        """Whether Redis is to hear something now: more or fewer permits are needed, or a drain goes on."""
        if self.pending is not None:
            return False
        pace, waiting, in_use = self._shared, len(self.line), self.in_use
        if pace.refusals:
            return True
        if pace.draining:
            done = not in_use and self._reported < self._drain
            return done or (waiting > 0 and not self.leased)  # nobody tells us of its end without a lease
        need = in_use + waiting
        if min(need, self._limit) - self.hold > self._want or (self._want and not waiting):
            return True
        return self.hold > in_use and (self.hold > self.capacity or (self.crowded and self.hold > need))

    def announce(self, account: str, now: float, *, heartbeat: bool) -> Announcement:
        """Say what this process keeps and wants, after giving up the rest; what was not answered, again."""
        self.settle(now)
        self._sent_at = now
        if self.pending is None:
            self.recent = max(self.recent, self.in_use)
            keep = self._keep(idle_too=not heartbeat)
            self.spare = 0
            self._shared.meet()
            self.set_capacity(keep, now)
            self.hold = max(keep, self.in_use)
            self.pending = self._announcement(account)
            if heartbeat:
                self.recent = self.in_use
        return self.pending

    def answered(self, news: News, lease: float, now: float) -> None:
        """Take the answer to what was announced last."""
        said = self.pending
        if news.limit:  # it was not taken
            self.pending = None
        if said is None or news.seq != said.seq:
            return  # the lease was lost meanwhile
        self.pending = None
        self._want = said.want
        self._shared.refusals -= said.refused
        self._shared.goods -= said.good
        self._reported = max(self._reported, said.drained)
        self._accounts_calls = 0
        self.lease_ends = self._sent_at + lease if news.member else math.inf
        self._hear(news, now)

    def pushed(self, news: News, now: float) -> None:
        """Take a message; what it says counts only under the lease it was sent to."""
        self.settle(now)
        if self.leased:
            self._hear(news, now)

    def cut_off(self, share: int, now: float) -> None:
        """Redis cannot be reached: once without a lease, go on with `share` slots."""
        self.spare = share
        if share and not self.leased:
            self._shared.part(now)
        self.set_capacity(self.capacity if self.leased else share, now)

    def unanswered(self) -> bool:
        """Redis has no answer; False when there is nothing to ask again, either."""
        if self.leased or self.in_use or self.line:
            return True
        self.pending = None
        return False

    def close(self, now: float) -> None:
        """Grant nothing any more."""
        self.closed = True
        self.set_capacity(0, now)

    def wants_to_tell_goods(self) -> bool:
        """Whether good answers are to be told soon: while the working limit is lowered."""
        return self._shared.troubled and not self._shared.draining

    def _drop_lease(self, now: float) -> None:
        self.lease_ends = math.inf
        self._void = all_serials_so_far()
        self._term += 1
        self._heard = self.hold = self._want = 0
        self.cap, self.crowded, self.pending = self._limit, False, None
        self.capacity = 0 if self.closed else self.spare
        if self.spare:
            self._shared.part(now)

    def _keep(self, *, idle_too: bool) -> int:
        if not self.leased or self.closed:
            return 0
        if self._shared.draining:
            return self.in_use
        keep = min(self.hold, self.cap)
        if self.crowded:
            return min(keep, self.in_use + len(self.line))
        return keep if idle_too else min(keep, self.recent + len(self.line))

    def _announcement(self, account: str) -> Announcement:
        pace, in_use = self._shared, self.in_use
        self._seq += 1
        drained = pace.draining and not in_use and self._drain > self._over
        return Announcement(
            account=account,
            limit=self._limit,
            seq=self._seq,
            term=self._term,
            heard=self._heard,
            hold=self.hold,
            want=0 if self.closed else max(0, min(in_use + len(self.line), self._limit) - self.hold),
            refused=pace.refusals,
            good=pace.goods,
            draining=pace.draining,
            over=self._over,
            drained=self._drain if drained else 0,
            accepted=pace.accepted if drained and self._reported < self._drain else 0,
        )

    def _hear(self, news: News, now: float) -> None:
        if news.term != self._term:
            return
        got = max(0, news.granted - self._heard)
        self._heard += got
        self.hold += got
        self._want = max(0, self._want - got)
        if news.calls > self._accounts_calls:
            self._accounts_calls = news.calls
            self.crowded, self.cap = news.crowded, news.cap
            self._shared.set_working(news.work)
            self._hear_drain(news, now)
        if got and not self.closed:  # one request for each new permit, even where none is to be kept
            self.set_capacity(min(self.hold, max(self.capacity, self.in_use) + got), now)
        self.set_capacity(0 if self.closed else min(self.hold, self.cap), now)

    def _hear_drain(self, news: News, now: float) -> None:
        if news.drain <= self._over:
            return
        if news.draining:
            self._drain = news.drain
            if not self._shared.draining:
                self._shared.start_drain(self.in_use, now)
        else:
            self._over = news.drain
            self._shared.reopen(news.work)
