"""RedisLimiter: one budget an account over all processes and hosts that share a Redis; extra `redis`.

Within a process everything is as in a local budget (the line, lingering, hooks), only that its capacity is
leased: so a request costs no call to Redis as long as the process has permits. One thread a process
(`_link.py`) speaks to Redis over two connections (`_wire.py`): one runs the script (`lease.lua`), one call
at a time, the other listens. Nothing asks again and again: who waits is told.

**State in Redis.** For each account in use one key, ``igamingace:{ACCOUNT}`` (a hash, never the token), at
most 1 KiB with a handful of processes: the limit, the working limit, the drain, and of each process what it
holds, what it wants, since when, and until when its lease lasts. It goes away with its last lease, or a
minute after the last refusal. Besides one key ``igamingace:store``, a mark of when the data was born and in
which run of the server.

**One script.** A process announces all that it holds and wants; whatever it said before no longer counts.
It does so when it needs more or less than before, and else every third of the lease, which each
announcement renews. The script drops the processes whose lease is over, by Redis' clock; takes the
announcement; deals free permits; tells the others what is new to them, on a channel of each
(``igamingace:PROCESS``); and answers. Announcements are numbered and grants are told as totals, so that a
call sent twice grants once, and a lost answer or message is made good by the next one. Only its holder ever
says that a permit is free, or its lease ends.

**Who gets what.** As long as there are permits, a process gets what it needs, and keeps what it used
lately. When they run short, each has a right to what it needs up to an equal share, first come, first
served; single permits that cannot be split go round. Who holds more gives back as its requests end; idle
permits go back at once.

**1018 in any process** starts a drain: all hold new requests back until each has told that nothing is in
flight any more (or its lease is over, or a minute has passed), and give their permits back. Then the
working limit is what the server had room for, and permits are dealt anew; the rest is as told at
`igamingace.limits.Pace`.

**When things fail.**

- *A process dies*: one lease after its last announcement its permits go to those who wait; they know when
  that is, and call.
- *Redis cannot be reached, or hangs*: a process goes on with the permits it has until its lease is over, by
  its own clock since before its last announcement. Then `fallback` decides. Permits can be ended at any
  time; that never waits and never raises.
- *A lease is lost while requests run* (Redis was away, the process was suspended): they are announced
  again, even above the limit; no process starts a request, with whatever permits, until all are within the
  limit. There is a warning in the log, one however many accounts it hit.
- *A process stands still between a grant and its use*: whoever gets a slot looks at the lease once more, and
  takes another slot where it ran out meanwhile.
- *Redis comes back without its data, is flushed, or another server takes over*: whoever notices says so,
  all announce themselves anew, and nothing is granted for one lease beyond what is announced.
- *A new process finds no data* and cannot tell a first use from a loss: if anybody listens, it was a loss, as
  above. Otherwise nothing is granted beyond what is announced until 2 s (or one lease, where that is shorter)
  after the server's start; of a replica that was promoted, or a server that does not tell, after now. By then
  whoever held permits before has come back. So only a Redis that has just started makes its first user wait,
  with a warning in the log. Later ones find the mark, which stays.
- *Redis is well, but cannot read what is there for an account* (another program uses the key): for this
  account alone it is as if Redis were away, and who waits gets `LimiterUnavailable`, unless `fallback` is a
  share.
- *1018 while a process goes on with its share*: it drains, pauses and recovers by itself, as a local budget.
- *Another program connects with another limit*: it is refused (`ConfigurationError`) while the account is
  in use.

**What it rests on.** All processes have the same `lease`. Redis' clock does not jump, nor does the monotonic
one of a process; a process does not stand still for a lease exactly between its last look at it and its
sending; requests of a process that died end within one lease. When Redis restarts empty, and a new process is
there first, those that hold permits have found their way back 2 s after the start; they try every 0.2 s. A
server is flushed only while all processes that hold permits are connected to it; and before one takes its
place that is empty, no replica of it, and has been up for longer, no process uses the limiter for one lease.

**Sentinel**: give `Sentinel(...).master_for(...)` in place of the URL. **Cluster** is not needed for this
little data and its client is not supported; all keys get one hash tag there, so that a single shard in
cluster mode works.
"""

from igamingace.limits.redis._budget import LimiterUnavailable
from igamingace.limits.redis._limiter import RedisLimiter

__all__ = ["LimiterUnavailable", "RedisLimiter"]
