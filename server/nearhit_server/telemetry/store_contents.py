"""What is in the store, as metrics."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nearhit_server.core.quality import tallies as names
from nearhit_server.core.quality.false_hits import rate
from nearhit_server.core.quality.reports import Verdict
from nearhit_server.core.quality.tallies import Tallies


@dataclass(frozen=True, kw_only=True)
class CacheContents:
    """What a cache holds, and what was counted of it."""

    entries: int
    tallies: Tallies


class StoreContents(Collector):
    """What is in the store, as it was last looked at.

    Not of this process but of all that share the store, so that it is no metric that processes
    add up.
    """

    def __init__(self) -> None:
        self.caches: Mapping[str, CacheContents] = {}
        self.size_bytes: int | None = None

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges; without samples where nothing is known."""
        yield self._gauge(
            "nearhit_store_entries", "Live entries of a cache.", lambda cache: cache.entries
        )
        yield self._gauge(
            "nearhit_cache_quarantined_entries",
            "Entries that no search finds because they were reported wrong.",
            lambda cache: cache.tallies.get(names.QUARANTINED, 0),
        )
        yield self._reports()
        yield self._false_hit_rate()
        size = GaugeMetricFamily(
            "nearhit_store_size_bytes", "Disk space or memory that the store takes.", labels=()
        )
        if self.size_bytes is not None:
            size.add_metric((), self.size_bytes)
        yield size

    def _gauge(
        self, name: str, description: str, value: Callable[[CacheContents], float]
    ) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(name, description, labels=("cache",))
        for cache_id, cache in self.caches.items():
            gauge.add_metric((cache_id,), value(cache))
        return gauge

    def _reports(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(
            "nearhit_cache_reports",
            "Hits that were reported right or wrong since the cache was made or emptied.",
            labels=("cache", "verdict"),
        )
        for cache_id, cache in self.caches.items():
            for verdict in Verdict:
                gauge.add_metric((cache_id, verdict.value), names.total(cache.tallies, verdict))
        return gauge

    def _false_hit_rate(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(
            "nearhit_cache_false_hit_rate",
            "Share of served hits that were wrong, estimated from the reports, and the bounds of "
            "its 95 % interval.",
            labels=("cache", "bound"),
        )
        for cache_id, cache in self.caches.items():
            right, wrong = (names.total(cache.tallies, verdict) for verdict in Verdict)
            if (estimate := rate(wrong, right + wrong)) is not None:
                gauge.add_metric((cache_id, "estimate"), estimate.value)
                gauge.add_metric((cache_id, "low"), estimate.low)
                gauge.add_metric((cache_id, "high"), estimate.high)
        return gauge
