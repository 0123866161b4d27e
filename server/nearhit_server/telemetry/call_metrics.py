"""Calls as metrics: how many, how long, how they ended."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from nearhit_server.core.observing import CallRecord, Shed

_BUCKETS: Final = (
    *(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05),
    *(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


class CallMetrics:
    """Calls of either protocol. Looks labels up once: a lookup costs as much as a count."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "nearhit_calls_total",
            "Calls that have ended, by gRPC status name or HTTP status number.",
            ("protocol", "method", "status"),
            registry=registry,
        )
        self._durations = Histogram(
            "nearhit_call_duration_seconds",
            "Time from a call's first byte in hand to its answer.",
            ("protocol", "method"),
            buckets=_BUCKETS,
            registry=registry,
        )
        self._in_flight = Gauge(
            "nearhit_calls_in_flight",
            "Calls in hand now.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        shed = Counter(
            "nearhit_calls_shed_total",
            "Calls turned away unheard, because the server or their key had too many.",
            ("cause",),
            registry=registry,
        )
        self._refused = Counter(
            "nearhit_authentication_failures_total",
            "Calls that came without a good key.",
            registry=registry,
        )
        self._shed = {cause: shed.labels(cause) for cause in Shed}
        self._series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def began(self) -> None:
        """A call has come in."""
        self._in_flight.inc()

    def ended(self) -> None:
        """A call has ended."""
        self._in_flight.dec()

    def count(self, record: CallRecord, seconds: float) -> None:
        """Count a call that has ended."""
        key = (record.protocol, record.method, record.status)
        series = self._series.get(key)
        if series is None:
            duration = self._durations.labels(record.protocol, record.method)
            series = self._series[key] = (self._ended.labels(*key), duration)
        count, duration = series
        count.inc()
        duration.observe(seconds)

    def shed(self, cause: Shed) -> None:
        """A call was turned away."""
        self._shed[cause].inc()

    def refused(self) -> None:
        """A call came without a good key."""
        self._refused.inc()
