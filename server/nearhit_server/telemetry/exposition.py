"""The text that Prometheus reads."""

import asyncio
from time import monotonic
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from nearhit_server.core.errors import NotFoundError, SpecChangedError
from nearhit_server.core.ports import Storage
from nearhit_server.telemetry.cache_labels import MAX_NAMED_CACHES
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.multiprocess import is_multiprocess
from nearhit_server.telemetry.store_contents import CacheContents

_log = structlog.get_logger()

_LOOK_INTERVAL_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 2.0


class Exposition:
    """Renders metrics, with a look into the store now and then."""

    def __init__(self, metrics: Metrics, *, store: Storage) -> None:
        self._metrics = metrics
        self._store = store
        self._next_look = 0.0

    async def render(self) -> tuple[bytes, str]:
        """The text and its content type; without what the store holds if it does not say so."""
        if monotonic() >= self._next_look:
            # Before the look: who asks meanwhile does not look as well.
            self._next_look = monotonic() + _LOOK_INTERVAL_SECONDS
            await self._look()
        # In a thread: thousands of series take longer than calls should wait.
        text = await asyncio.to_thread(generate_latest, self._registry())
        return text, CONTENT_TYPE_PLAIN_0_0_4

    async def _look(self) -> None:
        caches: dict[str, CacheContents] = {}
        size_bytes = None
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                size_bytes = await self._store.size_bytes()
                caches = await self._look_into_caches()
        except Exception as error:
            # Of all times, metrics are needed when the store is away.
            _log.warning("the store was not measured", error=str(error) or type(error).__name__)
        self._metrics.contents.caches = caches
        self._metrics.contents.size_bytes = size_bytes

    async def _look_into_caches(self) -> dict[str, CacheContents]:
        caches = {}
        for spec in await self._store.list_caches(after="", limit=MAX_NAMED_CACHES):
            try:
                caches[spec.cache_id] = CacheContents(
                    entries=await self._store.count(spec),
                    tallies=await self._store.read_tallies(spec),
                )
            except (NotFoundError, SpecChangedError):
                # Changed since it was listed; the next look finds it as it is then.
                continue
        return caches

    def _registry(self) -> CollectorRegistry:
        if not is_multiprocess():
            return self._metrics.registry
        # Each process writes its values to the shared folder, and whoever is asked adds them up.
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        registry.register(self._metrics.contents)
        return registry
