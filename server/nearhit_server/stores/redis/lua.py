"""Lua that Redis runs at once, and the pieces that scripts are put together from."""

import hashlib
from dataclasses import dataclass
from typing import Final

CACHE_GONE: Final = -1
"""Returned instead of a result: there is no such cache."""

SPEC_CHANGED: Final = -2
"""Returned instead of a result: the settings have another version."""

ENTRY_CHANGED: Final = -3
"""Returned instead of a result: the entry was changed since it was read."""

NO_ENTRY: Final = -4
"""Returned instead of a result: there is no such entry."""


@dataclass(frozen=True)
class Script:
    """Lua to be called by its digest."""

    source: str

    @property
    def digest(self) -> str:
        """What EVALSHA takes."""
        return hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()


REFUSED_WHEN_FULL: Final = "#!lua\n"
"""Without such a line, a script that has written anything at all may go past maxmemory."""

EVEN_WHEN_FULL: Final = "#!lua flags=allow-oom\n"
"""For what frees memory in the end, and for the little that a search writes."""

CHECK_VERSION: Final = """
local version = redis.call('GET', KEYS[1])
if not version then return -1 end
if version ~= ARGV[1] then return -2 end
"""

NOW: Final = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
"""

LIFETIME: Final = """
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

BOUND: Final = """
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
