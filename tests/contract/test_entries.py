"""Keeping, reading, changing and removing entries."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from contract.samples import angled, prompts, vector
from nearhit_server.core.entries import (
    EntryChange,
    LifetimeChange,
    MetadataChange,
    PromptChange,
    PromptKey,
)
from nearhit_server.core.filters import NumericRange, TagIn, carrying

HOUR = timedelta(hours=1)


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


async def test_put_entry_is_read_back_whole(store, spec, sample):
    entry = sample.entry(
        "Ünï 🦊 prompt\n",
        response="line\nline",
        attributes={"lang": "en", "user": 'a,b|c "d"'},
        metadata_json='{"n": 9007199254740993}',
        ttl=timedelta(microseconds=1_234_567),
    )
    assert await store.put(spec, [entry]) == [True]
    assert await store.get(spec, entry.entry_id) == replace(entry, vector=None)


async def test_get_returns_none_when_there_is_no_such_entry(store, spec):
    assert await store.get(spec, "0" * 32) is None


async def test_put_again_replaces_and_leaves_nothing_behind(store, spec, sample, clock):
    attributes = {"lang": "en"}
    first = sample.entry("a", attributes=attributes, metadata_json="{}", ttl=HOUR)
    await store.put(spec, [first])
    clock.advance(timedelta(seconds=1))
    second = sample.entry("a", attributes=attributes, response="other", vector=None)
    assert await store.put(spec, [second]) == [False]
    assert await store.get(spec, first.entry_id) == second
    assert await store.find_nearest(spec, vector(1), where=None, limit=9) == []
    assert await store.count(spec) == 1
    clock.advance(HOUR)
    assert await store.get(spec, first.entry_id) == second


async def test_put_of_one_id_twice_keeps_the_later(store, spec, sample):
    entries = [sample.entry("a", response="1"), sample.entry("a", response="2")]
    assert await store.put(spec, entries) == [True, False]
    found = await store.find_nearest(spec, vector(1), where=None, limit=9)
    assert [neighbour.entry.response for neighbour in found] == ["2"]


async def test_put_of_nothing_is_nothing(store, spec):
    assert await store.put(spec, []) == []


async def test_put_over_an_expired_entry_makes_a_new_one(store, spec, sample, clock):
    await store.put(spec, [sample.entry("a", ttl=HOUR)])
    clock.advance(HOUR)
    assert await store.put(spec, [sample.entry("a")]) == [True]


async def test_concurrent_puts_of_one_id_leave_one_entry(store, spec, sample):
    entries = [sample.entry("a", response=str(n), vector=angled(n / 50)) for n in range(50)]
    created = await asyncio.gather(*(store.put(spec, [entry]) for entry in entries))
    assert sorted(created) == [[False]] * 49 + [[True]]
    kept = await store.get(spec, entries[0].entry_id)
    ((nearest),) = await store.find_nearest(spec, vector(1), where=None, limit=9)
    assert nearest.entry == kept
    assert nearest.cosine == pytest.approx(int(kept.response) / 50, abs=1e-6)


async def test_vector_is_returned_when_asked_for(store, spec, sample):
    entry = sample.entry("a", vector=vector(1, 2, 3))
    await store.put(spec, [entry])
    (found,) = await store.find_exact(
        spec, PromptKey.of("a"), where=None, limit=1, with_vectors=True
    )
    (neighbour,) = await store.find_nearest(spec, vector(1), where=None, limit=1, with_vectors=True)
    page = await store.list_entries(spec, where=None, cursor=None, limit=1, with_vectors=True)
    for returned in (found, neighbour.entry, page.entries[0]):
        np.testing.assert_array_equal(returned.vector, entry.vector)


async def test_delete_counts_what_was_there(store, spec, sample, clock):
    entries = [sample.entry(p, ttl=HOUR if p == "c" else None) for p in "abcd"]
    await store.put(spec, entries)
    clock.advance(HOUR)
    ids = [entry.entry_id for entry in entries[:3]]
    assert await store.delete(spec, [*ids, ids[0], "0" * 32]) == 2
    assert await store.get(spec, ids[0]) is None
    assert prompts(
        n.entry for n in await store.find_nearest(spec, vector(1), where=None, limit=9)
    ) == ["d"]


async def test_delete_where_removes_what_the_filter_selects(store, spec, sample):
    entries = [sample.entry(f"{n}", attributes={"even": str(n % 2 == 0)}) for n in range(1001)]
    await store.put(spec, entries)
    assert await store.delete_where(spec, carrying({"even": "True"})) == 501
    assert await store.count(spec) == 500
    assert await store.delete_where(spec, carrying({"even": "True"})) == 0


async def test_caches_never_see_each_others_entries(store, sample):
    ids = ("llm", "llm-", "llm-cache", "llmcache")
    specs = [await store.create_cache(sample.spec(cache_id)) for cache_id in ids]
    where = TagIn("lang", ("en",))
    for spec in specs:
        entry = sample.entry("a", response=spec.cache_id, attributes={"lang": "en"})
        assert await store.put(spec, [entry]) == [True]
    for spec in specs:
        (exact,) = await store.find_exact(spec, PromptKey.of("a"), where=where, limit=9)
        (nearest,) = await store.find_nearest(spec, vector(1), where=where, limit=9)
        page = await store.list_entries(spec, where=where, cursor=None, limit=9)
        assert exact.response == nearest.entry.response == spec.cache_id
        assert [entry.response for entry in page.entries] == [spec.cache_id]
    assert await store.delete_where(specs[0], where) == 1
    assert await store.flush(specs[1]) == 1
    assert await store.delete_cache("llm-cache") == 1
    assert await store.count(specs[3]) == 1


async def test_update_changes_only_the_fields_it_names(store, spec, sample, clock):
    entry = sample.entry("a", attributes={"lang": "en"}, metadata_json="{}", ttl=HOUR)
    await store.put(spec, [entry])
    clock.advance(timedelta(seconds=1))
    change = EntryChange(response="new", updated_at=clock.now())
    expected = replace(entry, response="new", updated_at=clock.now(), vector=None)
    assert await store.update(spec, entry.entry_id, change) == expected
    assert await store.get(spec, entry.entry_id) == expected
    assert len(await store.find_nearest(spec, vector(1), where=None, limit=1)) == 1


async def test_update_of_the_prompt_moves_it_for_both_searches(store, spec, sample):
    entry = sample.entry("a")
    await store.put(spec, [entry])
    await store.update(spec, entry.entry_id, EntryChange(prompt=PromptChange("b", vector(0, 1))))
    assert await store.find_exact(spec, PromptKey.of("a"), where=None, limit=1) == []
    (found,) = await store.find_exact(spec, PromptKey.of("b"), where=None, limit=1)
    assert found.entry_id == entry.entry_id
    (neighbour,) = await store.find_nearest(spec, vector(0, 1), where=None, limit=1)
    assert neighbour.cosine == pytest.approx(1)


async def test_update_to_a_prompt_without_vector_leaves_exact_search(store, spec, sample):
    entry = sample.entry("a")
    await store.put(spec, [entry])
    await store.update(spec, entry.entry_id, EntryChange(prompt=PromptChange("b", None)))
    assert await store.find_nearest(spec, vector(1), where=None, limit=1) == []
    assert len(await store.find_exact(spec, PromptKey.of("b"), where=None, limit=1)) == 1


async def test_update_of_attributes_moves_the_entry_for_filters(store, sample):
    spec = await store.create_cache(sample.spec(attribute_types={}))
    entry = sample.entry("a", attributes={"lang": "en", "user": "1"})
    await store.put(spec, [entry])
    await store.update(spec, entry.entry_id, EntryChange(attributes={"lang": "de"}))
    for attributes, selected in (({"lang": "en"}, 0), ({"user": "1"}, 0), ({"lang": "de"}, 1)):
        found = await store.find_nearest(spec, vector(1), where=carrying(attributes), limit=1)
        assert len(found) == selected


async def test_update_removes_metadata_and_starts_a_lifetime(store, spec, sample, clock):
    entry = sample.entry("a", metadata_json="{}")
    await store.put(spec, [entry])
    expires_at = clock.now() + HOUR
    change = EntryChange(metadata=MetadataChange(None), lifetime=LifetimeChange(HOUR, expires_at))
    updated = await store.update(spec, entry.entry_id, change)
    assert (updated.metadata_json, updated.ttl, updated.expires_at) == (None, HOUR, expires_at)
    assert updated.updated_at == entry.updated_at
    clock.advance(HOUR)
    assert await store.find_nearest(spec, vector(1), where=None, limit=1) == []


async def test_update_returns_none_when_missing_or_expired(store, spec, sample, clock):
    entry = sample.entry("a", ttl=HOUR)
    await store.put(spec, [entry])
    clock.advance(HOUR)
    change = EntryChange(lifetime=LifetimeChange(None, None))
    assert await store.update(spec, entry.entry_id, change) is None
    assert await store.update(spec, "0" * 32, change) is None
    assert await store.get(spec, entry.entry_id) is None


async def test_concurrent_updates_of_different_fields_all_hold(store, spec, sample):
    entry = sample.entry("a")
    await store.put(spec, [entry])
    await asyncio.gather(
        store.update(spec, entry.entry_id, EntryChange(response="new")),
        store.update(spec, entry.entry_id, EntryChange(attributes={"lang": "en"})),
        store.update(spec, entry.entry_id, EntryChange(metadata=MetadataChange("{}"))),
    )
    updated = await store.get(spec, entry.entry_id)
    assert updated.response == "new"
    assert updated.attributes == {"lang": "en"}
    assert updated.metadata_json == "{}"


async def test_range_over_an_undeclared_attribute_selects_nothing(store, spec, sample):
    await store.put(spec, [sample.entry("a", attributes={"price": "1"})])
    where = NumericRange("price", minimum=0)
    assert await store.find_nearest(spec, vector(1), where=where, limit=1) == []
