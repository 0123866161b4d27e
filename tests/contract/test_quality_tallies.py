"""Counts of a cache, and searches in shadow mode."""

import asyncio
from datetime import timedelta

import pytest

from contract.quality_samples import ODD, all_shadow_searches, counts, shadow_search
from nearhit_server.core.caches import Strategy
from nearhit_server.core.quality import reports


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


def prompts_of(found):
    return [each.prompt for each in found]


async def test_counts_add_up(store, spec, sample):
    await store.add_tallies(spec, {"searches": 3, "refused:below_threshold": 1})
    await store.add_tallies(spec, {"searches": 4, "exact_hits": 2})
    await store.add_tallies(spec, {})
    other = await store.create_cache(sample.spec("other"))
    await store.add_tallies(other, {"searches": 10})
    expected = {"searches": 7, "refused:below_threshold": 1, "exact_hits": 2}
    assert await counts(store, spec) == expected


async def test_concurrent_counts_are_exact(store, spec):
    await asyncio.gather(
        *(store.add_tallies(spec, {"searches": n, f"refused:{n % 3}": 1}) for n in range(50))
    )
    expected = {"searches": 1_225, "refused:0": 17, "refused:1": 17, "refused:2": 16}
    assert await counts(store, spec) == expected


async def test_shadow_searches_are_read_as_they_were_put(store, spec, sample, clock):
    entry = sample.entry("stored")
    searches = [
        shadow_search(entry, "asked"),
        shadow_search(entry, ODD, confidence=None, refusal=None, strategy=Strategy.EXACT),
        shadow_search(
            entry,
            "x" * 8_000,
            entry_id="",
            entry_prompt="",
            similarity=-1.0,
            searched_at=clock.now() + timedelta(microseconds=1),
        ),
    ]
    await store.put_shadow_searches(spec, searches[:2])
    await store.put_shadow_searches(spec, [])
    await store.put_shadow_searches(spec, searches[2:])
    assert await all_shadow_searches(store, spec) == searches


async def test_shadow_searches_are_listed_by_pages_in_order(store, spec, sample):
    entry = sample.entry("stored")
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "abc"])
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "defg"])
    for page in (1, 3, 7):
        assert prompts_of(await all_shadow_searches(store, spec, page=page)) == list("abcdefg")
    last = await store.list_shadow_searches(spec, cursor=None, limit=7)
    assert last.next_cursor is None


async def test_oldest_shadow_searches_are_forgotten(store, spec, sample, monkeypatch):
    monkeypatch.setattr(reports, "MAX_SHADOW_SEARCHES", 3)
    entry = sample.entry("stored")
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "abcd"])
    first = await store.list_shadow_searches(spec, cursor=None, limit=1)
    assert prompts_of(first.searches) == ["b"]
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "ef"])
    assert prompts_of(await all_shadow_searches(store, spec)) == ["d", "e", "f"]
    rest = await store.list_shadow_searches(spec, cursor=first.next_cursor, limit=9)
    assert prompts_of(rest.searches) == ["d", "e", "f"]


@pytest.mark.parametrize("cursor", ["", "x", "1.2", "1-0", "reports.1.1", "shadow_searches.1.1\n"])
async def test_list_shadow_searches_raises_for_what_is_no_cursor(store, spec, cursor):
    with pytest.raises(ValueError, match="cursor"):
        await store.list_shadow_searches(spec, cursor=cursor, limit=1)


async def test_list_shadow_searches_raises_for_the_cursor_of_something_else(store, spec, sample):
    entry = sample.entry("stored")
    await store.put_shadow_searches(spec, [shadow_search(entry, name) for name in "ab"])
    cursor = (await store.list_shadow_searches(spec, cursor=None, limit=1)).next_cursor
    other = await store.create_cache(sample.spec("other"))
    with pytest.raises(ValueError, match="cursor"):
        await store.list_reports(spec, cursor=cursor, limit=1)
    with pytest.raises(ValueError, match="cursor"):
        await store.list_shadow_searches(other, cursor=cursor, limit=1)


async def test_counts_and_shadow_searches_go_with_the_epoch(store, spec, sample):
    await store.add_tallies(spec, {"searches": 3})
    await store.put_shadow_searches(spec, [shadow_search(sample.entry("stored"), "a")])
    await store.delete_cache("cache")
    spec = await store.create_cache(sample.spec())
    assert await counts(store, spec) == {}
    assert await all_shadow_searches(store, spec) == []
