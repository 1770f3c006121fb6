-- Handles one lease request of one process for one account; the model is in MODEL.md.
--
-- KEYS[1]  the account's state         KEYS[2]  the store's mark: whether data was lost
-- ARGV[1]  the request (JSON)          ARGV[2]  prefix of the channels
-- ARGV[3]  'S' in a cluster: channels have the keys' hash tag, and their messages stay in the shard
-- Returns the response (JSON). Publishes an update (JSON) to each other process for which something has changed.
--
-- Fields of requests, responses and updates: `_messages.py`. Constants: `_script.py` prepends them, from Python's.
-- All times are in ms, points of time on Redis' clock.
--
-- The store's mark (hash):
--   run_id             run id of the server that wrote the data
--   created            when the data was created
--   settled_at         until when nothing is granted beyond what processes report, because data may have been lost
--   account:ACCOUNT    until when the state of this account is expected to be there, in any case
--
-- The account's state (JSON):
--   limit              requests that may be in flight at once
--   working_limit      at most `limit`, lower after refusals
--   call               number of the latest call of this script for the account
--   members            the processes that hold or want permits, by id
--   settled_at         as in the mark, for this account alone
--   lost_at            when the state before this one was found to be lost (deleted, evicted); none: it was not
--   store              when the store was created in which it settles, or settled last
--   reported           until it has settled: permits reported by processes since, beyond which none are granted
--   drain              number of the latest drain
--   phase              'draining'    nothing is granted until nothing is in flight in any process
--                      'paused'      nothing is granted until `opened_at`
--                      'probing'     `floor` permits are granted until the first success is reported
--                      'recovering'  the working limit rises with the time since `first_success`
--                      none          the working limit is the limit
--   drain_start        when the drain started
--   accepted           requests that were in flight then and were not refused, of all processes
--   floor              working limit after the drain
--   opened_at          when the drain and the pause after it ended
--   first_success      when the first success after them was reported
--   storm_start, last_refusal, storm_end    of the present or last storm of refusals
--
-- Of each member:
--   expires            end of its lease
--   asked              it has been asked for a sign of life after that
--   term               leases it has lost; counts of an earlier term are void
--   seq                number of its last request
--   held, wanted       permits that it holds, and that it could use in addition
--   granted            permits granted in this term, in total
--   turn               since when it waits, or when it got its last permit above the fair share; 0 after a refusal
--   reported           until the account has settled: it has reported since
--   drained            number of the last drain for which it has reported that nothing is in flight any more
--   told               what it was told last, except for grants

local clock = redis.call('TIME')
local NOW = clock[1] * 1000 + math.floor(clock[2] / 1000)
local JITTER = clock[2] % 1000 / 1000
local SHARD = ARGV[3] or ''

-- Returns the number of listeners that got the message.
local function publish(channel, message)
  return redis.call(SHARD .. 'PUBLISH', channel, message)
end

local function has_listener(channel)
  return redis.call('PUBSUB', SHARD == '' and 'NUMSUB' or 'SHARDNUMSUB', channel)[2] > 0
end

-- Rules of back-pressure: the twins of the methods of `Rules` in `_backpressure.py`

local function limit_after_drain(accepted, working_limit, in_use, limit)
  return math.max(math.min(accepted, working_limit), math.min(in_use + 1, limit))
end

local function pause(trouble, jitter)
  return math.min(math.max(trouble / 4, MIN_PAUSE), MAX_PAUSE) * (0.5 + jitter / 2)
end

local function recovery_time(trouble)
  return math.min(math.max(trouble / 2, MIN_RECOVERY), MAX_RECOVERY)
end

local function recovered_limit(floor, limit, elapsed, duration)
  if elapsed >= duration then return limit end
  local progress = math.max(0, elapsed) / duration
  return floor + math.floor((limit - floor) * progress * progress * progress)
end

local function storm_end(opened_at, first_success, trouble)
  if not first_success then return opened_at + MAX_MEMORY end
  return first_success + recovery_time(trouble) + math.min(math.max(trouble, MIN_MEMORY), MAX_MEMORY)
end

-- Allocation (pure, with a twin of `allocate` in the tests' lease_script.py): max-min fair. Each process has a right to
-- what it needs (holds and wants) up to the fair share, longest wait first. Permits that cannot be split equally go one
-- by one to those that wait longest, each for one TURN, or for one request where the fair share is 0. A process that
-- holds more than its share is told how many are usable, and one that holds idle permits is told when others lack some
-- (contended). While more permits are held than there are, nobody may use any for a new request.

-- Returns the fair share of so many permits, and how many are left over when each process has that.
local function fair_share_of(needs, total, limit)
  table.sort(needs)
  local rest = total
  for i, need in ipairs(needs) do
    local remaining = #needs - i + 1
    if need * remaining > rest then return math.floor(rest / remaining), rest % remaining end
    rest = rest - need
  end
  return limit, 0
end

local IN_TURN, WAITS, HAD_TURN = 0, 1, 2

local function rank_of(claim, fair_share, now)
  if claim.held <= fair_share then return WAITS end
  return fair_share > 0 and now < claim.turn + TURN and IN_TURN or HAD_TURN
end

-- Longest wait first. Of those that had their turn the latest first: whoever had it longest ago gives back first.
local function by_rank(a, b)
  if a.rank ~= b.rank then return a.rank < b.rank end
  if a.turn ~= b.turn then
    if a.rank == HAD_TURN then return a.turn > b.turn end
    return a.turn < b.turn
  end
  return a.id < b.id
end

-- Takes the claims on `total` permits: lists of id, held, wanted, turn. Adds to each what follows:
-- given, usable, contended, recheck_in, and a new turn.
local function allocate(claims, total, limit, now)
  local needs, free, lacking = {}, total, 0
  for i, claim in ipairs(claims) do
    needs[i] = claim.held + claim.wanted
    free = free - claim.held
  end
  local fair_share, left_over = fair_share_of(needs, total, limit)
  for _, claim in ipairs(claims) do claim.rank = rank_of(claim, fair_share, now) end
  table.sort(claims, by_rank)
  for _, claim in ipairs(claims) do
    local need = claim.held + claim.wanted
    claim.share = math.min(need, fair_share)
    if need > fair_share and left_over > 0 then claim.share, left_over = fair_share + 1, left_over - 1 end
    claim.given = math.max(0, math.min(claim.wanted, claim.share - claim.held, free))
    free = free - claim.given
    if claim.given > 0 and claim.held + claim.given > fair_share then
      claim.turn = now
    elseif claim.given > 0 and claim.given == claim.wanted then
      claim.turn = 0
    end
    if claim.wanted > claim.given then lacking = lacking + 1 end
  end
  for _, claim in ipairs(claims) do
    local held, lacks = claim.held + claim.given, claim.wanted > claim.given
    claim.contended = lacking - (lacks and 1 or 0) > 0
    if claim.contended and fair_share == 0 or free < 0 then claim.share = 0 end
    claim.usable = held > claim.share and claim.share or limit
    local in_turn = fair_share > 0 and claim.contended and held > fair_share and now < claim.turn + TURN
    claim.recheck_in = in_turn and claim.turn + TURN - now or -1
  end
end

-- The epoch: whether the data is that of this server, and of which account none is missing. Where some is, processes
-- may hold permits that are not in it. So until `settled_at` nothing is granted beyond what processes report.

-- Returns when the store was created, until when it settles, and until when the account's state must be there.
-- It settles
-- - for one lease if a process is here that has seen the lost data: then all have reported, or their leases are over;
-- - else for RECONNECT_TIME after the server's start, for those that held permits may be reconnecting;
-- - not at all if the server has been up for longer and nobody listens: it never had the data, or nobody uses it.
local function read_epoch(mark, request, prefix)
  local values = redis.call('HMGET', mark, 'run_id', 'created', 'settled_at', 'account:' .. request.account)
  local run_id, created, settled_at = values[1], tonumber(values[2]), tonumber(values[3])
  local other_server = created and run_id ~= '' and request.run_id ~= '' and run_id ~= request.run_id
  if not created or other_server then
    local lost = other_server or request.store ~= 0 or has_listener(prefix .. 'all')
    local wait = lost and request.lease or math.max(0, math.min(request.lease, RECONNECT_TIME) - request.uptime)
    created, settled_at = NOW, NOW + wait
    redis.call('HSET', mark, 'run_id', request.run_id, 'created', created, 'settled_at', settled_at)
    if lost then publish(prefix .. 'all', 'announce') end
  elseif request.store ~= 0 and request.store ~= created and settled_at < created + request.lease then
    -- This process has seen earlier data, which whoever created the mark did not know of.
    settled_at = created + request.lease
    redis.call('HSET', mark, 'settled_at', settled_at)
  end
  if settled_at > NOW + request.lease then  -- the clock was put back
    settled_at = NOW + request.lease
    redis.call('HSET', mark, 'settled_at', settled_at)
  end
  return created, settled_at, tonumber(values[4]) or 0
end

local function new_account(request, call)
  return {limit = request.limit, working_limit = request.limit, call = call, members = {}, drain = 0}
end

-- Returns the account's state, and whether it was stored and got lost (deleted, evicted): then its members report at
-- once, and it settles for one lease.
local function load_account(key, request, registered_until, prefix)
  local stored = redis.call('GET', key)
  if stored then return cjson.decode(stored), false end
  local account = new_account(request, 0)
  local lost = NOW < registered_until
  if lost then
    account.lost_at, account.settled_at = NOW, NOW + request.lease
    publish(prefix .. 'all', 'announce ' .. request.account)
  end
  return account, lost
end

local function update_for(account, request, member, claim)
  return {
    account = request.account, call = account.call, term = member.term, granted = member.granted,
    working_limit = account.working_limit, contended = claim.contended, usable = claim.usable, drain = account.drain,
    draining = account.phase == 'draining' or account.phase == 'paused', probing = account.phase == 'probing',
    recheck_in = claim.recheck_in,
  }
end

-- While it settles, what is stored of members that have not reported since does not count as reported: it may be older
-- than what they hold (after a failover), and another member may hold what one of them gives back.
local function settle(account, store, settled_at)
  if NOW >= settled_at then
    account.reported = nil
  elseif not account.reported or account.store ~= store then
    account.reported, account.store = 0, store
    for _, member in pairs(account.members) do member.reported = nil end
  end
end

-- The clock may have been put back: what has happened is not in the future, and no lease lasts longer than one.
local function put_back(account, request)
  for _, name in ipairs({'drain_start', 'first_success', 'storm_start', 'last_refusal'}) do
    account[name] = account[name] and math.min(account[name], NOW)
  end
  for _, member in pairs(account.members) do
    member.expires, member.turn = math.min(member.expires, NOW + request.lease), member.turn and math.min(member.turn, NOW)
  end
  if account.opened_at then account.opened_at = math.min(account.opened_at, NOW + MAX_PAUSE) end
  if account.settled_at then account.settled_at = math.min(account.settled_at, NOW + request.lease) end
end

-- Drops the members whose lease is over, except for the one that makes the request. One that still listens is asked
-- first: if it answers, the clock was put forward.
local function drop_expired(account, request, prefix)
  for id, member in pairs(account.members) do
    if member.expires < NOW and id ~= request.process then
      local ask = not member.asked and has_listener(prefix .. id)
      if ask then
        member.asked, member.expires = true, NOW + math.min(math.floor(request.lease / 4), MAX_GRACE)
        local update = {account = request.account, term = member.term, granted = member.granted, recheck_in = 0}
        publish(prefix .. id, cjson.encode(update))
      else
        account.members[id] = nil
      end
    end
  end
end

local function total_held(account)
  local sum = 0
  for _, member in pairs(account.members) do sum = sum + member.held end
  return sum
end

local function is_idle(member) return member.held == 0 and member.wanted == 0 end

-- The drain

local function is_closed(account) return account.phase == 'draining' or account.phase == 'paused' end

local function start_drain(account)
  if not account.storm_end or NOW >= account.storm_end then account.storm_start = NOW end
  account.drain, account.phase, account.drain_start, account.accepted = account.drain + 1, 'draining', NOW, 0
  account.last_refusal, account.first_success, account.storm_end = NOW, nil, nil
end

local function is_drained(account)
  for _, member in pairs(account.members) do
    if member.drained ~= account.drain and not is_idle(member) then return false end
  end
  return true
end

-- Makes the transitions that are due by time or because all processes have reported.
local function advance_drain(account)
  local trouble = account.last_refusal and account.last_refusal - account.storm_start
  if account.phase == 'draining' and (is_drained(account) or NOW - account.drain_start >= MAX_DRAIN) then
    account.floor =
      limit_after_drain(account.accepted, account.working_limit, total_held(account), account.limit)
    account.working_limit, account.phase = account.floor, 'paused'
    account.opened_at = NOW + (account.accepted > 0 and 0 or math.ceil(pause(trouble, JITTER)))
    account.storm_end = storm_end(account.opened_at, nil, trouble)
  end
  if account.phase == 'paused' and NOW >= account.opened_at then account.phase = 'probing' end
  if account.phase == 'recovering' then
    local elapsed = NOW - account.first_success
    account.working_limit = recovered_limit(account.floor, account.limit, elapsed, recovery_time(trouble))
  end
  if not is_closed(account) then
    if account.storm_end and NOW >= account.storm_end then account.working_limit = account.limit end
    if account.working_limit == account.limit then account.phase = nil end
  end
end

-- Returns when the next of these transitions is due by time; the steps of the recovery only for whoever lacks permits.
local function next_transition(account, lacks)
  if account.phase == 'draining' then return account.drain_start + MAX_DRAIN end
  if account.phase == 'paused' then return account.opened_at end
  if account.phase ~= 'recovering' then return math.huge end
  local duration = recovery_time(account.last_refusal - account.storm_start)
  return lacks and NOW + duration / RECOVERY_STEPS or account.first_success + duration
end

-- The request

-- Takes over what the process holds and wants; whatever it reported before no longer counts.
local function apply_request(account, member, request)
  -- What was granted to it, but was not yet known to it when it sent the request, it holds as well.
  local before, unseen = member.held, member.granted - request.granted_seen
  member.seq, member.held = request.seq, request.held + unseen
  member.wanted = math.max(0, request.wanted - unseen)
  if account.reported then
    account.reported = account.reported + math.max(0, member.held - (member.reported and before or 0))
    member.reported = true
  end
  if member.wanted == 0 then
    member.turn = nil
  else
    member.turn = member.turn or NOW
  end
  if request.draining and not is_closed(account) and account.drain <= request.finished_drain then
    start_drain(account)
  end
  if request.refused > 0 then
    if account.phase == 'draining' then account.last_refusal = NOW end
    member.turn = member.turn and 0  -- a process whose requests were refused is served first
  end
  if account.phase == 'draining' and request.drained == account.drain and member.drained ~= account.drain then
    member.drained, account.accepted = account.drain, account.accepted + request.accepted
  end
  if request.succeeded and account.phase == 'probing' then
    account.phase, account.first_success = 'recovering', NOW
    account.storm_end = storm_end(account.opened_at, NOW, account.last_refusal - account.storm_start)
  end
end

-- Returns the member that made the request, its request applied.
local function renew_lease(account, request)
  local member = account.members[request.process] or {term = -1, seq = 0, held = 0, wanted = 0, drained = 0}
  if member.term < request.term then
    member.term, member.granted, member.turn = request.term, request.granted_seen, nil
  end
  account.members[request.process] = member
  member.expires, member.asked = NOW + request.lease, nil
  -- The same request may arrive twice, or late: it counts once, and the response tells the totals again.
  if request.seq > member.seq then
    member.granted = math.max(member.granted, request.granted_seen)  -- if data was lost, it was granted more
    apply_request(account, member, request)
  end
  return member
end

-- Grants

local function claims_on(account)
  local claims = {}
  for id, member in pairs(account.members) do
    if not is_idle(member) then
      claims[#claims + 1] =
        {id = id, held = member.held, wanted = member.wanted, turn = member.turn or 0, given = 0}
    end
  end
  return claims
end

-- Returns the claims, with what each was given, and records that.
local function grant(account)
  local claims = claims_on(account)
  if is_closed(account) then
    for _, claim in ipairs(claims) do claim.contended, claim.usable, claim.recheck_in = false, account.limit, -1 end
    return claims
  end
  allocate(claims, math.min(account.working_limit, account.reported or account.limit), account.limit, NOW)
  for _, claim in ipairs(claims) do
    local member = account.members[claim.id]
    if claim.given > 0 then
      member.held, member.wanted = member.held + claim.given, member.wanted - claim.given
      member.granted = member.granted + claim.given
      member.turn = (member.wanted > 0 or claim.turn > 0) and claim.turn or nil
    end
  end
  return claims
end

-- Notification: each process is sent what is new to it, and nothing else. Takes back what was granted to a process that
-- does not listen. Returns whether there was one, and the claim of the process that made the request.
local function notify(account, request, claims, prefix)
  local unreachable, own = false, nil
  for _, claim in ipairs(claims) do
    local member, turn = account.members[claim.id], claim.recheck_in < 0 and 0 or claim.turn
    local phase = is_closed(account) and 'closed' or account.phase == 'probing' and 'probing' or ''
    local told = table.concat({claim.contended and 1 or 0, claim.usable, turn, account.drain, phase}, ':')
    if claim.id == request.process then
      own = claim
    elseif claim.given > 0 or told ~= member.told then
      local update = update_for(account, request, member, claim)
      local listeners = publish(prefix .. claim.id, cjson.encode(update))
      if listeners == 0 and claim.given > 0 then
        member.held, member.granted = member.held - claim.given, member.granted - claim.given
        member.wanted, member.turn, unreachable = 0, nil, true
      end
    end
    member.told = told
  end
  return unreachable, own
end

-- Storing

-- The state is kept for KEEP while there are members, although their leases are shorter: if Redis' clock is put forward,
-- their permits must not be forgotten. Without members it is kept while it settles and while the storm is remembered.
-- The mark says of which accounts there must be a state.
local function store_account(keys, account, request, registered_until)
  local field = 'account:' .. request.account
  local keep = KEEP
  if not next(account.members) then
    if registered_until > 0 then redis.call('HDEL', keys[2], field) end
    keep = is_closed(account) and MAX_DRAIN or math.max(account.storm_end or 0, account.settled_at or 0) - NOW
  elseif registered_until < NOW + KEEP / 2 then
    redis.call('HSET', keys[2], field, NOW + KEEP)
  end
  if keep > 0 then
    redis.call('SET', keys[1], cjson.encode(account), 'PX', math.ceil(keep))
  else
    redis.call('DEL', keys[1])
  end
end

-- In so many ms something changes by time alone, for the process that made the request; -1: never.
local function recheck_in(account, request, member, settled_at, recheck_in_turn)
  local at = recheck_in_turn < 0 and math.huge or NOW + recheck_in_turn
  if member.wanted > 0 or account.phase then at = math.min(at, next_transition(account, member.wanted > 0)) end
  if member.wanted > 0 or is_closed(account) then
    for id, each in pairs(account.members) do
      if id ~= request.process and not is_idle(each) then at = math.min(at, each.expires + 1) end
    end
    if NOW < settled_at then at = math.min(at, settled_at) end
  end
  return at < math.huge and math.max(1, math.ceil(at - NOW)) or -1
end

local function handle(keys, request, prefix)
  local store, settled_at, registered_until = read_epoch(keys[2], request, prefix)
  local account, lost = load_account(keys[1], request, registered_until, prefix)
  -- It was made before data was lost: it lacks what was granted since, or others of its process have overtaken it, of
  -- which nothing is known any more, and what it reports is another's by now. If its process still waits for a response,
  -- it makes a new one. A process without a lease so far names no epoch. If it reports slots that it granted without
  -- Redis, it is told the epoch first, for such a request may be late as well.
  -- What is stored here is kept for KEEP, since the mark says that there is a state: else it would be lost once more.
  local epoch = store .. ':' .. (account.lost_at or 0)
  if request.epoch ~= epoch and (request.epoch ~= '' or request.held > 0) then
    if lost then redis.call('SET', keys[1], cjson.encode(account), 'PX', KEEP) end
    return {store = store, epoch = epoch, recheck_in = 0, lost = lost or nil}
  end
  put_back(account, request)
  settled_at = math.max(settled_at, account.settled_at or 0)
  account.call = account.call + 1
  drop_expired(account, request, prefix)
  if account.limit ~= request.limit then
    if next(account.members) then return {limit = account.limit} end
    local before = account
    account = new_account(request, before.call)
    account.lost_at, account.settled_at = before.lost_at, before.settled_at
  end
  -- A drain that a process knows to be over is in data from before its end. Processes would take no part in it, so that
  -- it would last for MAX_DRAIN. With a number of its own it is a drain like any other.
  account.drain = math.max(account.drain, request.finished_drain + (is_closed(account) and 1 or 0))
  settle(account, store, settled_at)
  advance_drain(account)
  local member = renew_lease(account, request)
  advance_drain(account)
  -- An idle process has no lease. What it reported is remembered during a drain and while the store settles, lest it is
  -- counted twice.
  if not (is_closed(account) or account.reported) then
    for id, each in pairs(account.members) do
      if is_idle(each) then account.members[id] = nil end
    end
  end

  -- What was taken back is granted again. This ends: a process that does not listen then wants nothing, and each further
  -- round needs another such process.
  local unreachable, own
  repeat
    unreachable, own = notify(account, request, grant(account), prefix)
  until not unreachable
  own = own or {contended = false, usable = account.limit, recheck_in = -1}

  store_account(keys, account, request, registered_until)
  local response = update_for(account, request, member, own)
  response.seq, response.store, response.epoch, response.leased = request.seq, store, epoch, not is_idle(member)
  response.recheck_in = recheck_in(account, request, member, settled_at, own.recheck_in)
  if NOW < settled_at then response.settles_in = math.ceil(settled_at - NOW) end
  if lost then response.lost = true end
  return response
end

return cjson.encode(handle(KEYS, cjson.decode(ARGV[1]), ARGV[2]))
