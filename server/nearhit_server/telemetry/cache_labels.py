"""Names of caches as label values, of which there must not be any number."""

from typing import Final

OTHER: Final = "other"
"""Stands for the caches beyond the limit, and for one that is really called so."""

MAX_NAMED_CACHES: Final = 100
"""A metric has a dozen time series and more for each cache, and a Prometheus keeps them all in
memory."""


class CacheLabels:
    """The first caches that are seen keep their names; the rest are OTHER."""

    def __init__(self, *, limit: int = MAX_NAMED_CACHES) -> None:
        self._limit = limit
        self._named: set[str] = set()

    def of(self, cache_id: str) -> str:
        """The label of a cache."""
        if cache_id in self._named:
            return cache_id
        if len(self._named) >= self._limit:
            return OTHER
        self._named.add(cache_id)
        return cache_id
