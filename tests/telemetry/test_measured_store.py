import inspect

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.core.errors import NotFoundError, UnavailableError
from nearhit_server.core.ports import Storage
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.telemetry.cache_labels import CacheLabels
from nearhit_server.telemetry.measured_store import measured
from nearhit_server.telemetry.store_metrics import StoreMetrics
from telemetry.samples import samples_of

COUNT = "nearhit_store_operation_duration_seconds_count"
FAILURES = "nearhit_store_operation_failures_total"


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
async def opened(tmp_path):
    async with open_embedded_store(tmp_path, clock=ManualClock()) as store:
        yield store


@pytest.fixture
def store(opened, registry):
    return measured(opened, StoreMetrics(registry, CacheLabels()))


def told(registry):
    return samples_of(generate_latest(registry))


def test_measured_store_has_every_operation_of_the_port(store):
    named = [name for name in dir(Storage) if not name.startswith("_")]
    assert named
    assert all(inspect.iscoroutinefunction(getattr(store, name)) for name in named)


async def test_operation_gives_what_the_store_gives_and_is_timed(store, opened, registry):
    sample = Sample(ManualClock())
    spec = await store.create_cache(sample.spec())
    assert await store.put(spec, [sample.entry("a")]) == [True]
    assert await store.count(spec) == await opened.count(spec) == 1
    samples = told(registry)
    for operation in ("create_cache", "put", "count"):
        assert samples.of(COUNT, operation=operation) == 1
    assert samples.of(COUNT, operation="find_nearest") == 0
    assert not samples.named(FAILURES)


async def test_answers_that_are_exceptions_are_no_failures(store, registry):
    with pytest.raises(NotFoundError):
        await store.get_cache("missing")
    spec = await store.create_cache(Sample(ManualClock()).spec())
    with pytest.raises(ValueError, match="cursor"):
        await store.list_entries(spec, where=None, cursor="not one", limit=1)
    samples = told(registry)
    assert samples.of(COUNT, operation="get_cache") == 1
    assert not samples.named(FAILURES)


async def test_failure_is_counted_by_the_reason_that_callers_are_told(tmp_path, registry):
    async with open_embedded_store(tmp_path, clock=ManualClock()) as opened:
        store = measured(opened, StoreMetrics(registry, CacheLabels()))
    with pytest.raises(UnavailableError):
        await store.check()
    assert told(registry).of(FAILURES, operation="check", reason="SHUTTING_DOWN") == 1


async def test_failure_that_nobody_foresaw_is_counted_as_internal(opened, registry, monkeypatch):
    async def fail():
        raise RuntimeError

    monkeypatch.setattr(opened, "check", fail)
    store = measured(opened, StoreMetrics(registry, CacheLabels()))
    with pytest.raises(RuntimeError):
        await store.check()
    assert told(registry).of(FAILURES, operation="check", reason="INTERNAL") == 1
