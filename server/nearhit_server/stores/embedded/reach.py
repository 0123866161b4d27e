"""When a cache grows beyond what the embedded store is for."""

from typing import Final

import structlog

REACH_ENTRIES: Final = 100_000
"""Searching this many vectors of 384 components takes about 5 ms."""

_WARNED_AT_ENTRIES: Final = REACH_ENTRIES * 9 // 10

_log = structlog.get_logger()


class ReachWarning:
    """Says once for each cache, while the process lives, that it nears the store's reach."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def check(self, cache_id: str, entries: int) -> None:
        """Warn if `entries` is near the reach and this was not said of the cache before."""
        if entries < _WARNED_AT_ENTRIES or cache_id in self._warned:
            return
        self._warned.add(cache_id)
        _log.warning(
            "cache nears the reach of the embedded store; Redis is the store for more",
            cache=cache_id,
            entries=entries,
            reach_entries=REACH_ENTRIES,
        )
