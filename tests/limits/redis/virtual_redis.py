"""The real script on a real Redis, on a clock of the test's, with messages that the test delivers or loses.

Only `redis.call` is another one: it answers TIME from the test's clock, collects what is published, knows who
listens from the test, and notes until when a key is kept instead of letting Redis count.
"""

from __future__ import annotations

import json

from igamingace.limits.redis._script import lease_script

_BEFORE = """
local redis, messages, world = {call = redis.call}, {}, cjson.decode(ARGV[4])
local real = redis.call
redis.call = function(command, ...)
  local arguments = {...}
  if command == 'TIME' then return {world.seconds, world.microseconds} end
  if command == 'PUBSUB' then return {arguments[2], world.listeners[arguments[2]] or 0} end
  if command == 'PUBLISH' then
    messages[#messages + 1] = {arguments[1], arguments[2]}
    return world.listeners[arguments[1]] or 0
  end
  if command == 'SET' then
    real('HSET', 'test:kept', arguments[1], world.now + arguments[4])
    return real('SET', arguments[1], arguments[2])
  end
  return real(command, ...)
end
local function script()
"""
_AFTER = """
end
local response = script()
return {response, cjson.encode(messages)}
"""


class VirtualRedis:
    """A Redis at the time `now` (in ms); `listeners` has the channels to which somebody listens."""

    def __init__(self, client, prefix="igamingace:"):
        self.client = client
        self.prefix = prefix
        self.now = 1_700_000_000_000
        self.jitter = 0
        self.listeners: dict[str, int] = {}
        self.calls = 0
        self._script = client.register_script(_BEFORE + lease_script() + _AFTER)

    def key(self, account):
        return f"{self.prefix}{{{account}}}"

    @property
    def mark(self):
        return f"{self.prefix}store"

    def run(self, request):
        """Handle one request: the response, and the messages as (channel, text)."""
        self.calls += 1
        key = self.key(request["account"])
        kept_until = self.client.hget("test:kept", key)
        if kept_until is not None and self.now >= int(kept_until):
            self.client.delete(key)
        seconds, ms = divmod(self.now, 1000)
        world = {"now": self.now, "seconds": str(seconds), "microseconds": str(1000 * ms + self.jitter)}
        world["listeners"] = self.listeners or {"nobody": 0}
        arguments = [json.dumps(request), self.prefix, "", json.dumps(world)]
        response, messages = self._script([key, self.mark], arguments)
        return json.loads(response), [(channel, text) for channel, text in json.loads(messages) or []]

    def state(self, account):
        stored = self.client.get(self.key(account))
        return json.loads(stored) if stored else None

    def flush(self):
        self.client.flushdb()
