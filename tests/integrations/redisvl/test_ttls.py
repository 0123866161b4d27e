"""Times to live: the object's, an entry's own, and what starts them again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

import nearhit
from polling import until


@pytest.fixture
async def entries(target: str, name: str) -> AsyncIterator[nearhit.AsyncClient]:
    """The plain client of the same cache, to see entries without touching them."""
    async with nearhit.AsyncClient(target, cache=name) as client:
        yield client


async def only(entries):
    (entry,) = [entry async for entry in entries.list_entries()]
    return entry


async def test_store_sends_the_objects_ttl(open_cache, entries, call):
    cache = await open_cache(ttl=60)
    assert cache.ttl == 60
    await call(cache, "store", "hello", "hi")
    assert (await only(entries)).ttl == timedelta(seconds=60)

    cache.set_ttl(120)
    await call(cache, "store", "hello", "hi", ttl=0)
    assert (await only(entries)).ttl == timedelta(seconds=120)

    await call(cache, "store", "hello", "hi", ttl=7)
    assert (await only(entries)).ttl == timedelta(seconds=7)

    cache.set_ttl()
    await call(cache, "store", "hello", "hi")
    assert ((await only(entries)).ttl, cache.ttl) == (None, None)


@pytest.mark.slow
async def test_entry_is_gone_after_its_ttl(open_cache, call):
    cache = await open_cache(ttl=1)
    await call(cache, "store", "hello", "hi")

    async def gone():
        # A check would start the time again.
        return (await cache.aindex.info())["num_docs"] == 0

    await until(gone)
    assert await call(cache, "check", "hello") == []


@pytest.mark.slow
async def test_hit_starts_the_entrys_own_ttl_again(open_cache, entries, call):
    cache = await open_cache(ttl=60)
    await call(cache, "store", "hello", "hi", ttl=1_000)
    stored = await only(entries)

    await call(cache, "check", "hello")

    checked = await only(entries)
    assert (checked.ttl, checked.updated_at) == (stored.ttl, stored.updated_at)
    assert checked.expires_at > stored.expires_at


async def test_update_starts_the_ttl_again(open_cache, entries, call):
    cache = await open_cache()
    key = await call(cache, "store", "hello", "hi", ttl=1_000)
    stored = await only(entries)

    await call(cache, "update", key)
    refreshed = await only(entries)
    await call(cache, "update", key, response="hey")
    updated = await only(entries)

    assert stored.expires_at < refreshed.expires_at < updated.expires_at
    assert stored.updated_at == refreshed.updated_at < updated.updated_at
    assert updated.ttl == timedelta(seconds=1_000)


async def test_expire_gives_an_entry_a_ttl(open_cache, entries, call):
    cache = await open_cache()
    key = await call(cache, "store", "hello", "hi")

    await call(cache, "expire", key)
    await call(cache, "expire", key, 0)
    assert (await only(entries)).ttl is None

    await call(cache, "expire", key, 50)
    assert (await only(entries)).ttl == timedelta(seconds=50)

    cache.set_ttl(70)
    await call(cache, "expire", key)
    assert (await only(entries)).ttl == timedelta(seconds=70)


@pytest.mark.parametrize("ttl", [2.5, "1", -1])
async def test_set_ttl_refuses_what_is_no_whole_number_of_seconds(cache, ttl):
    with pytest.raises(ValueError, match="ttl"):
        cache.set_ttl(ttl)

    assert cache.ttl is None


@pytest.mark.parametrize(("ttl", "error"), [(2.5, TypeError), ("1", TypeError), (-1, ValueError)])
async def test_cache_is_not_made_when_ttl_is_no_whole_number(open_cache, ttl, error):
    with pytest.raises(error, match="ttl"):
        await open_cache(ttl=ttl)
