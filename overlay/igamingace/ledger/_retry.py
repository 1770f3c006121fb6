"""Retries a transaction that the database turned away, as long as the callback's time limit allows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from igamingace._common.backoff import backoff
from igamingace._common.clock import monotonic
from igamingace.ledger._sqlstates import Action, action_for, is_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")

_FIRST_PAUSE: Final = 0.005  # seconds; doubled each time
_LONGEST_PAUSE: Final = 0.25  # seconds: a failover takes longer than the first pauses together


def with_retries(
    attempt: Callable[[float], Result], seconds: float, report: Callable[[Exception, int], None]
) -> Result:
    """Call `attempt` until it is not turned away, for so many seconds; raise why it was turned away last.

    It is given the end of its time, by `_common.clock.monotonic`; `report` is given each error that it is
    tried again after, and the number of the attempt. To begin again is safe even where a commit
    may have happened: the transactionId tells.
    """
    end = monotonic() + seconds
    number = 1
    reason: Exception | None = None
    while True:
        try:
            return attempt(end)
        except TimeoutError as late:
            if reason is None:
                raise
            raise reason from late  # that the time is up says less than what took it
        except Exception as error:
            if reason is None or not is_timeout(error):  # for the same reason as above
                reason = error
            pause = backoff(_FIRST_PAUSE, _LONGEST_PAUSE, number)
            if monotonic() + pause >= end or action_for(error) is Action.GIVE_UP:
                if reason is error:
                    raise
                raise reason from error
            report(error, number)
        time.sleep(pause)
        number += 1
