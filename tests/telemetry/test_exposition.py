import asyncio
import os
import sys
from pathlib import Path

import pytest
import structlog.testing
from prometheus_client.multiprocess import mark_process_dead

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.telemetry import exposition
from nearhit_server.telemetry.exposition import Exposition
from nearhit_server.telemetry.metrics import Metrics
from telemetry.samples import samples_of

HERE = Path(__file__).parent
CALL = {"protocol": "grpc", "method": "a/B"}


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def metrics():
    return Metrics(version="1.2.3")


async def test_text_is_of_the_format_that_its_content_type_says(tmp_path, clock, metrics):
    async with open_embedded_store(tmp_path, clock=clock) as store:
        text, content_type = await Exposition(metrics, store=store).render()
    assert content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert samples_of(text).of("nearhit_store_size_bytes") > 0


async def test_at_most_a_hundred_caches_have_their_entries_told(tmp_path, clock, metrics):
    sample = Sample(clock)
    async with open_embedded_store(tmp_path, clock=clock) as store:
        for number in range(101):
            await store.create_cache(sample.spec(f"cache-{number:03}"))
        spec = await store.get_cache("cache-007")
        await store.put(spec, [sample.entry("a"), sample.entry("b")])
        samples = samples_of((await Exposition(metrics, store=store).render())[0])
    assert len(samples.named("nearhit_store_entries")) == 100
    assert samples.of("nearhit_store_entries", cache="cache-007") == 2


async def test_deleted_cache_is_told_no_longer(tmp_path, clock, metrics, monkeypatch):
    monkeypatch.setattr(exposition, "_LOOK_INTERVAL_SECONDS", 0.0)
    async with open_embedded_store(tmp_path, clock=clock) as store:
        await store.create_cache(Sample(clock).spec("gone"))
        exposed = Exposition(metrics, store=store)
        before = samples_of((await exposed.render())[0])
        await store.delete_cache("gone")
        after = samples_of((await exposed.render())[0])
    assert before.of("nearhit_store_entries", cache="gone") == 0
    assert after.of("nearhit_store_entries", cache="gone") is None


async def test_store_is_not_asked_for_every_scrape(tmp_path, clock, metrics):
    async with open_embedded_store(tmp_path, clock=clock) as store:
        exposed = Exposition(metrics, store=store)
        await exposed.render()
        await store.create_cache(Sample(clock).spec("new"))
        samples = samples_of((await exposed.render())[0])
    assert samples.of("nearhit_store_entries", cache="new") is None
    assert samples.of("nearhit_store_size_bytes") > 0


async def test_metrics_are_told_without_the_store_when_it_is_away(tmp_path, clock, metrics):
    async with open_embedded_store(tmp_path, clock=clock) as store:
        pass
    with structlog.testing.capture_logs() as lines:
        samples = samples_of((await Exposition(metrics, store=store).render())[0])
    assert samples.of("nearhit_store_size_bytes") is None
    assert samples.of("nearhit_component_healthy", component="store") == 0
    assert [line["event"] for line in lines] == ["the store was not measured"]


async def test_metrics_are_told_without_the_store_when_it_hangs(
    tmp_path, clock, metrics, monkeypatch
):
    monkeypatch.setattr(exposition, "_LOOK_SECONDS", 0.01)
    async with open_embedded_store(tmp_path, clock=clock) as store:
        monkeypatch.setattr(store, "size_bytes", asyncio.Event().wait)
        samples = samples_of((await Exposition(metrics, store=store).render())[0])
    assert samples.of("nearhit_calls_in_flight") == 0
    assert samples.of("nearhit_store_size_bytes") is None


async def counted(data_dir, folder, calls):
    """What a process tells that has ended so many calls, and its id."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(HERE / "counting_process.py"),
        *(str(data_dir), str(calls)),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(HERE.parent), "PROMETHEUS_MULTIPROC_DIR": str(folder)},
    )
    text, _ = await process.communicate()
    assert process.returncode == 0
    return samples_of(text), process.pid


async def test_processes_add_up_and_the_counts_of_a_dead_one_stay(tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    first, dead = await counted(tmp_path / "first", folder, 3)
    mark_process_dead(dead, str(folder))
    both, _ = await counted(tmp_path / "second", folder, 4)
    for samples, calls in ((first, 3), (both, 7)):
        assert samples.of("nearhit_calls_total", **CALL, status="OK") == calls
        assert samples.of("nearhit_call_duration_seconds_count", **CALL) == calls
        assert samples.of("nearhit_search_misses_total", cache="default") == calls
        # The call that the process has in hand; the dead one's is over.
        assert samples.of("nearhit_calls_in_flight") == 1
        assert samples.of("nearhit_store_entries", cache="default") == 0
        assert set(samples.named("nearhit_build_info").values()) == {1}
