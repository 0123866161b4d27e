"""Emptying a cache at once, and coming back with the same name."""

import asyncio

from contract.samples import prompts, vector
from nearhit_server.core.entries import PromptKey
from nearhit_server.core.errors import SpecChangedError
from nearhit_server.core.filters import Negation, TagIn


async def test_flush_empties_the_cache_and_counts_what_it_had(store, sample):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry(f"{n}") for n in range(10)])
    assert await store.flush(spec) == 10
    new = await store.get_cache("cache")
    assert new.epoch > spec.epoch
    assert new.version > spec.version
    assert await store.count(new) == 0
    assert await store.find_nearest(new, vector(1), where=None, limit=9) == []
    assert await store.find_exact(new, PromptKey.of("1"), where=None, limit=9) == []
    assert await store.get(new, sample.entry("1").entry_id) is None
    assert await store.flush(new) == 0


async def test_entries_put_after_a_flush_stay(store, sample):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("old", attributes={"x": "y"})])
    await store.flush(spec)
    spec = await store.get_cache("cache")
    assert await store.put(spec, [sample.entry("old", attributes={"x": "y"})]) == [True]
    await store.put(spec, [sample.entry("new")])
    found = await store.find_nearest(spec, vector(1), where=Negation(TagIn("x", ("y",))), limit=9)
    assert prompts(n.entry for n in found) == ["new"]
    assert await store.count(spec) == 2


async def test_recreated_cache_is_empty(store, sample):
    spec = await store.create_cache(sample.spec())
    await store.put(spec, [sample.entry("a")])
    await store.delete_cache("cache")
    spec = await store.create_cache(sample.spec(dimension=3))
    assert await store.count(spec) == 0
    page = await store.list_entries(spec, where=None, cursor=None, limit=9)
    assert page.entries == ()


async def test_every_put_is_flushed_or_refused_or_stays(store, sample):
    spec = await store.create_cache(sample.spec())
    puts = [store.put(spec, [sample.entry(f"{n}")]) for n in range(40)]
    outcomes = await asyncio.gather(
        *puts[:20], store.flush(spec), *puts[20:], return_exceptions=True
    )
    flushed = outcomes.pop(20)
    refused = sum(isinstance(outcome, SpecChangedError) for outcome in outcomes)
    assert flushed + refused == 40
    assert await store.count(await store.get_cache("cache")) == 0
