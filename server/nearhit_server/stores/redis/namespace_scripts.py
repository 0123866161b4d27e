"""What happens to the rows of a namespace at once, as Lua, each in one slot.

The rows of a group, and the list of them by their expiry, share a hash tag. The list is what
counts them and, once the namespace is flushed, finds them.
"""

from typing import Final

from nearhit_server.stores.redis.lua import EVEN_WHEN_FULL, NOW, REFUSED_WHEN_FULL, Script

_LIST: Final = """
-- Notes that a row, by its key, expires in `ttl_ms`, '' for never. The list ends with its last row.
local function list(expiries, key, ttl_ms)
  redis.call('ZREMRANGEBYSCORE', expiries, '-inf', now)
  redis.call('ZADD', expiries, ttl_ms == '' and '+inf' or now + ttl_ms * 1000, key)
  local last = redis.call('ZRANGE', expiries, -1, -1, 'WITHSCORES')[2]
  if last == 'inf' then
    redis.call('PERSIST', expiries)
  else
    redis.call('PEXPIRE', expiries, string.format('%.0f', math.ceil((last - now) / 1000)))
  end
end
"""

PUT_ROW: Final = Script(
    REFUSED_WHEN_FULL
    + NOW
    + _LIST
    + """
-- KEYS: row, expiries
-- ARGV: the row's key, ttl in ms or '', field, value, ...
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 3))
if ARGV[2] ~= '' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
list(KEYS[2], ARGV[1], ARGV[2])
return 1
"""
)

REFRESH_ROW: Final = Script(
    EVEN_WHEN_FULL
    + NOW
    + _LIST
    + """
-- KEYS: row, expiries
-- ARGV: the row's key, the time in us, a new ttl in us or '', fields to return
-- Returns the fields, null if there is no such row.
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('HSET', KEYS[1], 'ttl_us', ARGV[3])
end
local ttl_us = tonumber(redis.call('HGET', KEYS[1], 'ttl_us') or nil)
if ttl_us then
  local ttl_ms = string.format('%.0f', math.ceil(ttl_us / 1000))
  redis.call('PEXPIRE', KEYS[1], ttl_ms)
  redis.call('HSET', KEYS[1], 'expires_us', string.format('%.0f', ARGV[2] + ttl_us))
  list(KEYS[2], ARGV[1], ttl_ms)
end
return redis.call('HMGET', KEYS[1], unpack(ARGV, 4))
"""
)

DELETE_ROW: Final = Script(
    EVEN_WHEN_FULL
    + """
-- KEYS: row, expiries
-- ARGV: the row's key
-- Returns 1, or 0 if there is no such row.
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('UNLINK', KEYS[1])
"""
)

LEAVE_EPOCH: Final = Script(
    EVEN_WHEN_FULL
    + NOW
    + """
-- KEYS: epochs of namespaces, dead epochs by when to remove them
-- ARGV: namespace, how long until its epoch is to be removed, in us
-- Returns the epoch that is left, and the time in us.
local left = redis.call('HGET', KEYS[1], ARGV[1]) or '0'
-- Never the same twice, even if the clock stands still or goes back.
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', math.max(now, left + 1)))
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1] .. ':' .. left)
return {left, string.format('%.0f', now)}
"""
)

COLLECT_NOW: Final = Script(
    EVEN_WHEN_FULL
    + """
-- KEYS: dead epochs by when to remove them
-- ARGV: what mentions an epoch
return redis.call('ZADD', KEYS[1], 0, ARGV[1])
"""
)

REMOVE_ROWS: Final = Script(
    EVEN_WHEN_FULL
    + """
-- KEYS: expiries
-- ARGV: what the keys of the group's rows begin with, how many to remove
-- Returns how many were removed.
local popped = redis.call('ZPOPMIN', KEYS[1], ARGV[2])
for i = 1, #popped, 2 do redis.call('UNLINK', ARGV[1] .. popped[i]) end
return #popped / 2
"""
)

ALL: Final = (PUT_ROW, REFRESH_ROW, DELETE_ROW, LEAVE_EPOCH, COLLECT_NOW, REMOVE_ROWS)
