"""The scripts of the outbox on the bus, each of which happens in one step. All take the same keys,
of one tag, so that a cluster takes them too.

A member names a delivery: its lane (subscription, execution), event id and time, each behind a
zero byte. `order` holds members only, which sort by lane and event; `deliveries` has each one's due
time, a blank and its JSON. Times are in ms. A server that was full may have thrown one of the keys
away: what the others say of that is passed over and forgotten.
"""

from handrail.core.news.outbox_rules import LETTERS_KEPT, MOST_REMEMBERED, REMEMBERED, SAME_START

from .connection import BusScript

KEYS = (
    "running",  # execution → started, position
    "ended",  # the same
    "ended_at",  # execution by its time
    "watermarks",  # machine → time
    "deliveries",
    "order",
    "since",  # member by when it was put there
    "heads",  # lane by when its first is due
    "done",  # member by until when it is known
    "letters",  # member → JSON
    "dead",  # member by when it was given up
    "counts",  # "w<machine>" and "d<machine>", and the bytes of both
)

_ROOM = f"""
local running, ended, ended_at, watermarks, deliveries, order, since, heads, done, letters, dead,
  counts = unpack(KEYS)

local function lane_of(member)
  return string.match(member, '^(%Z*%z%Z*)%z')
end

local function count(kind, member, text, by)
  local machine = string.match(member, '^%Z*%z([^:/]*)')
  if redis.call('HINCRBY', counts, kind .. machine, by) <= 0 then
    redis.call('HDEL', counts, kind .. machine)
  end
  redis.call('HINCRBY', counts, kind, by * #text)
end

local function first_of(lane)
  while true do
    local first = redis.call('ZRANGEBYLEX', order, '[' .. lane .. '\\0', '(' .. lane .. '\\1',
      'LIMIT', 0, 1)[1]
    local told = first and redis.call('HGET', deliveries, first)
    if not first or told then return first, told end
    redis.call('ZREM', order, first)
    redis.call('ZREM', since, first)
  end
end

local function look_at(lane)
  local first, told = first_of(lane)
  if first then
    redis.call('ZADD', heads, string.match(told, '^%d+'), lane)
  else
    redis.call('ZREM', heads, lane)
  end
end

local function add(member, due, at, text)
  redis.call('HSET', deliveries, member, due .. ' ' .. text)
  redis.call('ZADD', order, 0, member)
  redis.call('ZADD', since, at, member)
  count('w', member, text, 1)
  look_at(lane_of(member))
end

local function take(member)
  local told = redis.call('HGET', deliveries, member)
  if not told then return false end
  redis.call('HDEL', deliveries, member)
  redis.call('ZREM', order, member)
  redis.call('ZREM', since, member)
  local text = string.match(told, '^%d+ (.*)$')
  count('w', member, text, -1)
  look_at(lane_of(member))
  return text
end

local function take_letter(member)
  local text = redis.call('HGET', letters, member)
  redis.call('ZREM', dead, member)
  if not text then return false end
  redis.call('HDEL', letters, member)
  count('d', member, text, -1)
  return text
end

local function remember(member, now)
  redis.call('ZADD', done, now + {int(REMEMBERED.total_seconds() * 1000)}, member)
  redis.call('ZREMRANGEBYRANK', done, 0, -{MOST_REMEMBERED + 1})
end

local function make_room(most, now)
  local over = now - {int(LETTERS_KEPT.total_seconds() * 1000)}
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', dead, '-inf', over, 'LIMIT', 0, 100)) do
    take_letter(member)
  end
  local forgotten = 0
  while tonumber(redis.call('HGET', counts, 'w') or 0)
      + tonumber(redis.call('HGET', counts, 'd') or 0) > most do
    local oldest = redis.call('ZRANGE', dead, 0, 0)[1]
    if not oldest then
      redis.call('HDEL', counts, 'd')
      break
    end
    take_letter(oldest)
    forgotten = forgotten + 1
  end
  return forgotten
end
"""

PUT = BusScript(
    "put_news",
    f"""{_ROOM}
local now, most, execution = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local started, position, ends = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6] == '1'
redis.call('ZREMRANGEBYSCORE', done, '-inf', now)
local over = now - {int(REMEMBERED.total_seconds() * 1000)}
for _, each in ipairs(redis.call('ZRANGEBYSCORE', ended_at, '-inf', over, 'LIMIT', 0, 100)) do
  redis.call('HDEL', ended, each)
  redis.call('ZREM', ended_at, each)
end

if redis.call('HLEN', deliveries) == 0 then redis.call('HDEL', counts, 'w') end
local new, bytes = {{}}, tonumber(redis.call('HGET', counts, 'w') or 0)
for i = 7, #ARGV, 4 do
  local member = ARGV[i]
  if redis.call('HEXISTS', deliveries, member) == 0 and not redis.call('ZSCORE', done, member)
      and redis.call('HEXISTS', letters, member) == 0 then
    new[#new + 1] = i
    bytes = bytes + #ARGV[i + 3]
  end
end
if bytes > most then return -1 end
for _, i in ipairs(new) do
  add(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3])
end
local forgotten = make_room(most, now)
if execution == '' then return forgotten end

local kept = redis.call('HGET', ended, execution)
local had_ended = kept and true
kept = kept or redis.call('HGET', running, execution)
if kept then
  local known_start, known = string.match(kept, '^(%d+) (%d+)$')
  known_start, known = tonumber(known_start), tonumber(known)
  local spare = {int(SAME_START.total_seconds() * 1000)}
  local older = started + spare < known_start
  local newer = known_start + spare < started
  local further = position > known or (position == known and ends and not had_ended)
  if older or not (newer or further) then return forgotten end
end
redis.call('HDEL', ends and running or ended, execution)
redis.call('HSET', ends and ended or running, execution, ARGV[4] .. ' ' .. ARGV[5])
if ends then
  redis.call('ZADD', ended_at, now, execution)
else
  redis.call('ZREM', ended_at, execution)
end
return forgotten
""",
)
"""Now, the most bytes, the execution (empty: its position stays), when it started, its position,
whether it ended; and of each delivery the member, when it is due, when it was made, the JSON.
Answers how many letters were forgotten to make room, or -1 where there is no room."""

FIND = BusScript(
    "find_followed",
    f"""{_ROOM}
return {{redis.call('HGET', running, ARGV[1]), redis.call('HGET', ended, ARGV[1])}}
""",
)

RETRY = BusScript(
    "retry_news",
    f"""{_ROOM}
local told = redis.call('HGET', deliveries, ARGV[1])
if not told then return 0 end
redis.call('HSET', deliveries, ARGV[1], ARGV[2] .. ' ' .. ARGV[3])
redis.call('HINCRBY', counts, 'w', #ARGV[3] - #string.match(told, '^%d+ (.*)$'))
look_at(lane_of(ARGV[1]))
return 1
""",
)
"""The member, when it is due, its JSON."""

TAKE_OUT = BusScript(
    "take_out_news",
    f"""{_ROOM}
local now, member, letter = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local taken = take(member)
if letter == '' then
  taken = taken or (ARGV[6] == '1' and take_letter(member))
  if taken then remember(member, now) end
elseif taken then
  redis.call('HSET', letters, member, letter)
  redis.call('ZADD', dead, ARGV[4], member)
  count('d', member, letter, 1)
  return {{1, make_room(tonumber(ARGV[5]), now)}}
end
return {{taken and 1 or 0, 0}}
""",
)
"""Now, the member, the letter that it becomes (empty: none), when it was given up, the most bytes,
whether a letter of the member's is taken out, too. Answers whether it was there, and how many
letters were forgotten."""

REVIVE = BusScript(
    "revive_news",
    f"""{_ROOM}
local told = redis.call('HGET', deliveries, ARGV[1])
if told then return {{0, string.match(told, '^%d+ (.*)$')}} end
if ARGV[3] == '' or not take_letter(ARGV[1]) then return {{-1}} end
add(ARGV[1], ARGV[2], ARGV[2], ARGV[3])
return {{1}}
""",
)
"""The member, now, and the JSON of the delivery that the letter becomes, if there is one. Answers
-1 where there is neither, 0 and its JSON where it waits."""

_LANES = """
local left_out = {}
for i = 3, #ARGV do left_out[ARGV[i]] = true end
local found, limit, seen = {}, tonumber(ARGV[2]), 0
while #found < limit do
  local lanes = redis.call('ZRANGEBYSCORE', heads, '-inf', ARGV[1], 'LIMIT', seen, 1000)
  for _, lane in ipairs(lanes) do
    if #found < limit and not left_out[string.match(lane, '^%Z*')] then found[#found + 1] = lane end
  end
  seen = seen + #lanes
  if #lanes < 1000 then break end
end
"""

HEADS = BusScript(
    "due_news",
    f"""{_ROOM}{_LANES}
local texts = {{}}
for _, lane in ipairs(found) do
  local _, told = first_of(lane)
  if told then
    texts[#texts + 1] = string.match(told, '^%d+ (.*)$')
  else
    redis.call('ZREM', heads, lane)
  end
end
return texts
""",
)
"""Until when, how many, and subscriptions whose are left out."""

NEXT_DUE = BusScript(
    "next_due_news",
    f"""{_ROOM}{_LANES}
return found[1] and redis.call('ZSCORE', heads, found[1])
""",
)
"""As HEADS."""

LETTERS = BusScript(
    "letters_of_news",
    f"""{_ROOM}
local found = {{}}
local function tell(members)
  for i = 1, #members, 2 do
    found[#found + 1] = members[i]
    found[#found + 1] = members[i + 1]
  end
end
local function of_time(at)
  tell(redis.call('ZRANGEBYSCORE', dead, at, at, 'WITHSCORES'))
end
local before = ARGV[1]
if before ~= '+inf' then
  of_time(before)
  before = '(' .. before
end
tell(redis.call('ZREVRANGEBYSCORE', dead, before, ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3]))
if found[1] then of_time(found[#found]) end
return found
""",
)
"""Until when (`+inf`: no end), since when, how many. Answers members and their times: all of the
last one's time, so maybe more, and some twice."""
