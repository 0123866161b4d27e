"""What happens to reports, counts and shadow searches at once, as Lua, each in one slot.

As with entries, each first compares the version of the cache's settings with the caller's.
"""

from typing import Final

from nearhit_server.stores.redis.lua import (
    CHECK_VERSION,
    EVEN_WHEN_FULL,
    NOW,
    REFUSED_WHEN_FULL,
    Script,
)

_COUNT: Final = """
local function count(tallies, name, by)
  if redis.call('HINCRBY', tallies, name, by) == 0 then redis.call('HDEL', tallies, name) end
end
"""

_ONCE: Final = """
-- False if it was done by a call of which the reply was lost.
local function once(done)
  return redis.call('SET', done, '', 'NX', 'PX', 60000)
end
"""

_QUARANTINE: Final = """
-- Notes that an entry is quarantined, and forgets those that no longer are.
local function quarantine(quarantined, id, prefix)
  for _, other in ipairs(redis.call('SMEMBERS', quarantined)) do
    if redis.call('HEXISTS', prefix .. other, 'quarantined') == 0 then
      redis.call('SREM', quarantined, other)
    end
  end
  redis.call('SADD', quarantined, id)
end
"""

_KEEP: Final = """
-- Keeps a report as the latest, and no more than `most`.
local function keep(reports, positions, key, report, most)
  local last = redis.call('ZRANGE', positions, -1, -1, 'WITHSCORES')[2]
  -- Never the same twice, even if the clock stands still or goes back.
  local position = math.max(now, (last or 0) + 1)
  redis.call('HSET', reports, key, report)
  redis.call('ZADD', positions, string.format('%.0f', position), key)
  local excess = redis.call('ZCARD', positions) - most
  if excess <= 0 then return end
  local forgotten = redis.call('ZPOPMIN', positions, excess)
  for i = 1, #forgotten, 2 do redis.call('HDEL', reports, forgotten[i]) end
end
"""

PUT_REPORT: Final = Script(
    REFUSED_WHEN_FULL
    + CHECK_VERSION
    + NOW
    + _COUNT
    + _QUARANTINE
    + _KEEP
    + """
-- KEYS: version, entry, reports, their positions, tallies, quarantined
-- ARGV: version, entry id, entry prefix, the report's key, the updated_us of the entry that it is
--       about, verdict, tally, report as JSON, how many reports to keep, how many prompts to be
--       wrong for to be quarantined
-- Returns 1 if the entry is quarantined, 0 if not, -4 if there is no such entry.
local id, verdict, tally = ARGV[2], ARGV[6], ARGV[7]
local updated_us, quarantined, round, right, wrong = unpack(redis.call('HMGET', KEYS[2],
  'updated_us', 'quarantined', 'report_round', 'reported_right', 'reported_wrong'))
if not updated_us then return -4 end

local earlier = redis.call('HGET', KEYS[3], ARGV[4])
local earlier_round, earlier_verdict, earlier_tally
if earlier then
  earlier_round, earlier_verdict, earlier_tally = string.match(earlier, '^(%S+) (%S+) (%S+) ')
  if earlier_tally == tally then
    -- Written all the same: it may be unknown to replicas that the caller waits for.
    redis.call('HSET', KEYS[3], ARGV[4], earlier)
    return quarantined and 1 or 0
  end
  count(KEYS[5], earlier_tally, -1)
end
count(KEYS[5], tally, 1)

-- A report about what the entry was before belongs to no round.
local report_round = '-'
if updated_us == ARGV[5] then
  round = round or string.format('%.0f', now)
  report_round = round
  local held = {right = tonumber(right or 0), wrong = tonumber(wrong or 0)}
  if earlier_round == round then held[earlier_verdict] = held[earlier_verdict] - 1 end
  held[verdict] = held[verdict] + 1
  -- At once: with each change the entry is indexed anew.
  local fields = {'report_round', round, 'reported_right', held.right, 'reported_wrong', held.wrong}
  if not quarantined and held.wrong >= tonumber(ARGV[10]) and held.wrong > held.right then
    quarantined = '1'
    quarantine(KEYS[6], id, ARGV[3])
    table.insert(fields, 'quarantined')
    table.insert(fields, quarantined)
  end
  redis.call('HSET', KEYS[2], unpack(fields))
end
local report = table.concat({report_round, verdict, tally, ARGV[8]}, ' ')
keep(KEYS[3], KEYS[4], ARGV[4], report, ARGV[9])
return quarantined and 1 or 0
"""
)

RELEASE: Final = Script(
    EVEN_WHEN_FULL
    + CHECK_VERSION
    + """
-- KEYS: version, entry, quarantined
-- ARGV: version, entry id, fields to remove
-- Returns 1 if the entry was quarantined, 0 if not, -4 if there is no such entry.
if redis.call('EXISTS', KEYS[2]) == 0 then return -4 end
local was = redis.call('HEXISTS', KEYS[2], 'quarantined')
redis.call('HDEL', KEYS[2], unpack(ARGV, 3))
redis.call('SREM', KEYS[3], ARGV[2])
return was
"""
)

ADD_TALLIES: Final = Script(
    EVEN_WHEN_FULL
    + CHECK_VERSION
    + _COUNT
    + _ONCE
    + """
-- KEYS: version, tallies, whether it was done
-- ARGV: version, name, how many, ...
if not once(KEYS[3]) then return 0 end
for i = 2, #ARGV, 2 do count(KEYS[2], ARGV[i], ARGV[i + 1]) end
return 1
"""
)

PUT_SHADOW_SEARCHES: Final = Script(
    REFUSED_WHEN_FULL
    + CHECK_VERSION
    + NOW
    + _ONCE
    + """
-- KEYS: version, stream, whether it was done
-- ARGV: version, how many to keep, a search as JSON, ...
if not once(KEYS[3]) then return 0 end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local position = last and string.match(last[1], '^%d+') or 0
for i = 3, #ARGV do
  position = math.max(now, position + 1)
  local name = string.format('%.0f-0', position)
  redis.call('XADD', KEYS[2], 'MAXLEN', '=', ARGV[2], name, 'search', ARGV[i])
end
return 1
"""
)

ALL: Final = (PUT_REPORT, RELEASE, ADD_TALLIES, PUT_SHADOW_SEARCHES)
