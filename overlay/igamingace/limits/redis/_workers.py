"""Which worker serves an account: the only one, or in a Redis Cluster that of the account's partition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from zlib import crc32

from igamingace.limits.redis._worker import CLOSE_TIMEOUT, close_workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from igamingace.limits._shared import SharedValues, StoreProblem
    from igamingace.limits.redis._budget import LeasedBudget
    from igamingace.limits.redis._shared import RedisStore
    from igamingace.limits.redis._state import LeaseState
    from igamingace.limits.redis._worker import LeaseWorker

__all__ = ["PARTITIONS", "LeaseWorkers", "partition_of"]

PARTITIONS = 16
"""So many hash slots of a cluster the accounts are spread over. A script may use only keys of one slot, and a
thread serves all accounts of a partition in batches, so there are fewer than accounts."""


class _NewWorker(Protocol):
    """Makes a worker; the other settings are the same for all."""

    def __call__(
        self,
        *,
        partition: int,
        nodes: list[tuple[str, int]],
        on_cluster: Callable[[], None],
        worker_of: Callable[[str], LeaseWorker],
    ) -> LeaseWorker: ...


def partition_of(account: str) -> int:
    """The partition of an account; the same in all processes."""
    return crc32(account.encode()) % PARTITIONS


class LeaseWorkers:
    """The workers of a limiter; the `LeaseManager` of its budgets.

    One worker serves all accounts, until its first connection tells that the server belongs to a cluster.
    From then on each partition has its own, whose thread starts with the first call for one of its accounts.
    """

    def __init__(
        self, new_worker: _NewWorker, new_state: Callable[[], LeaseState], store: RedisStore
    ) -> None:
        """Make the first worker; nothing is sent yet."""
        self._store = store
        self.new_state = new_state
        self._new_worker = new_worker
        self._nodes: list[tuple[str, int]] = []
        self.first = self._make(0)
        self._all = [self.first]

    def _make(self, partition: int) -> LeaseWorker:
        return self._new_worker(
            partition=partition, nodes=self._nodes, on_cluster=self._spread, worker_of=self.worker_of
        )

    def _spread(self) -> None:
        """Have a worker for each partition; the first one calls this, before anything is leased."""
        if len(self._all) == 1:
            self._all = [self.first, *map(self._make, range(1, PARTITIONS))]
        if self.first.closed:  # `close` may have seen the first one alone
            close_workers(self._all, 0.0)

    def worker_of(self, account: str) -> LeaseWorker:
        """The worker that serves an account."""
        workers = self._all
        return workers[partition_of(account)] if len(workers) > 1 else self.first

    def keep(self, budget: LeasedBudget) -> None:
        """Do nothing: the worker keeps each budget of which Redis has to hear."""

    def shared_values(self, account: str) -> SharedValues:
        """Return the values of an account that all processes share."""
        return self._store.values(account)

    def examine_store(self) -> list[StoreProblem]:
        """Return what is wrong with Redis."""
        return self._store.examine()

    def start(self, account: str) -> None:
        """Start the account's worker; see `LeaseManager`."""
        self.worker_of(account).start()

    def notify(self, account: str) -> None:
        """Serve the account soon; see `LeaseManager`."""
        self.worker_of(account).notify(account)

    def outage(self, account: str) -> str | None:
        """Why Redis cannot lease permits; see `LeaseManager`."""
        return self.worker_of(account).outage()

    def close(self, timeout: float = CLOSE_TIMEOUT) -> None:
        """Give all permits back and end the threads; wait for that at most `timeout` seconds."""
        self._store.close()
        self.first.close(0.0)
        close_workers(self._all, timeout)
