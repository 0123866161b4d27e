"""What has to happen at once, as Lua: each touches the keys of one cache, so one slot.

Every script first compares the version of the cache's settings with the caller's, and does
nothing if they differ, so that no write lands in an epoch that has been left.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

CACHE_GONE: Final = -1
"""Returned instead of a result: there is no such cache."""

SPEC_CHANGED: Final = -2
"""Returned instead of a result: the settings have another version."""

ENTRY_CHANGED: Final = -3
"""Returned instead of a result: the entry was changed since it was read."""


@dataclass(frozen=True)
class Script:
    """Lua to be called by its digest."""

    source: str

    @property
    def digest(self) -> str:
        """What EVALSHA takes."""
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


_REFUSED_WHEN_FULL: Final = "#!lua\n"
"""Without such a line, a script that has written anything at all may go past maxmemory."""

_EVEN_WHEN_FULL: Final = "#!lua flags=allow-oom\n"
"""For what frees memory in the end, and for the little that a search writes."""

_CHECK_VERSION: Final = """
local version = redis.call('GET', KEYS[1])
if not version then return -1 end
if version ~= ARGV[1] then return -2 end
"""

_NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""

_LIFETIME: Final = """
-- `ttl` is milliseconds, 'none' or 'keep'.
local function live(entry, ttl)
  if ttl == 'none' then
    redis.call('PERSIST', entry)
  elseif ttl ~= 'keep' then
    redis.call('PEXPIRE', entry, ttl)
  end
end
local function use(uses, expiries, id, ttl)
  redis.call('ZADD', uses, now, id)
  if ttl == 'none' then
    redis.call('ZREM', expiries, id)
  elseif ttl ~= 'keep' then
    redis.call('ZADD', expiries, now + ttl * 1000, id)
  end
end
"""

_BOUND: Final = """
-- Removes the least recently used beyond `max`, some at a time; returns how many.
local function bound(uses, expiries, max, prefix)
  local expired = redis.call('ZRANGEBYSCORE', expiries, '-inf', now, 'LIMIT', 0, 1000)
  for _, id in ipairs(expired) do
    redis.call('ZREM', uses, id)
    redis.call('ZREM', expiries, id)
  end
  local excess = redis.call('ZCARD', uses) - max
  if excess <= 0 then return 0 end
  local evicted = redis.call('ZPOPMIN', uses, math.min(excess, 50))
  for i = 1, #evicted, 2 do
    redis.call('UNLINK', prefix .. evicted[i])
    redis.call('ZREM', expiries, evicted[i])
  end
  return #evicted / 2
end
"""

PUT: Final = Script(
    _REFUSED_WHEN_FULL
    + _CHECK_VERSION
    + _NOW
    + _LIFETIME
    + _BOUND
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, ttl in ms or 'none', max entries or '', entry prefix,
--       field, value, ...
-- Returns 1 if the entry is new, 0 if it replaced one.
local created = redis.call('UNLINK', KEYS[2]) == 0
redis.call('HSET', KEYS[2], unpack(ARGV, 6))
live(KEYS[2], ARGV[3])
if ARGV[4] ~= '' then
  use(KEYS[3], KEYS[4], ARGV[2], ARGV[3])
  bound(KEYS[3], KEYS[4], ARGV[4], ARGV[5])
end
return created and 1 or 0
"""
)

EVICT: Final = Script(
    _CHECK_VERSION
    + _NOW
    + _BOUND
    + """
-- KEYS: version, uses, expiries
-- ARGV: version, max entries, entry prefix
-- Returns how many were removed; there may be more to remove.
return bound(KEYS[2], KEYS[3], ARGV[2], ARGV[3])
"""
)

UPDATE: Final = Script(
    _REFUSED_WHEN_FULL
    + _CHECK_VERSION
    + _NOW
    + _LIFETIME
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, ttl in ms or 'keep' or 'none', 'bounded' or '',
--       the updated_us that the entry must have or '', how many fields to remove, those,
--       field, value, ...
-- Returns 1, 0 if there is no such entry, or -3 if it was changed since.
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[2], 'updated_us') ~= ARGV[5] then return -3 end
local removed = tonumber(ARGV[6])
if removed > 0 then redis.call('HDEL', KEYS[2], unpack(ARGV, 7, 6 + removed)) end
if #ARGV > 6 + removed then redis.call('HSET', KEYS[2], unpack(ARGV, 7 + removed)) end
live(KEYS[2], ARGV[3])
if ARGV[4] ~= '' then use(KEYS[3], KEYS[4], ARGV[2], ARGV[3]) end
return 1
"""
)

TOUCH: Final = Script(
    _EVEN_WHEN_FULL
    + _CHECK_VERSION
    + _NOW
    + _LIFETIME
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, the entry's updated_us and ttl_us as read, ttl in ms or 'keep' or
--       'none', 'bounded' or ''
-- Nothing of it changes the hash, which would be indexed anew.
local read = redis.call('HMGET', KEYS[2], 'updated_us', 'ttl_us')
if read[1] ~= ARGV[3] or (read[2] or '') ~= ARGV[4] then return 0 end
live(KEYS[2], ARGV[5])
if ARGV[6] ~= '' then use(KEYS[3], KEYS[4], ARGV[2], ARGV[5]) end
return 1
"""
)

DELETE: Final = Script(
    _CHECK_VERSION
    + """
-- KEYS: version, uses, expiries, entry, ...
-- ARGV: version, entry id, ...
-- Returns how many there were.
redis.call('ZREM', KEYS[2], unpack(ARGV, 2))
redis.call('ZREM', KEYS[3], unpack(ARGV, 2))
return redis.call('UNLINK', unpack(KEYS, 4))
"""
)

NOTE_USES: Final = Script(
    _CHECK_VERSION
    + """
-- KEYS: version, uses, expiries
-- ARGV: version, entry id, score of use, score of expiry or '', ...
-- For a cache that is given a bound: entries that were stored before it.
for i = 2, #ARGV, 3 do
  redis.call('ZADD', KEYS[2], 'NX', ARGV[i + 1], ARGV[i])
  if ARGV[i + 2] ~= '' then redis.call('ZADD', KEYS[3], 'NX', ARGV[i + 2], ARGV[i]) end
end
return 1
"""
)

CREATE_CACHE: Final = Script(
    _REFUSED_WHEN_FULL
    + _NOW
    + """
-- KEYS: version, spec, dead epochs
-- ARGV: spec as JSON, its epoch
-- Returns the new version, or 0 if there is such a cache.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local version = string.format('%.0f', now)
redis.call('SET', KEYS[1], version)
redis.call('SET', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[2])
return version
"""
)

REPLACE_SPEC: Final = Script(
    _EVEN_WHEN_FULL
    + _CHECK_VERSION
    + _NOW
    + """
-- KEYS: version, spec, dead epochs
-- ARGV: version, new spec as JSON, its epoch
-- Returns the new version. An epoch that is left becomes garbage at once.
local left = cjson.decode(redis.call('GET', KEYS[2])).epoch
redis.call('ZREM', KEYS[3], ARGV[3])
if left ~= ARGV[3] then redis.call('ZADD', KEYS[3], 0, left) end
-- Never the same twice, even if the clock stands still or goes back.
local new = string.format('%.0f', math.max(now, tonumber(version) + 1))
redis.call('SET', KEYS[1], new)
redis.call('SET', KEYS[2], ARGV[2])
return new
"""
)

DELETE_CACHE: Final = Script(
    _EVEN_WHEN_FULL
    + """
-- KEYS: version, spec, dead epochs
-- Returns 1, or -1 if there is no such cache.
local spec = redis.call('GET', KEYS[2])
if not spec then return -1 end
redis.call('ZADD', KEYS[3], 0, cjson.decode(spec).epoch)
redis.call('DEL', KEYS[1], KEYS[2])
return 1
"""
)

PROPOSE_EPOCH: Final = Script(
    _EVEN_WHEN_FULL
    + """
-- KEYS: dead epochs
-- ARGV: an epoch that is new
return redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
"""
)

CREATE_INDEX: Final = Script(
    _EVEN_WHEN_FULL
    + """
-- KEYS: the index
-- ARGV: what follows the name in FT.CREATE
return redis.call('FT.CREATE', KEYS[1], unpack(ARGV))
"""
)

LEASE: Final = Script(
    _EVEN_WHEN_FULL
    + """
-- KEYS: the lease
-- ARGV: the holder's name, milliseconds
-- Returns 1, or 0 if somebody else holds it.
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
"""
)

ADD_TO_SET: Final = Script(
    _EVEN_WHEN_FULL
    + """
-- KEYS: a set
-- ARGV: members
return redis.call('SADD', KEYS[1], unpack(ARGV))
"""
)

REMOVE_DOOMED: Final = Script(
    """
-- KEYS: the set of doomed keys
-- ARGV: how many to remove
-- Returns how many were removed.
local keys = redis.call('SPOP', KEYS[1], ARGV[1])
if #keys > 0 then redis.call('UNLINK', unpack(keys)) end
return #keys
"""
)

ALL: Final = (
    PUT,
    EVICT,
    UPDATE,
    TOUCH,
    DELETE,
    NOTE_USES,
    CREATE_CACHE,
    REPLACE_SPEC,
    DELETE_CACHE,
    PROPOSE_EPOCH,
    CREATE_INDEX,
    LEASE,
    ADD_TO_SET,
    REMOVE_DOOMED,
)
