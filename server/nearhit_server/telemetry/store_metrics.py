"""The store as metrics: how long it takes, how it fails, what it lets go."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from nearhit_server.telemetry.cache_labels import CacheLabels

_BUCKETS: Final = (
    *(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class StoreMetrics:
    """What this process asks of the store."""

    def __init__(self, registry: CollectorRegistry, labels: CacheLabels) -> None:
        self._labels = labels
        self._durations = Histogram(
            "nearhit_store_operation_duration_seconds",
            "Time of the store's operations, failed ones included.",
            ("operation",),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._failures = Counter(
            "nearhit_store_operation_failures_total",
            "Operations that the store could not do, by the reason that callers are told.",
            ("operation", "reason"),
            registry=registry,
        )
        self._evictions = Counter(
            "nearhit_store_evictions_total",
            "Entries that full caches have lost, the least recently used first.",
            ("cache",),
            registry=registry,
        )

    def duration(self, operation: str) -> Histogram:
        """Where the times of an operation go."""
        return self._durations.labels(operation)

    def failed(self, operation: str, reason: str) -> None:
        """The store could not do an operation."""
        self._failures.labels(operation, reason).inc()

    def evicted(self, cache_id: str, count: int) -> None:
        """A full cache has lost entries."""
        self._evictions.labels(self._labels.of(cache_id)).inc(count)
