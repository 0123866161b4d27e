"""What happens to a cache's settings and epochs at once, as Lua, each in one slot."""

from typing import Final

from nearhit_server.stores.redis.lua import (
    CHECK_VERSION,
    EVEN_WHEN_FULL,
    NOW,
    REFUSED_WHEN_FULL,
    Script,
)

CREATE_CACHE: Final = Script(
    REFUSED_WHEN_FULL
    + NOW
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
    EVEN_WHEN_FULL
    + CHECK_VERSION
    + NOW
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
    EVEN_WHEN_FULL
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
    EVEN_WHEN_FULL
    + """
-- KEYS: dead epochs
-- ARGV: an epoch that is new
return redis.call('ZADD', KEYS[1], ARGV[1], ARGV[1])
"""
)

CREATE_INDEX: Final = Script(
    EVEN_WHEN_FULL
    + """
-- KEYS: the index
-- ARGV: what follows the name in FT.CREATE
return redis.call('FT.CREATE', KEYS[1], unpack(ARGV))
"""
)

LEASE: Final = Script(
    EVEN_WHEN_FULL
    + """
-- KEYS: the lease
-- ARGV: the holder's name, milliseconds
-- Returns 1, or 0 if somebody else holds it.
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
"""
)

ADD_TO_SET: Final = Script(
    EVEN_WHEN_FULL
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
    *(CREATE_CACHE, REPLACE_SPEC, DELETE_CACHE, PROPOSE_EPOCH, CREATE_INDEX),
    *(LEASE, ADD_TO_SET, REMOVE_DOOMED),
)
