"""All metrics of one server, in a registry of its own."""

import platform

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from nearhit_server.core.health import Health
from nearhit_server.telemetry.cache_labels import CacheLabels
from nearhit_server.telemetry.call_metrics import CallMetrics
from nearhit_server.telemetry.model_metrics import ModelMetrics
from nearhit_server.telemetry.search_metrics import SearchMetrics
from nearhit_server.telemetry.store_contents import StoreContents
from nearhit_server.telemetry.store_metrics import StoreMetrics

# A creation time for each series doubles the number of them, and nothing here asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Every metric, by what it is about."""

    def __init__(self, *, version: str) -> None:
        self.registry = CollectorRegistry()
        labels = CacheLabels()
        self.calls = CallMetrics(self.registry)
        self.searches = SearchMetrics(self.registry, labels)
        self.models = ModelMetrics(self.registry)
        self.store = StoreMetrics(self.registry, labels)
        self.contents = StoreContents()
        self.registry.register(self.contents)
        Gauge(
            "nearhit_build_info",
            "Always 1; the labels say what runs.",
            ("version", "python_version"),
            registry=self.registry,
            multiprocess_mode="livemax",
        ).labels(version, platform.python_version()).set(1)
        self._healthy = Gauge(
            "nearhit_component_healthy",
            "Whether what calls need can do its work.",
            ("component",),
            registry=self.registry,
            multiprocess_mode="livemin",
        )
        self._certificate_expiry: Gauge | None = None
        self.set_health(Health())
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def set_health(self, health: Health) -> None:
        """Show whether the store and the model work."""
        self._healthy.labels("store").set(health.store)
        self._healthy.labels("model").set(health.model)

    def set_certificate_expiry(self, timestamp: float) -> None:
        """Show when the certificate in use ends, in seconds since 1970."""
        if self._certificate_expiry is None:
            # Only now: a server without TLS has no such metric, not one of 1970.
            self._certificate_expiry = Gauge(
                "nearhit_certificate_expiry_timestamp_seconds",
                "When the TLS certificate in use expires, in seconds since 1970.",
                registry=self.registry,
                multiprocess_mode="livemin",
            )
        self._certificate_expiry.set(timestamp)
