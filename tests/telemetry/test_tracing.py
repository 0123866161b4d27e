import sys
import threading

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nearhit_server.core.caches import Strategy
from nearhit_server.core.errors import Reason
from nearhit_server.core.observing import CallRecord
from nearhit_server.core.queries import Hit, Match, Miss
from nearhit_server.telemetry import tracing
from nearhit_server.telemetry.observer import TelemetryStartupError, open_telemetry
from nearhit_server.telemetry.tracing import CallTracer
from polling import until
from telemetry.samples import NEAREST

HIT = Hit((Match(None, 0.97, Strategy.SEMANTIC),), "a prompt")
MISS = Miss(NEAREST, None, "a prompt")


@pytest.fixture
def span_of():
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = CallTracer(provider, version="1.2.3")

    def span_of(**fields):
        defaults = {"protocol": "grpc", "method": "a/B", "request_id": "r", "status": "OK"}
        tracer.trace(CallRecord(**(defaults | fields)), [], started=1.0, ended=2.5)
        return exporter.get_finished_spans()[-1]

    return span_of


def test_span_is_as_long_as_its_call(span_of):
    span = span_of()
    assert span.end_time - span.start_time == 1_500_000_000
    assert span.status.is_unset


@pytest.mark.parametrize("traceparent", ["", "nonsense", f"00-{0:032x}-{0:016x}-01"])
def test_call_without_a_good_traceparent_begins_a_trace(span_of, traceparent):
    assert span_of(traceparent=traceparent).parent is None


def test_http_call_is_told_by_its_route(span_of):
    span = span_of(protocol="http", method="POST /v1/caches/{cacheId}/entries", status="200")
    assert span.name == "POST /v1/caches/{cacheId}/entries"
    assert dict(span.attributes) == {
        "http.request.method": "POST",
        "http.route": "/v1/caches/{cacheId}/entries",
        "http.response.status_code": 200,
        "nearhit.request_id": "r",
    }


def test_http_call_without_a_route_is_told_without_what_its_caller_made_up(span_of):
    span = span_of(protocol="http", method="other", status="404")
    assert dict(span.attributes) == {
        "http.request.method": "_OTHER",
        "http.response.status_code": 404,
        "nearhit.request_id": "r",
    }


@pytest.mark.parametrize(
    ("protocol", "status", "reason"),
    [
        ("grpc", "INTERNAL", Reason.INTERNAL),
        ("grpc", "UNAVAILABLE", Reason.STORE_UNAVAILABLE),
        ("http", "503", Reason.STORE_UNAVAILABLE),
    ],
)
def test_fault_of_the_server_is_an_error_of_its_span(span_of, protocol, status, reason):
    span = span_of(protocol=protocol, status=status, reason=reason)
    assert not span.status.is_ok
    assert not span.status.is_unset
    assert span.attributes["error.type"] == reason


@pytest.mark.parametrize(("protocol", "status"), [("grpc", "NOT_FOUND"), ("http", "404")])
def test_fault_of_the_caller_is_none_of_the_span(span_of, protocol, status):
    span = span_of(protocol=protocol, status=status, reason=Reason.CACHE_NOT_FOUND)
    assert span.status.is_unset
    assert "error.type" not in span.attributes


@pytest.mark.parametrize(("outcome", "hit", "similarity"), [(HIT, True, 0.97), (MISS, False, 0.5)])
def test_span_tells_the_outcome_of_a_search(span_of, outcome, hit, similarity):
    span = span_of(searches=1, first_outcome=outcome, cache="default", prompt="a prompt")
    assert span.attributes["nearhit.hit"] is hit
    assert span.attributes["nearhit.similarity"] == similarity
    assert span.attributes["nearhit.cache"] == "default"
    assert "a prompt" not in span.to_json()


def test_span_of_a_batch_tells_no_single_outcome(span_of):
    span = span_of(searches=2, first_outcome=HIT)
    assert "nearhit.hit" not in span.attributes


async def test_telemetry_closes_in_time_when_no_collector_answers(monkeypatch):
    # Port 9 of this machine, where nobody listens.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(tracing, "_CLOSING_SECONDS", 0.1)
    async with open_telemetry(version="1.2.3", log_prompts=False, tracing=True) as telemetry:
        with telemetry.call(CallRecord(protocol="grpc", method="a/B", request_id="r")):
            pass
    await until(
        lambda: not any(t.name == "close tracing" for t in threading.enumerate()), seconds=9
    )


async def test_tracing_without_its_packages_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "nearhit_server.telemetry.tracing")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(TelemetryStartupError, match=r"nearhit\[tracing\]"):
        async with open_telemetry(version="1.2.3", log_prompts=False, tracing=True):
            pass
