"""How often a search waits for Redis.

Counted are the pipelines that a search itself waits for: the store sends every command in one,
and each is a round trip. Those that are under way at the same time count as one. Not counted are
those of other tasks: the health checks, and what is written after the answer.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

import pytest
from redis.asyncio.client import Pipeline

from nearhit_server.app.core import Core, make_core
from nearhit_server.app.models import make_models
from nearhit_server.app.storage import open_store
from nearhit_server.app.verification import make_verifier
from nearhit_server.clocks import SystemClock
from nearhit_server.core.cache_settings import CacheSettings
from nearhit_server.core.observing import UNOBSERVED
from nearhit_server.core.queries import Hit, Miss, NewEntry, SearchQuery
from nearhit_server.encoders.verifier import load_calibration
from nearhit_server.settings import Settings

STORED = "how do i reset my password"
# All of it words that the model knows, and each text new to it when it is first asked for.
FRESH = ["what is my password", "what is the capital of france", "is france the first ?"]


class RoundTrips:
    """How many there were, and how many are under way."""

    def __init__(self) -> None:
        self.count = 0
        self.under_way = 0


counted: ContextVar[RoundTrips | None] = ContextVar("counted", default=None)


@contextmanager
def counting() -> Iterator[RoundTrips]:
    """Count what is waited for here, or in tasks that are started here."""
    trips = RoundTrips()
    token = counted.set(trips)
    try:
        yield trips
    finally:
        counted.reset(token)


@pytest.fixture(autouse=True)
def counted_pipelines(monkeypatch):
    execute = Pipeline.execute

    async def counted_execute(self, *arguments, **options):
        trips = counted.get()
        if trips is None:
            return await execute(self, *arguments, **options)
        trips.count += not trips.under_way
        trips.under_way += 1
        try:
            return await execute(self, *arguments, **options)
        finally:
            trips.under_way -= 1

    monkeypatch.setattr(Pipeline, "execute", counted_execute)


@pytest.fixture(params=["memory", "store"])
def embedding_cache(request) -> str:
    """Where computed vectors are kept."""
    return str(request.param)


@pytest.fixture
async def core(embedding_cache, tiny_servers_redis, tiny_model) -> AsyncIterator[Core]:
    """A core on Redis that is new to every text."""
    with tiny_servers_redis.client() as client:
        for row in client.scan_iter("nearhit:emb:*"):
            client.unlink(row)
    settings = Settings(
        store=tiny_servers_redis.url,
        model=str(tiny_model),
        device="cpu",
        embedding_cache=embedding_cache,
    )
    clock = SystemClock()
    async with (
        open_store(settings, clock, UNOBSERVED) as store,
        make_models(settings, store, clock, UNOBSERVED) as models,
    ):
        verifier = make_verifier(settings, UNOBSERVED)
        core = make_core(
            settings,
            store=store,
            models=models,
            calibration=load_calibration(),
            verifier=verifier,
            clock=clock,
            observer=UNOBSERVED,
        )
        async with core.entry_uses, core.recorder:
            yield core


@pytest.fixture(params=["plain", "bounded", "sliding"])
async def cache(request, core, cache_id) -> AsyncIterator[str]:
    """A cache with an entry, which has been searched before: the settings are known."""
    settings = {
        "plain": CacheSettings(),
        "bounded": CacheSettings(max_entries=9),
        "sliding": CacheSettings(ttl_refresh_on_hit=True, default_ttl=timedelta(hours=1)),
    }
    await core.cache_admin.create(cache_id, settings[request.param])
    await core.cache.store(cache_id, NewEntry(prompt=STORED, response="r"))
    await core.cache.search(cache_id, SearchQuery(prompt=STORED))
    yield cache_id
    await core.cache_admin.delete(cache_id)


async def test_exact_hit_waits_once(core, cache):
    with counting() as trips:
        outcome = await core.cache.search(cache, SearchQuery(prompt=STORED))
    assert isinstance(outcome, Hit)
    assert trips.count == 1


@pytest.fixture
def for_new_text(embedding_cache) -> int:
    """How often a search for a new text waits: exact look-up, nearest, and in between, where
    servers share their vectors, whether another has this one."""
    return 3 if embedding_cache == "store" else 2


@pytest.mark.parametrize(("threshold", "kind"), [(-1.0, Hit), (1.0, Miss)])
async def test_semantic_search_waits_twice(core, cache, threshold, kind, for_new_text):
    for prompt in FRESH:
        # The second time, the vector is in memory.
        for waits in (for_new_text, 2):
            with counting() as trips:
                query = SearchQuery(prompt=prompt, similarity_threshold=threshold)
                outcome = await core.cache.search(cache, query)
            assert isinstance(outcome, kind)
            assert trips.count == waits


async def test_batch_of_searches_waits_as_often_as_one(core, cache, for_new_text):
    with counting() as trips:
        queries = [SearchQuery(prompt=prompt) for prompt in [STORED, *FRESH]]
        await core.cache.search_many(cache, queries)
    assert trips.count == for_new_text
