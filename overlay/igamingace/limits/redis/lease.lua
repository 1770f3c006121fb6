-- One announcement of one process about one account: see the package's docstring for the protocol.
-- KEYS: the account's state; the mark that tells whether the store lost its data.
-- ARGV: the announcement (JSON); the prefix of the channels.
local QUIET, LONGEST_DRAIN, LONGEST_PAUSE, SETTLE, TURN = 60000, 60000, 5000, 2000, 200  -- in ms
local DEAREST_STEP = 64

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local me, prefix = cjson.decode(ARGV[1]), ARGV[2]

-- 1. The store. Where it is new, or another server than the mark says, permits that nobody announces may be
--    out: then none is granted beyond the announced ones. Where somebody lived through the loss, for one lease: by
--    then all have come back, or their leases are over. Where nobody here did, and the server has only just started,
--    those who held permits get the time to come back. A server that has been up for longer and has no listener
--    never had this data, or nobody uses it.
local mark = redis.call('HMGET', KEYS[2], 'run', 'born', 'open')
local run, born, open = mark[1], tonumber(mark[2]), tonumber(mark[3])
local moved = born and run ~= '' and me.run ~= '' and run ~= me.run
if not born or moved then
  local lost = moved or me.store ~= 0 or redis.call('PUBSUB', 'NUMSUB', prefix .. 'all')[2] > 0
  born, open = now, now + (lost and me.lease or math.max(0, math.min(me.lease, SETTLE) - me.up))
  redis.call('HSET', KEYS[2], 'run', me.run, 'born', born, 'open', open)
  if lost then redis.call('PUBLISH', prefix .. 'all', 'announce') end
elseif me.store ~= 0 and me.store ~= born and open < born + me.lease then
  open = born + me.lease
  redis.call('HSET', KEYS[2], 'open', open)
end

-- 2. The account, without the processes whose lease is over.
local raw = redis.call('GET', KEYS[1])
local s = raw and cjson.decode(raw) or {limit = me.limit, members = {}}
for id, m in pairs(s.members) do
  if m.till < now then s.members[id] = nil end
end
if s.limit ~= me.limit then
  if next(s.members) then return cjson.encode({limit = s.limit}) end
  s = {limit = me.limit, members = {}}
end
s.work, s.drain, s.good = s.work or s.limit, math.max(s.drain or 0, me.over), s.good or 0
s.calls = (s.calls or 0) + 1

local function held()
  local sum = 0
  for _, m in pairs(s.members) do sum = sum + m.held end
  return sum
end

-- 3. The caller: what it holds and wants, whatever was known before. What was granted to it and not yet heard
--    of when it spoke, it holds as well. A call that comes twice counts once.
if now < open then s.known = s.known or held() else s.known = nil end
local m = s.members[me.id] or {term = -1, seq = 0, held = 0, drained = 0}
if m.term < me.term then m.term, m.granted, m.turn = me.term, me.heard, nil end
s.members[me.id] = m
m.till, m.granted = now + me.lease, math.max(m.granted, me.heard)
if me.seq > m.seq then
  local before, unheard = m.held, m.granted - me.heard
  m.seq, m.held, m.want = me.seq, me.hold + unheard, math.max(0, me.want - unheard)
  if s.known then s.known = s.known + math.max(0, m.held - before) end
  if m.want == 0 then
    m.turn = nil
  else
    m.turn = m.turn or now
  end
  if me.draining and not s.draining and s.drain <= me.over then
    s.step = s.last and now - s.last < QUIET and math.min(2 * (s.step or 1), DEAREST_STEP) or 1
    s.drain, s.draining, s.since, s.opens, s.accepted = s.drain + 1, true, now, nil, 0
  end
  if me.refused > 0 then
    s.last, m.turn = now, m.turn and 0  -- refused ones go first
  end
  if s.draining and me.drained == s.drain and m.drained ~= s.drain then
    m.drained, s.accepted = s.drain, s.accepted + me.accepted
  end
  if me.good > 0 and not s.draining then
    s.pauses, s.good = 0, s.good + me.good
    local step = s.step or 1
    while s.work < s.limit and s.good >= s.work * step do
      s.work, s.good = s.work + 1, s.good - s.work * step
    end
  end
end
local function at_rest(member) return member.held == 0 and member.want == 0 end

-- One at rest has no lease. What it said last is remembered while it might be counted twice.
if at_rest(m) and not s.draining and s.work == s.limit then s.members[me.id] = nil end

-- 4. A drain ends when nothing is in flight in any process, or after a minute; a pause follows if the server
--    had room for none.
if s.draining and not s.opens then
  local over = true
  for _, each in pairs(s.members) do over = over and (each.drained == s.drain or at_rest(each)) end
  if over or now - s.since > LONGEST_DRAIN then
    s.work, s.good = math.max(math.min(s.accepted, s.work), math.min(held() + 1, s.limit)), 0
    s.opens = now
    if s.accepted <= 0 then
      s.pauses = math.min((s.pauses or 0) + 1, 16)
      s.opens = now + math.min(50 * 2 ^ s.pauses, LONGEST_PAUSE) * (0.5 + clock[2] % 1000 / 2000)
    end
  end
end
if s.draining and s.opens and now >= s.opens then s.draining, s.opens = nil, nil end

-- 5. Permits are dealt. Each process has a right to what it needs up to an equal share, the level; what is over
--    goes one by one to those who wait longest, for one turn, which is one request where the level is 0. Free
--    permits are granted within these shares. Who holds more than its share is told so, and who holds idle
--    ones that somebody lacks. While more are held than there are, nobody is to use any again.
local function by_need(a, b) return a.need < b.need end

local function by_turn(a, b)
  if a.rank ~= b.rank then return a.rank < b.rank end
  if a.turn ~= b.turn then
    if a.rank == 2 then return a.turn > b.turn end
    return a.turn < b.turn
  end
  return a.id < b.id
end

local function level_of(list, total)
  table.sort(list, by_need)
  local rest = total
  for i, each in ipairs(list) do
    local left = #list - i + 1
    if each.need * left > rest then return math.floor(rest / left), rest % left end
    rest = rest - each.need
  end
  return s.limit, 0
end

local function rank(each, level)
  if each.m.held <= level then return 1 end  -- waits
  return level > 0 and now < each.turn + TURN and 0 or 2  -- has its turn, or had it
end

local function grant(each, give, level)
  local p = each.m
  p.held, p.granted, p.want, each.given = p.held + give, p.granted + give, p.want - give, give
  if p.held > level then
    p.turn, each.turn = now, now
  elseif p.want == 0 then
    p.turn = nil
  end
end

local function deal()
  local total = s.draining and 0 or math.min(s.work, s.known or s.work)
  local list, free, lacking = {}, total, 0
  for id, each in pairs(s.members) do
    if not at_rest(each) then
      list[#list + 1] = {id = id, m = each, need = each.held + each.want, turn = each.turn or 0, given = 0}
      free = free - each.held
    end
  end
  local level, over = level_of(list, total)
  for _, each in ipairs(list) do each.rank = rank(each, level) end
  table.sort(list, by_turn)
  for _, each in ipairs(list) do
    each.share = math.min(each.need, level)
    if each.need > level and over > 0 then each.share, over = level + 1, over - 1 end
    local give = math.max(0, math.min(each.m.want, each.share - each.m.held, free))
    if give > 0 then
      free = free - give
      grant(each, give, level)
    end
    if each.m.want > 0 then lacking = lacking + 1 end
  end
  for _, each in ipairs(list) do
    each.crowded = not s.draining and lacking - (each.m.want > 0 and 1 or 0) > 0
    if each.crowded and level == 0 or free < 0 then each.share = 0 end
    each.cap = not s.draining and each.m.held > each.share and each.share or s.limit
    local in_turn = each.crowded and each.m.held > level and each.turn + TURN > now
    each.again = in_turn and level > 0 and each.turn + TURN - now or -1
  end
  return list
end

-- 6. Each process is told what is new to it, and it alone. One that does not listen gets nothing.
local function news(each)
  return {
    account = me.account, calls = s.calls, term = each.m.term, granted = each.m.granted, work = s.work,
    crowded = each.crowded, cap = each.cap, drain = s.drain, draining = s.draining or false, again = each.again,
  }
end

local answer
local function tell(list)
  local deaf = false
  for _, each in ipairs(list) do
    local turn = each.again < 0 and 0 or each.turn
    local told = table.concat({each.crowded and 1 or 0, each.cap, turn, s.drain, s.draining and 1 or 0}, ':')
    if each.id == me.id then
      answer = news(each)
    elseif each.given > 0 or told ~= each.m.told then
      local listening = redis.call('PUBLISH', prefix .. each.id, cjson.encode(news(each)))
      if listening == 0 and each.given > 0 then
        each.m.held, each.m.granted = each.m.held - each.given, each.m.granted - each.given
        each.m.want, each.m.turn, deaf = 0, nil, true
      end
    end
    each.m.told = told
  end
  return deaf
end

while tell(deal()) do end
if not answer then
  answer = news({m = m, crowded = false, cap = s.limit, again = -1})
end

-- 7. The state is kept as long as anybody's lease or the memory of a refusal lasts.
local last, soonest = s.last and s.last + QUIET or 0, math.huge
for id, each in pairs(s.members) do
  last = math.max(last, each.till)
  if id ~= me.id and not at_rest(each) then soonest = math.min(soonest, each.till + 1) end
end
if last > now then
  redis.call('SET', KEYS[1], cjson.encode(s), 'PX', last - now)
elseif raw then
  redis.call('DEL', KEYS[1])
end
if now < open then soonest = math.min(soonest, open) end
if s.opens then soonest = math.min(soonest, s.opens) end
if soonest < math.huge and (m.want > 0 or s.draining) then
  soonest = math.ceil(soonest - now)
  answer.again = answer.again < 0 and soonest or math.min(answer.again, soonest)
end
answer.seq, answer.store, answer.member = me.seq, born, not at_rest(m)
if now < open then answer.opens = open - now end
return cjson.encode(answer)
