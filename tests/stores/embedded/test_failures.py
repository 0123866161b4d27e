"""A store whose disk fills up says so, and is whole when there is room again."""

import pytest

from contract.samples import prompts, vector
from nearhit_server.core.entries import EntryChange
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.stores.embedded.vector_table import VectorTable


async def allow_pages(store, count):
    """Let the database grow to `count` pages; 1 stands for a full disk."""
    await store._sessions.read(
        lambda session: session.connection.execute(f"PRAGMA max_page_count = {count}")
    )


async def found(store, spec):
    nearest = await store.find_nearest(spec, vector(1), where=None, limit=9)
    return sorted(prompts(n.entry for n in nearest))


async def test_full_disk_fails_writes_and_leaves_what_there_was(open_store, sample):
    large = "x" * 1_000_000
    async with open_store() as store:
        spec = await store.create_cache(sample.spec(max_entries=2))
        await store.put(spec, [sample.entry("a"), sample.entry("b")])
        await allow_pages(store, 1)
        with pytest.raises(UnavailableError) as raised:
            await store.put(spec, [sample.entry("c", response=large)])
        assert raised.value.reason is Reason.STORE_UNAVAILABLE
        change = EntryChange(response=large)
        with pytest.raises(UnavailableError):
            await store.update(spec, sample.entry("a").entry_id, change)
        assert await found(store, spec) == ["a", "b"]
        await allow_pages(store, 1_000_000)
        assert await store.put(spec, [sample.entry("c", response=large)]) == [True]
        assert await found(store, spec) == ["b", "c"]
    async with open_store() as store:
        assert await found(store, spec) == ["b", "c"]


async def test_vector_of_another_dimension_is_refused_before_anything_is_written(store, sample):
    spec = await store.create_cache(sample.spec())
    wrong = sample.entry("wrong", vector=vector(1)[:3])
    with pytest.raises(ValueError, match="shape"):
        await store.put(spec, [sample.entry("right"), wrong])
    assert await store.count(spec) == 0
    assert await found(store, spec) == []


async def test_memory_that_runs_out_fails_the_put_before_it_is_committed(
    store, sample, monkeypatch
):
    def run_out(table, more):
        raise MemoryError

    spec = await store.create_cache(sample.spec())
    with monkeypatch.context() as patch:
        patch.setattr(VectorTable, "reserve", run_out)
        with pytest.raises(MemoryError):
            await store.put(spec, [sample.entry("a")])
    assert await store.get(spec, sample.entry("a").entry_id) is None
    assert await store.count(spec) == 0
    assert await store.put(spec, [sample.entry("a")]) == [True]


async def test_closed_store_says_that_it_is_closing(data_dir, clock):
    async with open_embedded_store(data_dir, clock=clock) as store:
        pass
    with pytest.raises(UnavailableError) as raised:
        await store.get_cache("cache")
    assert raised.value.reason is Reason.SHUTTING_DOWN
