"""What a process and the script tell each other about one account."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Announcement", "News", "Store"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What a process knows of the store it talks to."""

    run: str
    """The id of the server's run: another one after each restart and failover; empty where it is hidden."""
    up: int
    """For how many ms the server had surely been the primary when the process connected; 0: nobody knows."""
    store: int
    """The birth of the data as this process last heard of it, in ms of the server's clock; 0: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What a process has and wants, all of it: whatever was said before no longer counts."""

    account: str
    limit: int
    seq: int
    """Counts this process' announcements; the same number twice is the same announcement, sent again."""
    term: int
    """Counts the leases that this process has lost: what was granted under another one is void."""
    heard: int
    """The highest `granted` heard of in this term."""
    hold: int
    """Permits that this process keeps."""
    want: int
    """Permits that it could use besides."""
    refused: int
    """Requests refused with 1018 since the last announcement."""
    good: int
    """Requests answered well since then, counted while the working limit is lowered."""
    draining: bool
    """Whether this process holds new requests back."""
    over: int
    """The number of the last drain known to be over."""
    drained: int
    """The number of the drain for which nothing is in flight here any more, else 0."""
    accepted: int
    """For `drained`: requests that were in flight at its start and were not refused."""

    def to_json(self, me: str, lease: int, store: Store) -> bytes:
        """As the script takes it: from the process `me`, whose lease is to last `lease` ms."""
        return json.dumps({"id": me, "lease": lease, **asdict(store), **asdict(self)}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """How an account stands for one process: pushed when it changes, and the answer to each announcement."""

    account: str = ""
    calls: int = 0
    """Counts the script's calls for the account, so that a late message is known."""
    term: int = 0
    granted: int = 0
    """All permits granted to this process in this term, so that a lost message loses none."""
    work: int = 0
    """The working limit over all processes."""
    crowded: bool = False
    """Whether another process lacks permits: idle ones are to go back at once."""
    cap: int = 0
    """This process is to keep no more than so many permits."""
    drain: int = 0
    """The number of the latest drain."""
    draining: bool = False
    """Whether that is still on."""
    seq: int = 0
    """In answers: the announcement it answers."""
    store: int = 0
    """In answers: the birth of the store's data."""
    member: bool = True
    """In answers: whether the process has a lease; one that neither has nor wants permits has none."""
    again: int = -1
    """In so many ms something changes by time alone and Redis is to be called; -1: never."""
    opens: int = 0
    """In answers: for so many ms nothing is granted beyond what is announced, for data may have been lost."""
    limit: int = 0
    """In answers: the limit of the others, where it differs and the announcement was not taken."""

    @classmethod
    def from_json(cls, text: Any) -> News:  # noqa: ANN401 - as redis-py gives it
        """Read a message or an answer."""
        return cls(**json.loads(text))
