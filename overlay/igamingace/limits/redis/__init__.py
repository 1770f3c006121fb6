"""RedisLimiter: one budget per account over all processes and hosts that share a Redis; extra `redis`.

MODEL.md beside this file has states, messages, invariants and assumptions; this page describes them in prose.

Within a process everything is as in a local budget (queue, abandoned slots, hooks), except that its capacity
is leased: a request costs no call to Redis as long as the process has permits. One thread per process
(`_worker.py`; a few in a cluster) talks to Redis over two connections (`_connections.py`): one runs the
script (`lease.lua`), one batch at a time, the other receives messages. Nothing is polled: waiting processes
get a message.

**State in Redis.** One key for each account in use, ``igamingace:{ACCOUNT}`` (a hash, never the token), of at
most 1 KiB with a handful of processes: the limit, the working limit, the drain, and of each process what it
holds, what it wants, since when, and when its lease expires. It is deleted when the last process has given
back what it holds (a day after its last use, if that was killed), or when the last storm of refusals is over.
In addition one key ``igamingace:store``: when the data was created, by which run of the server, and of which
accounts there must be a key. What processes share besides permits, such as a catalogue, is beside the key of
the account, under ``igamingace:{ACCOUNT}:NAME`` (`_shared.py`), and expires by itself.

**One script.** A lease request contains all that a process holds and wants, and replaces its previous one. It
is sent when the process needs more or fewer permits, and otherwise every third of the lease, which each
request renews. The script removes processes whose lease is over, by Redis' clock; applies the request;
allocates free permits; publishes an update to each other process for which something has changed, on that
process' channel (``igamingace:PROCESS``); and returns the response. Requests are numbered and grants are sent
as totals, so that a request that is sent twice grants once, and a lost response or message is made up for by
the next one. Only the holder of a permit ever reports that it is free, or its lease ends.

**Allocation** (max-min fair). As long as there are permits, a process gets what it needs, and keeps what it
used recently. When they are short, each has a right to what it needs up to an equal share, first come, first
served; single permits that cannot be split equally rotate. A process that holds more than its share gives
back as its requests end; idle permits are given back at once.

**1018 in any process** starts a drain: all processes hold new requests back until each has reported that
nothing is in flight any more (or its lease is over, or a minute has passed), and give their permits back.
Then the working limit is what the server had room for, and permits are allocated anew; the rest is as
described at `igamingace.limits.LocalLimiter`: the first success that any process reports starts the recovery.

**Failures.**

- *A process dies*: one lease after its last request its permits go to processes that wait; they know when
  that is, and send a request then. If its connection is still open (its host is gone), it is asked first, and
  has a quarter of a lease, at most 1 s, to answer.
- *Redis' clock jumps*: ahead, all leases seem to be over; but whoever lives answers when it is asked. Back,
  no lease lasts longer than one lease from then.
- *The key of an account is evicted or deleted*: all report their permits again, and for one lease nothing is
  granted beyond what is reported, as after a flush. There is a warning, and one at connecting where
  ``maxmemory-policy`` is not ``noeviction``.
- *Redis answers with errors* (out of memory, read-only): it counts as away until it runs the script again,
  with one warning and one when it is back. A missing right is a `ConfigurationError` for waiting calls.
- *Redis cannot be reached, or hangs*: a process keeps the permits it has until its lease expires, by its own
  clock since before it sent its last request. Then `fallback` decides. Permits can be released at any time;
  that never blocks and never raises.
- *A lease expires while requests run* (Redis could not be reached, the process was suspended): they are
  reported again, even above the limit; no process starts a request, with whatever permits, until all are
  within the limit. There is one warning in the log, however many accounts are concerned.
- *A process is suspended between a grant and its use*: whoever gets a slot checks the lease once more, and
  takes another slot if it expired meanwhile.
- *Redis comes back without its data, is flushed, or another server takes over*: the first process to notice
  makes all report their permits again, and for one lease nothing is granted beyond what is reported.
- *A new process finds no data* and cannot distinguish a first use from a loss: if any process listens, it was
  a loss, as above. Otherwise nothing is granted beyond what is reported until 2 s (or one lease, if that is
  shorter) after the server's start; after now, if it is a replica that was promoted, or a server that does
  not tell. By then all processes that held permits have reconnected. So only a Redis that has just started
  makes its first user wait, with a warning in the log. Later ones find the key of the store, which stays.
- *Redis works, but cannot read what is stored for an account* (another program uses the key): this account
  alone is treated as if Redis could not be reached, and waiting calls raise `LimiterUnavailable`, unless
  `fallback` is a number of slots.
- *1018 while a process uses its fallback slots*: it drains, pauses and recovers by itself, as a local budget.
- *Another program connects with another limit*: it is rejected (`ConfigurationError`) while the account is in
  use.

**Assumptions.** All processes have the same `lease`. Redis' clock does not jump while a process is suspended
or its connection is broken; the monotonic one of a process does not jump at all. A process is not suspended
for a lease exactly between its last check of the lease and the sending of a request. Requests of a process
that died end within one lease. When Redis restarts empty and a new process is there first, those that hold
permits have reconnected 2 s after the start; they try every 0.2 s. A server is flushed only while all
processes that hold permits are connected to it. Before an empty server that is no replica and has been up for
longer takes its place, no process uses the limiter for one lease.

**Sentinel**: pass `Sentinel(...).master_for(...)` in place of the URL. **Cluster**: pass the URL of any node
(not a cluster's client); the others are tried when it does not answer. Accounts are spread over 16 partitions
(`_workers.py`), each with a hash tag, and so a shard, of its own: keys are ``igamingace:{7}:ACCOUNT`` and
``igamingace:{7}:store`` there, and messages stay in the shard (sharded pub/sub, Redis 7). A partition whose
accounts are in use takes one thread and two connections. When its slot moves, or its shard fails over, it is
as if another server took over; a lost shard holds up its own accounts only, if the cluster has
``cluster-require-full-coverage no``.

**How many hosts** one Redis can serve: about 100 that compete for the limit of one account, any number that
each have their own accounts; docs/explanation/budget.md has the figures.
"""

from igamingace.limits.redis._budget import LimiterUnavailable
from igamingace.limits.redis._limiter import RedisLimiter

__all__ = ["LimiterUnavailable", "RedisLimiter"]
