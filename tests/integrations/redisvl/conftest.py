"""The drop-in caches on both stores, and both forms of their methods behind one face."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

import nearhit
from nearhit.integrations.redisvl import EmbeddingsCache, SemanticCache
from nearhit.integrations.redisvl.names import cache_id_of

Call = Callable[..., Awaitable[Any]]
Open = Callable[..., Awaitable[Any]]


@pytest.fixture
def name(cache_id: str) -> str:
    """A cache's name that no other test uses, which is also its id."""
    return cache_id


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Call:
    """Calls a method of a cache: in a thread, or the `a` twin."""

    async def called(cache: Any, method: str, *arguments: Any, **options: Any) -> Any:
        if request.param == "sync":
            return await asyncio.to_thread(getattr(cache, method), *arguments, **options)
        return await getattr(cache, f"a{method}")(*arguments, **options)

    return called


@pytest.fixture
async def open_cache(target: str, name: str) -> AsyncIterator[Open]:
    """Makes a SemanticCache; in a thread, because it waits for the server.

    Its distances alone decide, as RedisVL's do, unless it shall be `verified`.
    """
    opened: list[SemanticCache] = []

    async def opening(*arguments: Any, verified: bool = False, **options: Any) -> SemanticCache:
        arguments = arguments or (name,)
        options.setdefault("target", target)
        opened.append(await asyncio.to_thread(SemanticCache, *arguments, **options))
        if not verified:
            cache_id = cache_id_of(opened[-1].name)
            async with nearhit.AsyncClient(options["target"]) as client:
                # Some tests want one that is gone.
                with suppress(nearhit.NotFoundError):
                    await client.update_cache(cache_id, verification=nearhit.Verification.OFF)
        return opened[-1]

    yield opening
    for cache in opened:
        await cache.adisconnect()


@pytest.fixture
async def cache(open_cache: Open) -> SemanticCache:
    """A cache whose server embeds, with a field of each type."""
    fields = [
        {"name": "label", "type": "tag"},
        {"name": "price", "type": "numeric"},
        {"name": "seen", "type": "timestamp"},
        {"name": "title", "type": "text"},
    ]
    return await open_cache(distance_threshold=0.2, filterable_fields=fields)


@pytest.fixture
async def embeddings(target: str, name: str) -> AsyncIterator[EmbeddingsCache]:
    """An EmbeddingsCache in a namespace of its own."""
    async with EmbeddingsCache(name, target=target) as cache:
        yield cache
