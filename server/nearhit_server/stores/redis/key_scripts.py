"""What happens to an API key at once, as Lua. All keys are in one slot."""

from typing import Final

from nearhit_server.stores.redis.lua import EVEN_WHEN_FULL, Script

PUT_KEY: Final = Script(
    # A key can be revoked even when Redis is full.
    EVEN_WHEN_FULL
    + """
-- KEYS: keys, ids of keys
-- ARGV: key id, version, key as JSON
-- Returns 1 if the key is kept, 0 if another change was quicker.
local held = redis.call('HGET', KEYS[1], ARGV[1])
local version = held and cjson.decode(held).version or 0
if held ~= ARGV[3] and tonumber(ARGV[2]) ~= version + 1 then return 0 end
-- Also if it is there already just so, because that may be unknown to replicas that the caller
-- waits for.
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZADD', KEYS[2], 0, ARGV[1])
return 1
"""
)

ALL: Final = (PUT_KEY,)
