"""Messages between a process and `lease.lua` about one account; the script uses the same field names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

__all__ = ["LeaseRequest", "LeaseUpdate", "StoreIdentity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreIdentity:
    """What a process knows of the store (the data in Redis) it talks to."""

    run_id: str
    """The run id of the server, which changes with each restart and failover; empty where it is hidden."""
    uptime: int
    """For how many ms the server had surely been the primary when the process connected; 0: unknown."""
    store: int
    """When the data was created as far as this process knows, in ms of the server's clock; 0: unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRequest:
    """All that a process holds and wants of one account. It replaces whatever the process sent before."""

    account: str
    limit: int
    seq: int
    """Number of the process' request; the same number twice is the same request, sent again."""
    term: int
    """How many leases this process has lost: what was granted under an earlier one is void."""
    epoch: str
    """The data that the request is about, as the last response named it; empty without a lease before."""
    granted_seen: int
    """The highest `granted` received in this term."""
    held: int
    """Permits that this process keeps."""
    wanted: int
    """Permits that it could use in addition."""
    refused: int
    """Requests to the API refused with 1018 since the last lease request."""
    succeeded: bool
    """Whether the API has answered a request since the last drain; only while `probing`."""
    draining: bool
    """Whether this process holds new requests to the API back."""
    finished_drain: int
    """Number of the last drain known to be over."""
    drained: int
    """Number of the drain for which nothing is in flight here any more, else 0."""
    accepted: int
    """For `drained`: requests that were in flight at its start and were not refused."""

    def to_json(self, process: str, lease: int, store: StoreIdentity) -> bytes:
        """As the script reads it: from the process with this id, whose lease is to last `lease` ms."""
        return json.dumps({"process": process, "lease": lease, **_fields(store), **_fields(self)}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseUpdate:
    """State of an account for one process: the response to each request, and a message when it changes."""

    account: str = ""
    call: int = 0
    """Number of the script's call for the account, so that a late message is recognized."""
    term: int = 0
    """The term of the process to which the rest applies."""
    granted: int = 0
    """All permits granted to this process in this term: a total, so that a lost message loses none."""
    working_limit: int = 0
    """The working limit over all processes."""
    contended: bool = False
    """Another process lacks permits, so idle ones are to be given back at once."""
    usable: int = 0
    """The most permits that this process may use and keep."""
    drain: int = 0
    """Number of the latest drain."""
    draining: bool = False
    """Whether that is still going on."""
    probing: bool = False
    """Whether the first success since that drain is to be reported at once."""
    recheck_in: int = -1
    """In so many ms something changes by time alone and a request is to be sent; -1: never."""
    seq: int = 0
    """In responses: the request that it answers; 0: nothing was done, see `limit` and `epoch`."""
    store: int = 0
    """In responses: when the store's data was created."""
    epoch: str = ""
    """In responses: the present data of the account; another one after each loss."""
    leased: bool = True
    """In responses: whether the process has a lease; one that neither holds nor wants permits has none."""
    settles_in: int = 0
    """In responses: for so many ms nothing is granted beyond what was reported: data may be lost."""
    lost: bool = False
    """In responses: the account's state was found to be deleted or evicted with this request."""
    limit: int = 0
    """In responses: the limit of the others, where it differs and the request was rejected."""

    @classmethod
    def from_json(cls, text: Any) -> LeaseUpdate:  # noqa: ANN401 - as redis-py returns it
        """Parse a response or a message."""
        return cls(**json.loads(text))


def _fields(message: StoreIdentity | LeaseRequest) -> dict[str, str | int]:
    """The fields by name; `asdict` copies each of them, which takes longer than all else of a request."""
    return {name: getattr(message, name) for name in message.__slots__}
