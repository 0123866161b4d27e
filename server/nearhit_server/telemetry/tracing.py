"""Calls as OpenTelemetry spans. Brought by the extra `tracing`.

The spans of a call are made when it is over, from the times that were noted on its way: no span
has to be carried along, and a call that nobody samples costs next to nothing.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from threading import Thread
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import (
    SERVICE_NAME,
    SERVICE_VERSION,
    OTELResourceDetector,
    Resource,
)
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from nearhit_server.core.observing import CallRecord
from nearhit_server.telemetry.span_attributes import Attributes, attributes_of, is_fault
from nearhit_server.telemetry.timed_stages import TimedStage

_CLOSING_SECONDS: Final = 3.0


class CallTracer:
    """Makes the spans of calls: one for the call, below the caller's own, and one for each of
    its stages."""

    def __init__(self, provider: TracerProvider, *, version: str) -> None:
        self._tracer = provider.get_tracer("nearhit_server", version)
        self._propagator = TraceContextTextMapPropagator()

    def trace(
        self, record: CallRecord, stages: Sequence[TimedStage], *, started: float, ended: float
    ) -> None:
        """Make the spans of a call. Times are of time.perf_counter()."""
        # The time of day at which perf_counter() was 0.
        origin = time.time_ns() - time.perf_counter_ns()
        carrier = {"traceparent": record.traceparent}
        attributes: Attributes = attributes_of(record)
        span = self._tracer.start_span(
            record.method,
            # Never the context that happens to be current here: the caller's or none.
            context=self._propagator.extract(carrier, context=Context()),
            kind=SpanKind.SERVER,
            attributes=attributes,
            start_time=origin + _nanoseconds(started),
        )
        if span.is_recording():
            if is_fault(record):
                span.set_status(Status(StatusCode.ERROR))
            below = set_span_in_context(span, Context())
            for stage in stages:
                child = self._tracer.start_span(
                    stage.stage, context=below, start_time=origin + _nanoseconds(stage.started)
                )
                child.end(origin + _nanoseconds(stage.ended))
        span.end(origin + _nanoseconds(ended))


def _nanoseconds(moment: float) -> int:
    return int(moment * 1_000_000_000)


@asynccontextmanager
async def open_tracer(*, version: str) -> AsyncIterator[CallTracer]:
    """A tracer that sends its spans to where OpenTelemetry's own OTEL_* variables say, by OTLP."""
    resource = Resource.create({SERVICE_NAME: "nearhit", SERVICE_VERSION: version})
    provider = TracerProvider(
        # Again, so that OTEL_SERVICE_NAME goes before our own name for it.
        resource=resource.merge(OTELResourceDetector().detect()),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield CallTracer(provider, version=version)
    finally:
        closing = Thread(target=provider.shutdown, name="close tracing", daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, _CLOSING_SECONDS)
        if closing.is_alive():
            # By itself it waits half a minute for a collector that is away.
            await asyncio.to_thread(exporter.shutdown)
