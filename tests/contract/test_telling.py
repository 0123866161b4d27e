"""What a store says of itself to whoever watches it."""

from dataclasses import replace
from datetime import timedelta

import pytest

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec(max_entries=3))


async def test_put_tells_how_many_it_evicted(store, spec, sample, evictions):
    await store.put(spec, [sample.entry(name) for name in "abc"])
    assert not evictions.counts
    created = await store.put(spec, [sample.entry(name) for name in "cdef"])
    assert created == [False, True, True, True]
    assert evictions.counts == {"cache": 3}


async def test_lowered_bound_tells_how_many_it_evicted(store, spec, sample, evictions):
    await store.put(spec, [sample.entry(name) for name in "abc"])
    await store.update_cache(replace(spec, max_entries=1), flush=False)
    assert evictions.counts == {"cache": 2}


async def test_expired_entries_are_not_told_as_evicted(store, spec, sample, clock, evictions):
    await store.put(spec, [sample.entry(name, ttl=MINUTE) for name in "abc"])
    clock.advance(MINUTE)
    await store.put(spec, [sample.entry(name) for name in "def"])
    assert not evictions.counts


async def test_size_grows_with_what_is_kept(store, sample):
    before = await store.size_bytes()
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("large", response="x" * 4_000_000)])
    assert await store.size_bytes() > before + 4_000_000 * 0.9
