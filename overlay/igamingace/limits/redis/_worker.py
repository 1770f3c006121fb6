"""The process' link to Redis: one thread that leases permits for all budgets of a limiter."""

from __future__ import annotations

import atexit
import logging
import math
import os
import random
import threading
from collections import deque
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from redis.exceptions import AuthenticationError, NoPermissionError, RedisError, ResponseError

from igamingace._common.fork import start_clean_after_fork
from igamingace.errors import ConfigurationError
from igamingace.limits.redis._connections import Wire
from igamingace.limits.redis._errors import LimiterUnavailable
from igamingace.limits.redis._lost_leases import Losses
from igamingace.limits.redis._protocol import News, Store
from igamingace.limits.redis._timers import Timers
from igamingace.limits.redis._wakeup import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from igamingace.limits.redis._budget import LeasedBudget

__all__ = ["Link"]

_log = logging.getLogger("igamingace")

_AT_A_TIME = 256
"""So many accounts' announcements go in one batch, so that pushed messages wait for no more."""
_RETRY = 0.2
"""Seconds between attempts to connect; `SETTLE` of lease.lua counts on it."""
_ONE_SLOT = "{all}:"
"""How keys go on in cluster mode, where the script is given only keys with the same hash tag: the accounts'
and that of the one mark."""
_AGAIN = 1.0
"""Seconds until Redis is asked again about an account for which it had no answer."""
_FAREWELL = 2.0
"""Seconds that the end of the process waits at most to give permits back."""

_living: WeakSet[Link] = WeakSet()


class Link:
    """Tells Redis what each account's budget here needs, and the budgets what Redis grants.

    Everything but `start`, `nudge` and `close` happens in its own thread, a daemon that sleeps while nothing
    is to do. The thread starts with the first call that has to wait.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        budget: Callable[[str], LeasedBudget | None],
        *,
        lease: float,
        prefix: str,
        share: int,
        fail: bool,
    ) -> None:
        """Set what never changes; nothing is sent yet.

        Args:
            settings: of the connections.
            budget: finds the budget of an account, if anybody uses it.
            lease: the lease's time in seconds.
            prefix: what the names of all keys and channels begin with.
            share: the capacity of each account while Redis cannot be reached.
            fail: whether those who wait then get an error.
        """
        self._settings = settings
        self._budget = budget
        self._lease = lease
        self._beat = lease / 3
        self._prefix = prefix
        self._share = share
        self._fail = fail
        self._wire: Wire | None = None
        self._bell: Bell | None = None
        self.start_clean()
        start_clean_after_fork(self)
        _living.add(self)

    def start_clean(self) -> None:
        """Begin as a process of its own, without a thread."""
        self._hang_up()  # the parent's connections: there they stay open
        self._me = os.urandom(6).hex()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.closed = False
        self._nudges: deque[str] = deque()
        self._active: dict[str, LeasedBudget] = {}  # whoever has or wants permits is not to be forgotten
        self._timers = Timers(self._beat)
        self._store = 0
        self._cut_off = False
        self._worked = False  # whether this connection served for anything
        self._losses = Losses(self._beat)
        self._failing: set[str] = set()  # accounts for which Redis has no answer

    def start(self) -> None:
        """See to it that the thread runs."""
        if self.closed:
            raise LimiterUnavailable("The RedisLimiter is closed. Nothing was sent.")
        if self._thread is None:
            with self._lock:
                if self._thread is None:
                    self._bell = Bell()
                    self._thread = threading.Thread(target=self._run, name="igamingace-redis", daemon=True)
                    self._thread.start()

    def nudge(self, account: str) -> None:
        """Look after the account soon; see `Ruler`."""
        self._nudges.append(account)
        self._ring()

    def close(self, timeout: float = _FAREWELL) -> None:
        """Give all permits back and end the thread; wait for that at most `timeout` seconds."""
        self.closed = True
        self._ring()
        thread = self._thread
        if thread is not None and timeout and thread is not threading.current_thread():
            thread.join(timeout)

    def _ring(self) -> None:
        bell = self._bell
        if bell is not None:
            bell.ring()

    def _run(self) -> None:
        while not self.closed:
            self._worked = False
            try:
                self._wire = Wire(self._settings, self._prefix + self._me)
                self._come_back()
                self._serve(self._wire)
            except (AuthenticationError, NoPermissionError) as error:
                refusal = partial(ConfigurationError, f"Redis refuses the RedisLimiter: {error}")
                self._stay_away(error, refusal)
            except (RedisError, OSError) as error:
                if not self._worked:  # else it may be but this connection
                    self._stay_away(error, None)
            except Exception as error:  # noqa: BLE001 - those who wait must not wait for ever
                _log.exception("The RedisLimiter met something unexpected, and tries again")
                self._stay_away(error, None)
            finally:
                if self._wire is not None:
                    self._wire.close()
        self._see_off()
        self._hang_up()

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
        if self._bell is not None:
            self._bell.close()
        self._wire = self._bell = None

    # -- connected

    def _serve(self, wire: Wire) -> None:
        """Call Redis whenever a budget has something to tell or its time has come."""
        while not self.closed:
            due = self._due()
            for start in range(0, len(due), _AT_A_TIME):
                self._call(wire, due[start : start + _AT_A_TIME])
                self._read(wire)
            if not due:
                self._losses.tell(monotonic())
                self._sleep(min(self._losses.due, self._timers.soonest), wire)
                self._read(wire)
        self._see_off()
        self._call(wire, list(self._active.values()))

    def _due(self) -> list[LeasedBudget]:
        accounts = self._take_nudges()
        accounts.update(dict.fromkeys(self._timers.due(monotonic())))
        return [budget for budget in self._find(accounts) if self._is_due(budget)]

    def _take_nudges(self) -> dict[str, None]:
        accounts: dict[str, None] = {}
        while self._nudges:  # one by one: more may come meanwhile
            accounts[self._nudges.popleft()] = None
        return accounts

    def _find(self, accounts: Iterable[str]) -> Iterable[LeasedBudget]:
        for account in accounts:
            budget = self._active.get(account) or self._budget(account)
            if budget is not None:
                self._active[account] = budget
                yield budget

    def _is_due(self, budget: LeasedBudget) -> bool:
        due = budget.is_due()
        if not due:
            self._set_timer(budget)
        return due

    def _set_timer(self, budget: LeasedBudget) -> None:
        if budget.call_at == math.inf:
            self._active.pop(budget.account, None)
        else:
            self._timers.set(budget.account, budget.call_at)

    def _call(self, wire: Wire, budgets: list[LeasedBudget]) -> None:
        """Tell Redis, all in one batch, and the budgets its answers."""
        now = monotonic()
        next_beat = self._timers.next_beat(now)
        store = Store(run=wire.run, up=wire.up, store=self._store)
        lease = round(1000 * self._lease)
        answers = wire.call(
            [
                (
                    self._key(wire, budget.account),
                    self._prefix + (f"{_ONE_SLOT}store" if wire.clustered else "store"),
                    budget.announce(now, next_beat).to_json(self._me, lease, store),
                    self._prefix,
                )
                for budget in budgets
            ]
        )
        self._worked = True
        for budget, answer in zip(budgets, answers, strict=True):
            self._losses.note(budget.account, budget.take_losses(), now)
            if isinstance(answer, ResponseError):
                self._do_without_answer(wire, budget, answer)
            else:
                self._failing.discard(budget.account)
                self._take_answer(wire, budget, News.from_json(answer), next_beat)

    def _key(self, wire: Wire, account: str) -> str:
        return self._prefix + (f"{_ONE_SLOT}{account}" if wire.clustered else f"{{{account}}}")

    def _do_without_answer(self, wire: Wire, budget: LeasedBudget, error: ResponseError) -> None:
        """For this account it is as if Redis were away, but that waiting alone makes it no better."""
        reason, *_ = str(error).split(" script: ")
        key = self._key(wire, budget.account)
        refusal = (
            f"Redis cannot keep the permits of this account: {reason}. Delete the key {key}, or, where "
            "another program uses it, give all RedisLimiters another prefix. Nothing was sent."
        )
        if budget.account not in self._failing:
            self._failing.add(budget.account)
            _log.warning("%s", refusal)
        if budget.cut_off(self._share):
            budget.deny(partial(LimiterUnavailable, refusal))
        budget.ask_again(monotonic() + _AGAIN)
        self._set_timer(budget)

    def _take_answer(self, wire: Wire, budget: LeasedBudget, news: News, next_beat: float) -> None:
        if news.limit:
            budget.deny(partial(ConfigurationError, self._other_limit(news.limit)))
        if news.store and news.store != self._store:
            self._learn_store(wire, news.store, news.opens)
        if budget.answered(news, self._lease, next_beat) and budget.is_due():
            self._nudges.append(budget.account)
        self._set_timer(budget)

    def _other_limit(self, limit: int) -> str:
        return (
            f"Other processes share this account with a limit of {limit}. Give all of them the same limit; "
            f"it can be changed once none of them has used the account for {self._lease:g} s."
        )

    def _learn_store(self, wire: Wire, store: int, opens: int) -> None:
        if self._store:
            _log.warning("Redis has lost the limiter's data, or another server took over; it is told anew.")
            self._announce_all()
        else:
            wire.listen(f"{self._prefix}all")
            if opens:
                _log.warning(
                    "Redis has just started, or has lost the limiter's data: other processes may hold permits"
                    " that it does not know of. So none but those that it is told of are granted for %.1f s.",
                    opens / 1000,
                )
        self._store = store

    def _announce_all(self) -> None:
        for budget in self._active.values():
            budget.announce_soon()
            self._nudges.append(budget.account)

    def _read(self, wire: Wire) -> None:
        for message in wire.pushes():
            if message == b"announce":
                self._announce_all()
                continue
            news = News.from_json(message)
            for budget in self._find([news.account]):
                budget.pushed(news)
                self._set_timer(budget)

    def _sleep(self, until: float, wire: Wire | None) -> None:
        if self._bell is not None:
            self._bell.sleep(until, lambda: self._nudges or self.closed, wire)

    # -- cut off

    def _come_back(self) -> None:
        if self._cut_off:
            _log.warning("Redis is back: the RedisLimiter shares the limit among all processes again.")
        self._cut_off = False
        if self._store and self._wire is not None:
            self._wire.listen(f"{self._prefix}all")
        self._announce_all()

    def _stay_away(self, error: Exception, refusal: Callable[[], Exception] | None) -> None:
        """Look after the budgets without Redis, until it is time to try again."""
        if not self._cut_off:
            self._cut_off = True
            _log.warning("Redis cannot be reached by the RedisLimiter: %s", error)
        if refusal is None and self._fail:
            refusal = partial(
                LimiterUnavailable, f"Redis cannot be reached by the RedisLimiter: {error}. Nothing was sent."
            )
        retry_at = monotonic() + _RETRY * random.uniform(0.5, 1.0)  # noqa: S311 - spreads, keeps no secret
        while not self.closed and monotonic() < retry_at:
            for budget in list(self._find({**self._take_nudges(), **self._active})):
                if budget.cut_off(self._share) and refusal is not None:
                    budget.deny(refusal)
            self._sleep(retry_at, None)

    # -- the end

    def _see_off(self) -> None:
        for budget in list(self._find({**self._take_nudges(), **self._active})):
            budget.close()
            budget.deny(partial(LimiterUnavailable, "The RedisLimiter was closed. Nothing was sent."))


def _close_all() -> None:
    links = list(_living)
    for link in links:
        link.close(0.0)
    deadline = monotonic() + _FAREWELL
    for link in links:
        link.close(max(0.0, deadline - monotonic()))


atexit.register(_close_all)
