"""What Redis itself brings to reports and counts: garbage, full memory, lost replies, failovers."""

import pytest

from contract.quality_samples import WRONG, counts, put_reports, report, shadow_search
from contract.samples import vector
from nearhit_server.core.errors import Reason, ResourceExhaustedError, UnavailableError
from nearhit_server.stores.redis import garbage
from polling import until


@pytest.fixture
async def opened(start_redis, open_store, sample, monkeypatch):
    """A server, a store on it, and a cache with an entry."""
    monkeypatch.setattr(garbage, "_INTERVAL_SECONDS", 1_000)
    server = start_redis()
    async with open_store(server.url) as store:
        spec = await store.create_cache(sample.spec())
        entry = sample.entry("a")
        await store.put(spec, [entry])
        yield server, store, spec, entry


async def test_nothing_of_a_dead_epoch_is_left_for_long(opened):
    server, store, spec, entry = opened
    await put_reports(store, spec, entry, "xyz")
    await store.add_tallies(spec, {"searches": 1})
    await store.put_shadow_searches(spec, [shadow_search(entry, "asked")])
    await store.flush(spec)
    await store.collect_garbage()
    with server.client() as client:
        left = client.keys(f"*{spec.epoch}*")
        assert all(b":done:" in key and 0 < client.ttl(key) <= 60 for key in left)
        assert len(left) == 2


async def test_full_redis_refuses_reports_and_counts_and_releases_all_the_same(opened):
    server, store, spec, entry = opened
    await put_reports(store, spec, entry, "xyz")
    with server.client() as client:
        client.config_set("maxmemory", 1)
    for call in (
        store.put_report(spec, report(entry, "another")),
        store.put_shadow_searches(spec, [shadow_search(entry, "asked")]),
    ):
        with pytest.raises(ResourceExhaustedError) as raised:
            await call
        assert raised.value.reason is Reason.STORE_FULL
    await store.add_tallies(spec, {"searches": 1})
    assert await store.release(spec, entry.entry_id)
    assert await counts(store, spec) == {"searches": 1, "wrong:0": 3}


async def test_read_only_replica_tells_counts_and_finds_nothing_quarantined(
    start_redis, opened, open_store
):
    server, store, spec, entry = opened
    await put_reports(store, spec, entry, "xyz")
    replica = start_redis(replica_of=server)
    with replica.client() as client:
        await until(lambda: client.info("replication")["master_link_status"] == "up")
    async with open_store(replica.url) as reading:
        assert await counts(reading, spec) == {"quarantined": 1, "wrong:0": 3}
        assert await reading.find_nearest(spec, vector(1), where=None, limit=9) == []
        with pytest.raises(UnavailableError) as raised:
            await reading.put_report(spec, report(entry, "more"))
        assert raised.value.reason is Reason.STORE_READ_ONLY


async def test_call_that_is_repeated_because_its_reply_was_lost_counts_once(opened, monkeypatch):
    _, store, spec, entry = opened
    once = store._commands.run

    async def twice(*arguments, **options):
        await once(*arguments, **options)
        return await once(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(store._commands, "run", twice)
        await store.add_tallies(spec, {"searches": 5})
        await store.put_shadow_searches(spec, [shadow_search(entry, "asked")])
        await store.put_report(spec, report(entry, "asked", WRONG))
    assert await counts(store, spec) == {"searches": 5, "wrong:0": 1}
    assert len((await store.list_shadow_searches(spec, cursor=None, limit=9)).searches) == 1


async def test_report_is_not_acknowledged_that_too_few_replicas_have(opened, open_store):
    server, _, spec, entry = opened
    async with open_store(server.url, replicas_to_wait_for=1) as waiting:
        # Nor when it is repeated, though the master has it by then.
        for _ in range(2):
            with pytest.raises(UnavailableError, match="replicas"):
                await waiting.put_report(spec, report(entry, "asked"))


async def test_those_that_came_free_are_not_remembered_for_ever(opened, sample):
    server, store, spec, _ = opened
    for entry in (sample.entry(f"{number}") for number in range(9)):
        await store.put(spec, [entry])
        assert await put_reports(store, spec, entry, "xyz")
        await store.delete(spec, [entry.entry_id])
    with server.client() as client:
        assert client.scard(f"nearhit:{{cache}}:{spec.epoch}:quarantined") == 1


async def test_positions_go_on_when_the_clock_goes_back(opened):
    server, store, spec, entry = opened
    ahead = 9_000_000_000_000_000
    prefix = f"nearhit:{{cache}}:{spec.epoch}"
    await put_reports(store, spec, entry, "a")
    with server.client() as client:
        (key,) = client.zrange(f"{prefix}:report_positions", 0, -1)
        client.zadd(f"{prefix}:report_positions", {key: ahead})
    await put_reports(store, spec, entry, "bc")
    first = await store.list_reports(spec, cursor=None, limit=1)
    rest = await store.list_reports(spec, cursor=first.next_cursor, limit=9)
    assert [each.prompt for each in (*first.reports, *rest.reports)] == ["a", "b", "c"]
    with server.client() as client:
        text = "not read"
        client.xadd(f"{prefix}:shadow", {"search": text}, id=f"{ahead}-0")
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "ab"])
    cursor = f"shadow_searches.{spec.epoch}.{ahead}"
    page = await store.list_shadow_searches(spec, cursor=cursor, limit=9)
    assert [each.prompt for each in page.searches] == ["a", "b"]
