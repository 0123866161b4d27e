"""Caches' settings in a store."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from nearhit_server.core.caches import (
    AttributeType,
    LongPrompts,
    ModelBinding,
    Strategy,
    Verification,
)
from nearhit_server.core.errors import (
    AlreadyExistsError,
    NotFoundError,
    Reason,
    SpecChangedError,
)


async def test_created_cache_is_read_back_with_all_its_settings(store, sample):
    spec = sample.spec(
        model=ModelBinding("mini", "abc"),
        similarity_threshold=0.8125,
        default_ttl=timedelta(milliseconds=1500),
        ttl_refresh_on_hit=True,
        strategies=(Strategy.SEMANTIC,),
        long_prompts=LongPrompts.TRUNCATE,
        max_entries=7,
        attribute_types={"price": AttributeType.NUMERIC, "title": AttributeType.TEXT},
        restrict_attributes=True,
        verification=Verification.FULL,
        max_false_hit_rate=0.02,
        shadow=True,
    )
    created = await store.create_cache(spec)
    assert replace(created, version=0, epoch=0) == spec
    assert await store.get_cache("cache") == created


async def test_create_cache_raises_when_it_exists(store, sample):
    created = await store.create_cache(sample.spec())
    with pytest.raises(AlreadyExistsError) as raised:
        await store.create_cache(sample.spec(dimension=3))
    assert raised.value.reason is Reason.CACHE_EXISTS
    assert await store.get_cache("cache") == created


async def test_one_of_concurrent_creations_wins(store, sample):
    outcomes = await asyncio.gather(
        *(store.create_cache(sample.spec()) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(outcome, AlreadyExistsError) for outcome in outcomes) == 9


async def test_get_cache_raises_when_there_is_none(store):
    with pytest.raises(NotFoundError) as raised:
        await store.get_cache("cache")
    assert raised.value.reason is Reason.CACHE_NOT_FOUND


async def test_list_caches_goes_by_id_from_where_it_is_told(store, sample):
    for cache_id in ("b", "a", "a-b", "ab", "a_b", "0"):
        await store.create_cache(sample.spec(cache_id))
    listed = await store.list_caches(after="", limit=10)
    assert [spec.cache_id for spec in listed] == ["0", "a", "a-b", "a_b", "ab", "b"]
    listed = await store.list_caches(after="a", limit=2)
    assert [spec.cache_id for spec in listed] == ["a-b", "a_b"]
    assert await store.list_caches(after="b", limit=2) == []


async def test_update_cache_replaces_settings_and_keeps_entries(store, sample, clock):
    old = await store.create_cache(sample.spec())
    await store.put(old, [sample.entry("a")])
    clock.advance(timedelta(seconds=1))
    changed = replace(old, default_ttl=timedelta(hours=1), updated_at=clock.now())
    new = await store.update_cache(changed, flush=False)
    assert new == replace(changed, version=new.version)
    assert new.version > old.version
    assert await store.get_cache("cache") == new
    assert await store.count(new) == 1


async def test_update_cache_keeps_the_time_of_creation(store, sample, clock):
    old = await store.create_cache(sample.spec())
    clock.advance(timedelta(seconds=1))
    new = await store.update_cache(replace(old, created_at=clock.now()), flush=False)
    assert new.created_at == old.created_at


async def test_update_cache_with_flush_empties_it(store, sample):
    old = await store.create_cache(sample.spec())
    await store.put(old, [sample.entry("a")])
    new = await store.update_cache(replace(old, dimension=3), flush=True)
    assert new.epoch > old.epoch
    assert await store.count(new) == 0


async def test_update_cache_raises_when_another_was_quicker(store, sample):
    old = await store.create_cache(sample.spec())
    outcomes = await asyncio.gather(
        *(store.update_cache(old, flush=False) for _ in range(5)), return_exceptions=True
    )
    assert sum(isinstance(outcome, SpecChangedError) for outcome in outcomes) == 4


async def test_update_and_delete_raise_when_the_cache_is_gone(store, sample):
    spec = await store.create_cache(sample.spec())
    assert await store.delete_cache("cache") == 0
    with pytest.raises(NotFoundError):
        await store.update_cache(spec, flush=False)
    with pytest.raises(NotFoundError):
        await store.delete_cache("cache")


async def test_recreated_cache_never_has_an_old_version_or_epoch(store, sample):
    seen = []
    for _ in range(3):
        spec = await store.create_cache(sample.spec())
        seen.append(spec)
        await store.put(spec, [sample.entry("a")])
        assert await store.delete_cache("cache") == 1
    assert len({spec.version for spec in seen}) == 3
    assert len({spec.epoch for spec in seen}) == 3


async def test_delete_cache_counts_live_entries_only(store, sample, clock):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("a"), sample.entry("b", ttl=timedelta(seconds=1))])
    clock.advance(timedelta(seconds=1))
    assert await store.delete_cache("cache") == 1
