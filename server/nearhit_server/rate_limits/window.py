"""How full a sliding window is, as it was read, and what follows from that for later. Pure."""

from dataclasses import dataclass, replace
from math import floor
from typing import Final

from nearhit_server.rate_limits.limit import Limit

_ROUNDING_SECONDS: Final = 0.005
"""Redis counts in whole milliseconds: a call that comes back to the instant may be too early."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Two counters of a limit. Each counts for less and less in the window after its own, and
    for nothing once its `..._ttl` seconds from `read_at` are over."""

    limit: Limit
    read_at: float
    previous: int = 0
    previous_ttl: float = 0
    current: int = 0
    current_ttl: float = 0

    def plus(self, calls: int) -> "Window":
        """The same with so many more calls counted."""
        return replace(self, current=self.current + calls)

    def room(self, now: float) -> int:
        """How many calls there is room for if nobody else has come since."""
        elapsed = now - self.read_at
        width = self.limit.window_seconds
        if elapsed < self.current_ttl - width:
            fading, ttl, current = self.previous, self.previous_ttl, self.current
        else:
            fading, ttl, current = self.current, self.current_ttl, 0
        used = floor(fading * max(0, ttl - elapsed) / width) + current
        return max(0, self.limit.calls - used)

    def seconds_until_room(self, calls: int, now: float) -> float:
        """How long at least until there is room for `calls`, which are within the limit."""
        if self.room(now) >= calls:
            return 0
        width, free = self.limit.window_seconds, self.limit.calls - calls
        if self.current > free:
            # Not before this window is the one before, and has faded to `free`.
            wait = self.current_ttl - (free + 1) * width / self.current
        else:
            wait = self.previous_ttl - (free - self.current + 1) * width / self.previous
        return max(0, wait - (now - self.read_at)) + _ROUNDING_SECONDS

    def seconds_until_empty(self, now: float) -> float:
        """How long until nothing counts any more if nobody comes."""
        ttl = self.current_ttl if self.current else self.previous_ttl if self.previous else 0
        return max(0, ttl - (now - self.read_at))
