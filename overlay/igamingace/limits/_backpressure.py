"""Back-pressure after SERVER_IS_BUSY (1018): drain, pause, lower the working limit, recover."""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass

__all__ = ["RULES", "Backpressure", "Rules"]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of back-pressure, as pure functions; `lease.lua` has a twin of each, tested against it.

    The trouble of a storm is the time from its first refusal to its latest one. All that is done about a
    storm is in proportion to that: so the limit is whole again within the time that the trouble lasted (or a
    second) once the refusals have stopped, and where another program holds slots for good, the attempts to
    use them become rarer by a constant factor each, up to one in about `max_recovery` / 3.

    The unit of the fields is that of the arguments: seconds in `RULES`.
    """

    max_drain: float = 60.0
    """A drain ends after this time even if some requests in flight never end."""
    min_pause: float = 0.1
    max_pause: float = 5.0
    min_recovery: float = 0.5
    max_recovery: float = 30.0
    min_memory: float = 10.0
    """A refusal later than this after the recovery begins a new storm, unless the storm lasted longer."""
    max_memory: float = 60.0
    """After this time without an answer the limit is whole again, and the storm over."""
    recovery_steps: int = 20
    """The working limit is raised in so many steps, unless it is asked for more often."""

    def in_ms(self) -> Rules:
        """The same for times in milliseconds."""
        times = {name: 1000 * value for name, value in asdict(self).items()}
        return Rules(**times | {"recovery_steps": self.recovery_steps})

    def limit_after_drain(self, accepted: int, working_limit: int, in_use: int, limit: int) -> int:
        """What the server had room for: at least room for one more than the `in_use` that never ended."""
        return max(min(accepted, working_limit), min(in_use + 1, limit))

    def pause(self, trouble: float, jitter: float) -> float:
        """How long nothing is sent after a drain where the server had room for none; 0 <= `jitter` < 1."""
        return min(max(trouble / 4, self.min_pause), self.max_pause) * (0.5 + jitter / 2)

    def recovery_time(self, trouble: float) -> float:
        """How long the working limit takes from the first success after a drain up to the limit."""
        return min(max(trouble / 2, self.min_recovery), self.max_recovery)

    def recovered_limit(self, floor: int, limit: int, elapsed: float, recovery_time: float) -> int:
        """The working limit so long after the first success; `floor` is what the server had room for.

        It rises with the cube of the time: slowly at first, near what another program may have left for good,
        then fast.
        """
        if elapsed >= recovery_time:
            return limit
        progress = max(0.0, elapsed) / recovery_time
        return floor + math.floor((limit - floor) * progress * progress * progress)

    def storm_end(self, opened_at: float, first_success: float | None, trouble: float) -> float:
        """When the storm is over unless there is another refusal: at this moment, not after it.

        (The moment counts as after the storm because the state in Redis expires then.)
        """
        if first_success is None:
            return opened_at + self.max_memory
        memory = min(max(trouble, self.min_memory), self.max_memory)
        return first_success + self.recovery_time(trouble) + memory


RULES = Rules()


class Backpressure:
    """What follows a refusal (1018), in five rules; the times are those of `Rules`.

    1. A refusal starts a drain: no request starts until all in flight, abandoned ones too, have ended (the
       vendor's rule). Refusals during the drain belong to it. It ends after a minute at the latest.
    2. Then the working limit is what the server had room for: the number of requests in flight at the first
       refusal, less those of them that were refused, and at least room for one more.
    3. If there was room for none, others use the account's capacity and there was nothing to wait for: a
       pause follows, a quarter of the storm's time so far, 0.1 to 5 s, with jitter. Then a single request is
       sent as a probe.
    4. The first successful answer starts the recovery: the working limit rises to the limit within half of
       the storm's time, 0.5 to 30 s. Without any answer it is whole again after a minute.
    5. A refusal before the storm is over (as long again after the recovery, 10 to 60 s) belongs to it, so
       that the next pause and recovery take longer.

    Times are in seconds, on any monotonic clock. It counts no slots: the state machine reports what happened.
    """

    __slots__ = (
        "_accepted",
        "_first_success",
        "_floor",
        "_jitter",
        "_last_refusal",
        "_storm_end",
        "_storm_start",
        "active",
        "draining",
        "drains",
        "limit",
        "opens_at",
        "storms",
        "working_limit",
    )

    def __init__(self, limit: int, jitter: random.Random | None = None) -> None:
        self.limit = limit
        self.working_limit = limit
        """Requests that may be in flight at once now."""
        self.draining = False
        """Whether new requests wait for those in flight to end."""
        self.opens_at = -math.inf
        """When new requests may start: in the past when they may, else the end of the pause or drain."""
        self.active = False
        """Whether there is a drain, a pause or a lowered working limit, so that every release matters."""
        self.drains = 0
        self.storms = 0
        self._accepted = 0  # requests in flight at the start of the drain and not refused since
        self._floor = limit  # the working limit after the drain
        self._first_success: float | None = None  # since the drain
        self._storm_start = self._last_refusal = self._storm_end = -math.inf
        self._jitter = jitter or random  # the shared generator: one for each account would take 2.5 KB

    def on_refusal(self, in_use: int, now: float) -> bool:
        """Handle the refusal of one of `in_use` requests; True when it starts a drain."""
        starts = not self.draining
        if starts:
            self.start_drain(in_use, now)
        self._last_refusal = now
        self._accepted -= 1
        return starts

    def on_success(self, now: float) -> None:
        """Handle a successful answer."""
        if self.active and not self.draining and self._first_success is None:
            self._start_recovery(now)

    def on_drained(self, in_use: int, now: float) -> None:
        """End the drain, maybe with a pause; `in_use` requests never ended (0 unless it took too long)."""
        floor = RULES.limit_after_drain(self._accepted, self.working_limit, in_use, self.limit)
        pause = 0.0 if self._accepted > 0 else RULES.pause(self._trouble, self._jitter.random())
        # One statement: an exception (Ctrl-C) takes effect before all of this, or after.
        self._floor, self.working_limit, self.opens_at = floor, floor, now + pause
        self._first_success = None
        self._storm_end = RULES.storm_end(self.opens_at, None, self._trouble)
        self.draining = False

    def start_drain(self, in_use: int, now: float) -> None:
        """Hold new requests back until the `in_use` ones have ended."""
        if now >= self._storm_end:
            self.storms += 1
            self._storm_start = now
        self.drains += 1
        self.draining = self.active = True
        self.opens_at = now + RULES.max_drain
        self._last_refusal = now
        self._accepted = in_use

    def update(self, now: float) -> None:
        """Raise the working limit with the time."""
        if now < self.opens_at:  # a pause, or a drain: the caller ends one that takes too long
            return
        working_limit = self.limit
        if now < self._storm_end:
            elapsed = 0.0 if self._first_success is None else now - self._first_success
            recovery_time = RULES.recovery_time(self._trouble)
            working_limit = RULES.recovered_limit(self._floor, self.limit, elapsed, recovery_time)
        self.working_limit = working_limit
        self.active = working_limit < self.limit

    def next_update(self, now: float) -> float:
        """When `update` would change something by time alone."""
        if self.opens_at > now:
            return self.opens_at
        if not self.active or self.draining:
            return math.inf
        if self._first_success is None:
            return self._storm_end
        return now + RULES.recovery_time(self._trouble) / RULES.recovery_steps

    @property
    def _trouble(self) -> float:
        return self._last_refusal - self._storm_start

    def _start_recovery(self, now: float) -> None:
        self._first_success = now
        self._storm_end = RULES.storm_end(self.opens_at, now, self._trouble)
