-- Handles one lease request of one process for one account; see the docstring of `igamingace.limits.redis`.
--
-- KEYS[1]  the account's state         KEYS[2]  the store's mark: whether the data was lost
-- ARGV[1]  the request (JSON)          ARGV[2]  prefix of the channels
-- Returns the response (JSON). Publishes an update (JSON) to each other process for which something has changed.
--
-- Fields of requests, responses and updates: `_messages.py`. All times are in ms, points of time on Redis' clock.
--
-- The store's mark (hash):
--   run        run id of the server that wrote the data
--   born       when the data was created
--   open       until when nothing is granted beyond what processes report, because data may have been lost
--
-- The account's state (JSON):
--   limit      requests that may be in flight at once
--   work       working limit: at most `limit`, lower after refusals
--   calls      calls of this script for the account
--   known      until `open` (see above): permits reported by processes, instead of which no more are granted
--   members    the processes that hold or want permits, by id
--   drain      number of the latest drain
--   draining   true while that goes on
--   since      when it started
--   opens      when it ends, once nothing is in flight any more: now, or after a pause
--   accepted   requests that were in flight at its start and were not refused, of all processes
--   last       when a request was last refused
--   step       factor of the successes that raise `work` by one; doubles with each drain of a storm
--   good       successes since `work` was raised last
--   pauses     pauses in a row
--
-- Of each member:
--   till       end of its lease
--   term       leases it has lost; counts of an earlier term are void
--   seq        number of its last request
--   held       permits that it holds
--   want       permits that it could use in addition
--   granted    permits granted in this term, in total
--   turn       since when it waits, or when it got its last permit above the fair share; 0 after a refusal
--   drained    number of the last drain for which it has reported that nothing is in flight any more
--   told       what it was told last, except for grants

-- STORM_GAP, MAX_DRAIN, FIRST_PAUSE, MAX_PAUSE, MAX_DOUBLINGS and MAX_STEP are those of `limits/_backpressure.py`;
-- `_script.py` defines them.
local RECONNECT_TIME = 2000    -- processes that hold permits have reconnected by then, see `_RECONNECT` in _worker.py
local TURN = 200               -- how long a permit above the fair share stays with one process

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local microseconds = clock[2] % 1000
local request, prefix = cjson.decode(ARGV[1]), ARGV[2]

-- 1. The store

-- Checks whether the data is that of this server. Where it is not, processes may hold permits that are not in it.
-- So until `settled_at` nothing is granted beyond what processes report:
-- - for one lease if a process is here that has seen the lost data: then all have reported, or their leases are over;
-- - else for RECONNECT_TIME after the server's start, for those that held permits may be reconnecting;
-- - not at all if the server has been up for longer and nobody listens: it never had the data, or nobody uses it.
local function check_store()
  local mark = redis.call('HMGET', KEYS[2], 'run', 'born', 'open')
  local run, born, settled_at = mark[1], tonumber(mark[2]), tonumber(mark[3])
  local other_server = born and run ~= '' and request.run ~= '' and run ~= request.run
  if not born or other_server then
    local lost = other_server or request.store ~= 0 or redis.call('PUBSUB', 'NUMSUB', prefix .. 'all')[2] > 0
    local wait = lost and request.lease or math.max(0, math.min(request.lease, RECONNECT_TIME) - request.up)
    born, settled_at = now, now + wait
    redis.call('HSET', KEYS[2], 'run', request.run, 'born', born, 'open', settled_at)
    if lost then redis.call('PUBLISH', prefix .. 'all', 'announce') end
  elseif request.store ~= 0 and request.store ~= born and settled_at < born + request.lease then
    -- This process has seen earlier data, which whoever created the mark did not know of.
    settled_at = born + request.lease
    redis.call('HSET', KEYS[2], 'open', settled_at)
  end
  return born, settled_at
end

local data_born, settled_at = check_store()

-- 2. The account, without the processes whose lease is over

local stored = redis.call('GET', KEYS[1])
local account = stored and cjson.decode(stored) or {limit = request.limit, members = {}}
for id, member in pairs(account.members) do
  if member.till < now then account.members[id] = nil end
end
if account.limit ~= request.limit then
  if next(account.members) then return cjson.encode({limit = account.limit}) end
  account = {limit = request.limit, members = {}}
end
account.work = account.work or account.limit
account.drain = math.max(account.drain or 0, request.over)
account.good = account.good or 0
account.calls = (account.calls or 0) + 1

local function total_held()
  local sum = 0
  for _, member in pairs(account.members) do sum = sum + member.held end
  return sum
end

local function is_idle(member) return member.held == 0 and member.want == 0 end

-- 3. The request

local function start_drain()
  local same_storm = account.last and now - account.last < STORM_GAP
  account.step = same_storm and math.min(2 * (account.step or 1), MAX_STEP) or 1
  account.drain, account.draining, account.since = account.drain + 1, true, now
  account.opens, account.accepted = nil, 0
end

local function count_successes(successes)
  account.pauses, account.good = 0, account.good + successes
  local step = account.step or 1
  while account.work < account.limit and account.good >= account.work * step do
    account.work, account.good = account.work + 1, account.good - account.work * step
  end
end

-- Takes over what the process holds and wants; whatever it reported before no longer counts.
local function apply_request(member)
  -- What was granted to it, but was not yet known to it when it sent the request, it holds as well.
  local before, unseen = member.held, member.granted - request.heard
  member.seq, member.held = request.seq, request.hold + unseen
  member.want = math.max(0, request.want - unseen)
  if account.known then account.known = account.known + math.max(0, member.held - before) end
  if member.want == 0 then
    member.turn = nil
  else
    member.turn = member.turn or now
  end
  if request.draining and not account.draining and account.drain <= request.over then start_drain() end
  if request.refused > 0 then
    account.last, member.turn = now, member.turn and 0  -- a process whose requests were refused is served first
  end
  if account.draining and request.drained == account.drain and member.drained ~= account.drain then
    member.drained, account.accepted = account.drain, account.accepted + request.accepted
  end
  if request.good > 0 and not account.draining then count_successes(request.good) end
end

if now < settled_at then
  account.known = account.known or total_held()
else
  account.known = nil
end
local member = account.members[request.id] or {term = -1, seq = 0, held = 0, drained = 0}
if member.term < request.term then member.term, member.granted, member.turn = request.term, request.heard, nil end
account.members[request.id] = member
member.till, member.granted = now + request.lease, math.max(member.granted, request.heard)
-- The same request may arrive twice, or late: it counts once, and the response tells the totals again.
if request.seq > member.seq then apply_request(member) end

-- An idle process has no lease. What it reported is remembered while it would matter if it were counted twice.
if is_idle(member) and not account.draining and account.work == account.limit then
  account.members[request.id] = nil
end

-- 4. The drain: ends when nothing is in flight in any process, or after MAX_DRAIN. A pause follows if the server had
--    room for none of the requests.

local function is_drained()
  for _, each in pairs(account.members) do
    if each.drained ~= account.drain and not is_idle(each) then return false end
  end
  return true
end

if account.draining and not account.opens and (is_drained() or now - account.since > MAX_DRAIN) then
  account.work = math.max(math.min(account.accepted, account.work), math.min(total_held() + 1, account.limit))
  account.good, account.opens = 0, now
  if account.accepted <= 0 then
    account.pauses = math.min((account.pauses or 0) + 1, MAX_DOUBLINGS)
    local longest = math.min(FIRST_PAUSE / 2 * 2 ^ account.pauses, MAX_PAUSE)
    account.opens = now + longest * (0.5 + microseconds / 2000)  -- jitter
  end
end
if account.draining and account.opens and now >= account.opens then account.draining, account.opens = nil, nil end

-- 5. The allocation: max-min fair. Each process has a right to what it needs (holds and wants) up to the fair share,
--    first come, first served. Permits that cannot be split equally go one by one to those that wait longest, each
--    for one TURN, or for one request where the fair share is 0. Free permits are granted within these shares. A
--    process that holds more than its share is told how many are usable, and one that holds idle permits is told when
--    others lack some (contended). While more permits are held than there are, nobody may use any for a new request.

local function by_need(a, b) return a.need < b.need end

-- Returns the fair share, and how many permits are left over when each process has that.
local function fair_share_of(entries, total)
  table.sort(entries, by_need)
  local rest = total
  for i, entry in ipairs(entries) do
    local remaining = #entries - i + 1
    if entry.need * remaining > rest then return math.floor(rest / remaining), rest % remaining end
    rest = rest - entry.need
  end
  return account.limit, 0
end

local IN_TURN, WAITS, HAD_TURN = 0, 1, 2

local function priority_of(entry, fair_share)
  if entry.member.held <= fair_share then return WAITS end
  return fair_share > 0 and now < entry.turn + TURN and IN_TURN or HAD_TURN
end

-- Longest wait first. Of those that had their turn the latest first: whoever had it longest ago gives back first.
local function by_priority(a, b)
  if a.priority ~= b.priority then return a.priority < b.priority end
  if a.turn ~= b.turn then
    if a.priority == HAD_TURN then return a.turn > b.turn end
    return a.turn < b.turn
  end
  return a.id < b.id
end

local function grant(entry, permits, fair_share)
  local to = entry.member
  to.held, to.granted, to.want, entry.given = to.held + permits, to.granted + permits, to.want - permits, permits
  if to.held > fair_share then
    to.turn, entry.turn = now, now
  elseif to.want == 0 then
    to.turn = nil
  end
end

local function allocate()
  local total = account.draining and 0 or math.min(account.work, account.known or account.work)
  local entries, free, lacking = {}, total, 0
  for id, each in pairs(account.members) do
    if not is_idle(each) then
      entries[#entries + 1] = {id = id, member = each, need = each.held + each.want, turn = each.turn or 0, given = 0}
      free = free - each.held
    end
  end
  local fair_share, left_over = fair_share_of(entries, total)
  for _, entry in ipairs(entries) do entry.priority = priority_of(entry, fair_share) end
  table.sort(entries, by_priority)
  for _, entry in ipairs(entries) do
    entry.share = math.min(entry.need, fair_share)
    if entry.need > fair_share and left_over > 0 then entry.share, left_over = fair_share + 1, left_over - 1 end
    local permits = math.max(0, math.min(entry.member.want, entry.share - entry.member.held, free))
    if permits > 0 then
      free = free - permits
      grant(entry, permits, fair_share)
    end
    if entry.member.want > 0 then lacking = lacking + 1 end
  end
  for _, entry in ipairs(entries) do
    entry.contended = not account.draining and lacking - (entry.member.want > 0 and 1 or 0) > 0
    if entry.contended and fair_share == 0 or free < 0 then entry.share = 0 end
    entry.usable = not account.draining and entry.member.held > entry.share and entry.share or account.limit
    local in_turn = entry.contended and entry.member.held > fair_share and entry.turn + TURN > now
    entry.recheck_in = in_turn and fair_share > 0 and entry.turn + TURN - now or -1
  end
  return entries
end

-- 6. The updates: each process is sent what is new to it, and nothing else.

local function update_for(entry)
  return {
    account = request.account, calls = account.calls, term = entry.member.term, granted = entry.member.granted,
    work = account.work, crowded = entry.contended, cap = entry.usable, drain = account.drain,
    draining = account.draining or false, again = entry.recheck_in,
  }
end

local response

-- Sends the updates. Takes back what was granted to a process that does not listen: returns true if there was one.
local function notify(entries)
  local unreachable = false
  for _, entry in ipairs(entries) do
    local turn = entry.recheck_in < 0 and 0 or entry.turn
    local to_tell = {entry.contended and 1 or 0, entry.usable, turn, account.drain, account.draining and 1 or 0}
    local told = table.concat(to_tell, ':')
    if entry.id == request.id then
      response = update_for(entry)
    elseif entry.given > 0 or told ~= entry.member.told then
      local listeners = redis.call('PUBLISH', prefix .. entry.id, cjson.encode(update_for(entry)))
      if listeners == 0 and entry.given > 0 then
        local to = entry.member
        to.held, to.granted = to.held - entry.given, to.granted - entry.given
        to.want, to.turn, unreachable = 0, nil, true
      end
    end
    entry.member.told = told
  end
  return unreachable
end

-- What was taken back is allocated again. This ends: an unreachable process then wants nothing, so that it is granted
-- nothing in the next round, and each further round needs another unreachable process.
while notify(allocate()) do end
if not response then
  response = update_for({member = member, contended = false, usable = account.limit, recheck_in = -1})
end

-- 7. The state is stored as long as any lease or the memory of a refusal lasts.

local keep_until, recheck_at = account.last and account.last + STORM_GAP or 0, math.huge
for id, each in pairs(account.members) do
  keep_until = math.max(keep_until, each.till)
  if id ~= request.id and not is_idle(each) then recheck_at = math.min(recheck_at, each.till + 1) end
end
if keep_until > now then
  redis.call('SET', KEYS[1], cjson.encode(account), 'PX', keep_until - now)
elseif stored then
  redis.call('DEL', KEYS[1])
end
if now < settled_at then recheck_at = math.min(recheck_at, settled_at) end
if account.opens then recheck_at = math.min(recheck_at, account.opens) end
if recheck_at < math.huge and (member.want > 0 or account.draining) then
  local recheck_in = math.ceil(recheck_at - now)
  response.again = response.again < 0 and recheck_in or math.min(response.again, recheck_in)
end
response.seq, response.store, response.member = request.seq, data_born, not is_idle(member)
if now < settled_at then response.opens = settled_at - now end
return cjson.encode(response)
