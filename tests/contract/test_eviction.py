"""Caches that hold so many entries and no more."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from contract.samples import prompts, used, vector
from nearhit_server.core.entries import EntryChange

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec(max_entries=3))


async def kept(store, spec):
    page = await store.list_entries(spec, where=None, cursor=None, limit=99)
    nearest = await store.find_nearest(spec, vector(1), where=None, limit=99)
    assert {n.entry.entry_id for n in nearest} == {
        entry.entry_id for entry in page.entries if not entry.prompt.startswith("exact")
    }
    assert await store.count(spec) == len(page.entries)
    return "".join(sorted(prompts(page.entries)))


async def put(store, spec, sample, *names, **fields):
    for name in names:
        await store.put(spec, [sample.entry(name, **fields)])


async def test_put_evicts_the_oldest_when_the_cache_is_full(store, spec, sample):
    await put(store, spec, sample, *"abcde")
    assert await kept(store, spec) == "cde"


async def test_put_evicts_the_least_recently_used(store, spec, sample):
    await put(store, spec, sample, *"abc")
    await store.touch(spec, [used(sample.entry("a"))])
    await put(store, spec, sample, "d")
    assert await kept(store, spec) == "acd"


async def test_sliding_touch_counts_as_a_use(store, sample):
    spec = await store.create_cache(sample.spec(max_entries=3, ttl_refresh_on_hit=True))
    await put(store, spec, sample, *"abc")
    await store.touch(spec, [used(sample.entry("a"))])
    await put(store, spec, sample, "d")
    assert await kept(store, spec) == "acd"


async def test_update_counts_as_a_use(store, spec, sample):
    await put(store, spec, sample, *"abc")
    await store.update(spec, sample.entry("a").entry_id, EntryChange(response="new"))
    await put(store, spec, sample, "d")
    assert await kept(store, spec) == "acd"


async def test_replacing_an_entry_evicts_nothing(store, spec, sample):
    await put(store, spec, sample, *"abcabca")
    assert await kept(store, spec) == "abc"
    await put(store, spec, sample, "d")
    assert await kept(store, spec) == "acd"


async def test_batch_evicts_none_of_its_own_while_others_are_left(store, spec, sample):
    await put(store, spec, sample, *"abc")
    await store.touch(spec, [used(sample.entry(p)) for p in "ab"])
    await store.put(spec, [sample.entry(p) for p in "de"])
    assert await kept(store, spec) == "bde"


async def test_batch_larger_than_the_cache_leaves_its_last(store, spec, sample):
    await put(store, spec, sample, "a")
    created = await store.put(spec, [sample.entry(p) for p in "bcdef"])
    assert created == [True] * 5
    assert await kept(store, spec) == "def"


async def test_concurrent_puts_stay_within_the_limit(store, spec, sample):
    names = [f"{n:03}" for n in range(200)]
    await asyncio.gather(*(store.put(spec, [sample.entry(name)]) for name in names))
    assert await kept(store, spec) == "197198199"


async def test_expired_entries_do_not_count(store, spec, sample, clock):
    await put(store, spec, sample, "a")
    await put(store, spec, sample, *"bc", ttl=MINUTE)
    clock.advance(MINUTE)
    await put(store, spec, sample, *"de")
    assert await kept(store, spec) == "ade"
    await put(store, spec, sample, "f")
    assert await kept(store, spec) == "def"


async def test_entries_without_a_vector_count(store, spec, sample):
    await store.put(spec, [sample.entry("exact", vector=None)])
    await put(store, spec, sample, *"abc")
    assert await kept(store, spec) == "abc"


async def test_deleted_entries_make_room(store, spec, sample):
    await put(store, spec, sample, *"abc")
    await store.delete(spec, [sample.entry("b").entry_id])
    await put(store, spec, sample, "d")
    assert await kept(store, spec) == "acd"


async def test_limit_set_later_holds_from_the_next_put(store, sample):
    spec = await store.create_cache(sample.spec())
    await put(store, spec, sample, *"abcdef")
    spec = await store.update_cache(replace(spec, max_entries=2), flush=False)
    await put(store, spec, sample, "g")
    assert await kept(store, spec) == "fg"


async def test_flushed_cache_starts_counting_anew(store, spec, sample):
    await put(store, spec, sample, *"abc")
    await store.flush(spec)
    spec = await store.get_cache("cache")
    await put(store, spec, sample, *"de")
    assert await kept(store, spec) == "de"
