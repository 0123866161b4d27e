"""What happens to entries at once, as Lua. Each script touches the keys of one cache, so one slot.

Each first compares the version of the cache's settings with the caller's, and does nothing if
they differ, so that no write lands in an epoch that has been left.
"""

from typing import Final

from nearhit_server.stores.redis.lua import (
    BOUND,
    CHECK_VERSION,
    EVEN_WHEN_FULL,
    LIFETIME,
    NOW,
    REFUSED_WHEN_FULL,
    Script,
)

PUT: Final = Script(
    REFUSED_WHEN_FULL
    + CHECK_VERSION
    + NOW
    + LIFETIME
    + BOUND
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, ttl in ms or 'none', max entries or '', entry prefix,
--       field, value, ...
-- Returns 1 if the entry is new, 0 if it replaced one, and 2 more for each that was evicted.
local created = redis.call('UNLINK', KEYS[2]) == 0
redis.call('HSET', KEYS[2], unpack(ARGV, 6))
live(KEYS[2], ARGV[3])
local evicted = 0
if ARGV[4] ~= '' then
  use(KEYS[3], KEYS[4], ARGV[2], ARGV[3])
  evicted = bound(KEYS[3], KEYS[4], ARGV[4], ARGV[5])
end
return (created and 1 or 0) + 2 * evicted
"""
)

EVICT: Final = Script(
    CHECK_VERSION
    + NOW
    + BOUND
    + """
-- KEYS: version, uses, expiries
-- ARGV: version, max entries, entry prefix
-- Returns how many were removed; there may be more to remove.
return bound(KEYS[2], KEYS[3], ARGV[2], ARGV[3])
"""
)

UPDATE: Final = Script(
    REFUSED_WHEN_FULL
    + CHECK_VERSION
    + NOW
    + LIFETIME
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, ttl in ms or 'keep' or 'none', 'bounded' or '',
--       the updated_us and the attributes that the entry must have, each or '',
--       how many fields to remove, those, field, value, ...
-- Returns 1, 0 if there is no such entry, or -3 if it was changed since.
if redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[2], 'updated_us') ~= ARGV[5] then return -3 end
if ARGV[6] ~= '' and redis.call('HGET', KEYS[2], 'attributes') ~= ARGV[6] then return -3 end
local removed = tonumber(ARGV[7])
if removed > 0 then redis.call('HDEL', KEYS[2], unpack(ARGV, 8, 7 + removed)) end
if #ARGV > 7 + removed then redis.call('HSET', KEYS[2], unpack(ARGV, 8 + removed)) end
live(KEYS[2], ARGV[3])
if ARGV[4] ~= '' then use(KEYS[3], KEYS[4], ARGV[2], ARGV[3]) end
return 1
"""
)

TOUCH: Final = Script(
    EVEN_WHEN_FULL
    + CHECK_VERSION
    + NOW
    + LIFETIME
    + """
-- KEYS: version, entry, uses, expiries
-- ARGV: version, entry id, the entry's updated_us, ttl_us and expires_us as read, the latter two
--       each or '', ttl in ms or 'keep' or 'none', 'bounded' or ''
-- Nothing of it changes the hash, which would be indexed anew.
local read = redis.call('HMGET', KEYS[2], 'updated_us', 'ttl_us', 'expires_us')
for i = 1, 3 do
  if (read[i] or '') ~= ARGV[2 + i] then return 0 end
end
live(KEYS[2], ARGV[6])
if ARGV[7] ~= '' then use(KEYS[3], KEYS[4], ARGV[2], ARGV[6]) end
return 1
"""
)

DELETE: Final = Script(
    CHECK_VERSION
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
    CHECK_VERSION
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

ALL: Final = (PUT, EVICT, UPDATE, TOUCH, DELETE, NOTE_USES)
