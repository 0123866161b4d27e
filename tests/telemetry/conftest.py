"""A server on the embedded store and a small model, with all of its telemetry at hand."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import nearhit
from nearhit_server.api.grpc.server import open_grpc_server
from nearhit_server.app.core import make_core
from nearhit_server.app.models import make_models
from nearhit_server.app.storage import open_store
from nearhit_server.app.verification import make_verifier
from nearhit_server.clocks import SystemClock
from nearhit_server.core.admission import Admission
from nearhit_server.encoders.verifier import load_calibration
from nearhit_server.settings import Settings
from nearhit_server.telemetry.exposition import Exposition
from nearhit_server.telemetry.measured_store import measured
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.observer import Telemetry
from nearhit_server.telemetry.tracing import CallTracer
from telemetry.samples import Samples, samples_of

CACHE = "answers"


@dataclass(frozen=True)
class Observed:
    """A server that serves, and what it tells of itself."""

    address: str
    telemetry: Telemetry
    exposition: Exposition
    exporter: InMemorySpanExporter

    def client(self, *, cache: str = CACHE, **options: Any) -> nearhit.AsyncClient:
        """A client of one cache, the server's only one if none is named."""
        return nearhit.AsyncClient(self.address, cache=cache, **options)

    async def samples(self) -> Samples:
        """The metrics as they are now."""
        text, _ = await self.exposition.render()
        return samples_of(text)


@pytest.fixture
async def observed(tiny_model: Path, tmp_path: Path) -> AsyncIterator[Observed]:
    settings = Settings(
        grpc="127.0.0.1:0",
        data_dir=tmp_path,
        model="tiny",
        models={"tiny": str(tiny_model)},
        device="cpu",
    )
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = CallTracer(provider, version="1.2.3")
    telemetry = Telemetry(Metrics(version="1.2.3"), tracer=tracer)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_store(settings, clock, telemetry))
        store = measured(opened, telemetry.metrics.store)
        models = await stack.enter_async_context(make_models(settings, store, clock, telemetry))
        core = make_core(
            settings,
            store=store,
            models=models,
            calibration=load_calibration(),
            verifier=make_verifier(settings, telemetry),
            clock=clock,
            observer=telemetry,
        )
        await stack.enter_async_context(core.entry_uses)
        await stack.enter_async_context(core.recorder)
        server = await stack.enter_async_context(
            open_grpc_server(
                settings.grpc,
                core.grpc_services(),
                admission=Admission(
                    authenticator=None,
                    limiter=None,
                    observer=telemetry,
                    max_calls=99,
                    max_request_bytes=1 << 20,
                    max_seconds=60,
                ),
                observer=telemetry,
            )
        )
        await server.start()
        exposition = Exposition(telemetry.metrics, store=store)
        observed = Observed(server.address, telemetry, exposition, exporter)
        async with observed.client() as client:
            await client.create_cache(CACHE, max_entries=2)
        # The model is loaded, and what that took is in nobody's trace.
        await models.embedder(models.default_name)
        exporter.clear()
        yield observed
