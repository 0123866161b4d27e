"""Hits whose uses reach the store late: after what was called once they were answered."""

import asyncio
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from contract.samples import vector
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.entry_uses import EntryUses
from nearhit_server.core.limits import Limits
from nearhit_server.core.quality.recording import SearchRecorder
from nearhit_server.core.queries import EntryUpdate, Hit, Miss, NewEntry, SearchQuery, UpdateField
from nearhit_server.core.search import Searcher
from nearhit_server.core.semantic_cache import SemanticCache
from nearhit_server.core.verification.assessment import Assessor
from nearhit_server.core.verification.judging import Judge
from nearhit_server.core.writing import Writer
from nearhit_server.encoders.verifier import load_calibration
from polling import until

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(seconds=1)
CACHE = "cache"
LIMITS = Limits(max_prompt_characters=99, max_response_bytes=99, max_metadata_bytes=99)


class GatedTouches:
    """The store, whose touches wait until `gate` is set."""

    def __init__(self, store):
        self._store = store
        self.gate = asyncio.Event()
        self.touched = 0

    def __getattr__(self, operation):
        return getattr(self._store, operation)

    async def touch(self, spec, uses):
        await self.gate.wait()
        try:
            await self._store.touch(spec, uses)
        finally:
            self.touched += len(uses)


def searcher_on(store, *, uses, clock):
    """The core's search over a cache without verification."""
    assessor = Assessor(load_calibration(), verifier=None)
    return Searcher(
        entries=store,
        uses=uses,
        models=None,
        judge=Judge(assessor, operating_points=None),
        recorder=SearchRecorder(store),
        clock=clock,
        limits=LIMITS,
    )


@pytest.fixture
def gated(store):
    return GatedTouches(store)


@pytest.fixture
async def cache(gated, clock, sample):
    """The core's cache, of at most three entries, on the gated store. Calls bring their vectors,
    so that no test needs a model."""
    await gated.create_cache(
        sample.spec(CACHE, default_ttl=MINUTE, ttl_refresh_on_hit=True, max_entries=3)
    )
    async with EntryUses(gated) as uses:
        searcher = searcher_on(gated, uses=uses, clock=clock)
        yield SemanticCache(
            directory=CacheDirectory(gated),
            entries=gated,
            searcher=searcher,
            writer=Writer(entries=gated, models=None, clock=clock, limits=LIMITS),
        )
        gated.gate.set()


async def put(cache, prompt, **fields):
    new = NewEntry(prompt=prompt, response="r", vector=vector(1), **fields)
    return (await cache.store(CACHE, new)).entry_id


async def hit(cache, prompt):
    outcome = await cache.search(CACHE, SearchQuery(prompt=prompt, vector=vector(1)))
    assert isinstance(outcome, Hit)
    return outcome.matches[0].entry


async def let_through(gated, *, uses):
    """Let the touches reach the store, that many uses in all."""
    gated.gate.set()
    await until(lambda: gated.touched == uses)


async def expires_at(gated, entry_id):
    spec = await gated.get_cache(CACHE)
    return (await gated.get(spec, entry_id)).expires_at


async def test_hit_is_answered_before_its_use_is_noted(cache, gated, clock):
    entry_id = await put(cache, "a")
    stored_until = await expires_at(gated, entry_id)
    clock.advance(MINUTE / 2)
    entry = await hit(cache, "a")
    assert entry.expires_at == clock.now() + MINUTE
    assert abs(await expires_at(gated, entry_id) - stored_until) < INSTANT
    await let_through(gated, uses=1)
    assert abs(await expires_at(gated, entry_id) - entry.expires_at) < INSTANT


async def test_hits_keep_an_entry_that_would_be_evicted(cache, gated):
    for prompt in "abc":
        await put(cache, prompt)
    await hit(cache, "a")
    await let_through(gated, uses=1)
    await put(cache, "d")
    assert (await hit(cache, "a")).prompt == "a"


async def test_use_does_not_bring_back_what_was_deleted(cache, gated):
    entry_id = await put(cache, "a")
    await hit(cache, "a")
    assert await cache.delete(CACHE, [entry_id]) == 1
    await let_through(gated, uses=1)
    assert isinstance(await cache.search(CACHE, SearchQuery(prompt="a", vector=vector(1))), Miss)
    assert await gated.count(await gated.get_cache(CACHE)) == 0


async def test_use_does_not_make_room_for_what_was_deleted(cache, gated):
    entry_id = await put(cache, "a")
    await hit(cache, "a")
    await cache.delete(CACHE, [entry_id])
    await let_through(gated, uses=1)
    for prompt in "bcd":
        await put(cache, prompt)
    # A deleted entry among the used ones would have cost one of these its place.
    assert await gated.count(await gated.get_cache(CACHE)) == 3


@pytest.mark.parametrize("ttl", [MINUTE / 2, 60 * MINUTE])
async def test_use_does_not_undo_the_ttl_of_an_update(cache, gated, clock, ttl):
    entry_id = await put(cache, "a")
    await hit(cache, "a")
    fields = frozenset({UpdateField.TTL})
    updated = await cache.update(CACHE, entry_id, EntryUpdate(fields=fields, ttl=ttl))
    assert updated.entry.ttl == ttl
    await let_through(gated, uses=1)
    assert abs(await expires_at(gated, entry_id) - (clock.now() + ttl)) < INSTANT


async def test_use_does_not_undo_an_update_that_starts_the_ttl_again(cache, gated, clock):
    entry_id = await put(cache, "a")
    await hit(cache, "a")
    clock.advance(MINUTE / 2)
    await cache.update(CACHE, entry_id, EntryUpdate(fields=frozenset()))
    await let_through(gated, uses=1)
    assert abs(await expires_at(gated, entry_id) - (clock.now() + MINUTE)) < INSTANT


@pytest.mark.parametrize("ttl", [MINUTE / 2, None, 60 * MINUTE])
async def test_use_does_not_undo_the_ttl_of_a_store(cache, gated, clock, ttl):
    await put(cache, "a")
    await hit(cache, "a")
    clock.advance(INSTANT)
    entry_id = await put(cache, "a", ttl=ttl)
    await let_through(gated, uses=1)
    assert abs(await expires_at(gated, entry_id) - (clock.now() + (ttl or MINUTE))) < INSTANT


@pytest.mark.parametrize("end", ["flush", "delete", "change"])
async def test_uses_of_a_cache_that_has_moved_on_are_forgotten(cache, gated, end):
    await put(cache, "a")
    await hit(cache, "a")
    spec = await gated.get_cache(CACHE)
    match end:
        case "flush":
            await cache.flush(CACHE)
        case "delete":
            await gated.delete_cache(CACHE)
        case "change":
            await gated.update_cache(spec, flush=False)
    with capture_logs() as logs:
        await let_through(gated, uses=1)
    assert logs == []


async def test_end_notes_what_is_left(gated, clock, sample, store):
    spec = await store.create_cache(sample.spec(CACHE, max_entries=3))
    async with EntryUses(gated) as uses:
        searcher = searcher_on(gated, uses=uses, clock=clock)
        await store.put(spec, [sample.entry(prompt) for prompt in "abc"])
        queries = [SearchQuery(prompt=prompt, vector=vector(1)) for prompt in "ab"]
        await searcher.run(spec, queries)
        asyncio.get_running_loop().call_soon(gated.gate.set)
    await store.put(spec, [sample.entry("d")])
    page = await store.list_entries(spec, where=None, cursor=None, limit=9)
    assert {entry.prompt for entry in page.entries} == {"a", "b", "d"}
