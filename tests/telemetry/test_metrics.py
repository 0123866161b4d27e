"""The metrics' names are what dashboards and alerts are written against."""

import asyncio
import re

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from nearhit_server.core.caches import Strategy
from nearhit_server.core.health import Health
from nearhit_server.core.observing import BatchReport, CallRecord, Shed, Stage, VectorSource
from nearhit_server.core.queries import Hit, Match, Miss
from nearhit_server.telemetry.metrics import Metrics
from nearhit_server.telemetry.observer import Telemetry
from nearhit_server.telemetry.store_contents import CacheContents
from telemetry.samples import NEAREST, samples_of

NAMES = {
    "nearhit_build_info": "gauge",
    "nearhit_calls_total": "counter",
    "nearhit_call_duration_seconds": "histogram",
    "nearhit_calls_in_flight": "gauge",
    "nearhit_calls_shed_total": "counter",
    "nearhit_authentication_failures_total": "counter",
    "nearhit_search_hits_total": "counter",
    "nearhit_search_misses_total": "counter",
    "nearhit_search_refusals_total": "counter",
    "nearhit_search_hit_similarity": "histogram",
    "nearhit_search_hit_confidence": "histogram",
    "nearhit_search_miss_similarity": "histogram",
    "nearhit_search_stage_duration_seconds": "histogram",
    "nearhit_embedding_batch_texts": "histogram",
    "nearhit_embedding_batch_tokens": "histogram",
    "nearhit_embedding_tokens_total": "counter",
    "nearhit_embedding_queue_texts": "gauge",
    "nearhit_embedding_queue_wait_seconds": "histogram",
    "nearhit_embedding_encode_duration_seconds": "histogram",
    "nearhit_embedding_batch_failures_total": "counter",
    "nearhit_embedding_vectors_total": "counter",
    "nearhit_store_operation_duration_seconds": "histogram",
    "nearhit_store_operation_failures_total": "counter",
    "nearhit_store_evictions_total": "counter",
    "nearhit_store_entries": "gauge",
    "nearhit_store_size_bytes": "gauge",
    "nearhit_cache_quarantined_entries": "gauge",
    "nearhit_cache_reports": "gauge",
    "nearhit_cache_false_hit_rate": "gauge",
    "nearhit_component_healthy": "gauge",
    "nearhit_certificate_expiry_timestamp_seconds": "gauge",
}
ABBREVIATIONS = {"s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "m", "h", "d", "avg", "num"}
OTHER_UNITS = {"milliseconds", "microseconds", "minutes", "hours", "kilobytes", "percent"}
TYPES = {"counter", "gauge", "histogram", "summary"}
BASE_UNITS = ("seconds", "bytes")

HIT = Hit((Match(None, 0.97, Strategy.SEMANTIC, 0.9),), "")
MISS = Miss(NEAREST, None, "")


@pytest.fixture
def telemetry():
    return Telemetry(Metrics(version="1.2.3"))


def tell_everything(telemetry):
    record = CallRecord(protocol="grpc", method="a/B", request_id="r")
    with telemetry.call(record):
        telemetry.stage(Stage.EXACT, started=1.0, ended=1.5)
        telemetry.searched("default", HIT)
        telemetry.searched("default", MISS)
        record.status = "OK"
    telemetry.vectors_found(VectorSource.MODEL, 2)
    telemetry.texts_waiting("tiny", 3)
    telemetry.batch_encoded(
        BatchReport(model="tiny", texts=2, tokens=5, padded_tokens=6, waits=[0.1, 0.2], seconds=0.3)
    )
    telemetry.batch_failed("tiny")
    telemetry.evicted("default", 4)
    telemetry.shed(Shed.OVERLOAD)
    telemetry.refused()
    telemetry.set_health(Health(store=True))
    telemetry.metrics.set_certificate_expiry(1_800_000_000)
    telemetry.metrics.store.duration("put").observe(0.1)
    telemetry.metrics.store.failed("put", "STORE_UNAVAILABLE")
    telemetry.metrics.contents.caches = {
        "default": CacheContents(
            entries=7,
            tallies={"right:8": 97, "wrong:6": 3, "quarantined": 2},
        )
    }
    telemetry.metrics.contents.size_bytes = 8


def exposed(telemetry):
    return generate_latest(telemetry.metrics.registry)


def families(text):
    """Name as it is queried, and what the text says of it."""
    return {
        family.name + ("_total" if family.type == "counter" else ""): family
        for family in text_string_to_metric_families(text.decode())
    }


@pytest.fixture
def told(telemetry):
    """Every family after all of them were of use."""
    tell_everything(telemetry)
    return families(exposed(telemetry))


def test_metrics_have_the_names_and_types_that_dashboards_ask_for(told):
    own = {name: family.type for name, family in told.items() if name.startswith("nearhit_")}
    assert own == NAMES


def test_process_is_described_as_by_every_exporter(told):
    assert {"process_resident_memory_bytes", "python_info"} <= told.keys()
    assert "python_gc_collections_total" in told


@pytest.mark.parametrize("name", NAMES)
def test_name_follows_the_conventions_of_prometheus(told, name):
    words = name.removesuffix("_total").split("_")
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name)
    assert not set(words) & (ABBREVIATIONS | OTHER_UNITS | TYPES)
    assert name.endswith("_total") == (told[name].type == "counter")
    assert not name.endswith(("_count", "_sum", "_bucket", "_created"))
    for unit in BASE_UNITS:
        assert unit not in words[:-1]
    assert told[name].documentation.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_labels_follow_the_conventions_of_prometheus(told, name):
    assert told[name].samples
    for sample in told[name].samples:
        labels = set(sample.labels) - {"le"}
        assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", label) for label in labels)
        assert not labels & {"quantile", "job", "instance"}


def test_everything_told_is_counted_once(telemetry):
    tell_everything(telemetry)
    samples = samples_of(exposed(telemetry))
    call = {"protocol": "grpc", "method": "a/B"}
    assert samples.of("nearhit_calls_total", **call, status="OK") == 1
    assert samples.of("nearhit_call_duration_seconds_count", **call) == 1
    assert samples.of("nearhit_calls_in_flight") == 0
    assert samples.of("nearhit_search_hits_total", cache="default", strategy="semantic") == 1
    assert samples.of("nearhit_search_hit_similarity_sum", cache="default") == 0.97
    assert samples.of("nearhit_search_misses_total", cache="default") == 1
    assert samples.of("nearhit_search_miss_similarity_sum", cache="default") == 0.5
    assert samples.of("nearhit_search_stage_duration_seconds_sum", stage="exact") == 0.5
    assert samples.of("nearhit_embedding_batch_texts_sum", model="tiny") == 2
    assert samples.of("nearhit_embedding_batch_tokens_sum", model="tiny") == 6
    assert samples.of("nearhit_embedding_tokens_total", model="tiny") == 5
    assert samples.of("nearhit_embedding_queue_texts", model="tiny") == 3
    assert samples.of("nearhit_embedding_queue_wait_seconds_count", model="tiny") == 2
    assert samples.of("nearhit_embedding_encode_duration_seconds_sum", model="tiny") == 0.3
    assert samples.of("nearhit_embedding_batch_failures_total", model="tiny") == 1
    assert samples.of("nearhit_embedding_vectors_total", source="model") == 2
    assert samples.of("nearhit_store_evictions_total", cache="default") == 4
    assert samples.of("nearhit_calls_shed_total", cause="overload") == 1
    assert samples.of("nearhit_authentication_failures_total") == 1
    assert samples.of("nearhit_component_healthy", component="store") == 1
    assert samples.of("nearhit_component_healthy", component="model") == 0
    assert samples.of("nearhit_store_entries", cache="default") == 7


def test_call_is_in_flight_until_it_ends(telemetry):
    with telemetry.call(CallRecord(protocol="grpc", method="a/B", request_id="r")):
        assert samples_of(exposed(telemetry)).of("nearhit_calls_in_flight") == 1
    assert samples_of(exposed(telemetry)).of("nearhit_calls_in_flight") == 0


def test_caches_beyond_the_first_hundred_share_a_label(telemetry):
    for number in range(1_000):
        telemetry.searched(f"cache-{number}", MISS)
        telemetry.evicted(f"cache-{number}", 1)
    samples = samples_of(exposed(telemetry))
    for name in ("nearhit_search_misses_total", "nearhit_store_evictions_total"):
        assert len(samples.named(name)) == 101
        assert samples.of(name, cache="cache-99") == 1
        assert samples.of(name, cache="other") == 900


def test_server_without_tls_has_no_certificate_expiry(telemetry):
    name = "nearhit_certificate_expiry_timestamp_seconds"
    assert name not in families(exposed(telemetry))
    telemetry.metrics.set_certificate_expiry(1_800_000_000)
    telemetry.metrics.set_certificate_expiry(1_900_000_000)
    assert samples_of(exposed(telemetry)).of(name) == 1_900_000_000


def test_causes_stages_and_sources_are_there_before_they_happen(telemetry):
    samples = samples_of(exposed(telemetry))
    for cause in Shed:
        assert samples.of("nearhit_calls_shed_total", cause=cause.value) == 0
    for source in VectorSource:
        assert samples.of("nearhit_embedding_vectors_total", source=source.value) == 0
    for stage in Stage:
        name = "nearhit_search_stage_duration_seconds_count"
        assert samples.of(name, stage=stage.value) == 0


async def test_stage_that_ends_behind_its_call_is_counted(telemetry):
    over = asyncio.Event()

    async def left_behind():
        await over.wait()
        telemetry.stage(Stage.EXACT, started=1.0, ended=1.5)

    with telemetry.call(CallRecord(protocol="grpc", method="a/B", request_id="r")):
        task = asyncio.create_task(left_behind())
    over.set()
    await task
    name = "nearhit_search_stage_duration_seconds_count"
    assert samples_of(exposed(telemetry)).of(name, stage="exact") == 1


def test_false_hit_rate_is_that_of_the_reports_with_its_interval(told):
    rates = {
        sample.labels["bound"]: sample.value
        for sample in told["nearhit_cache_false_hit_rate"].samples
    }
    assert rates == pytest.approx({"estimate": 0.03, "low": 0.0103, "high": 0.0845}, abs=1e-4)
    assert [
        (sample.labels["verdict"], sample.value) for sample in told["nearhit_cache_reports"].samples
    ] == [("right", 97), ("wrong", 3)]


def test_miss_counts_why_the_nearest_entry_was_refused(told):
    refusals = {
        sample.labels["reason"]: sample.value
        for sample in told["nearhit_search_refusals_total"].samples
        if sample.name.endswith("_total")
    }
    assert refusals["guard"] == 1
    assert sum(refusals.values()) == 1
