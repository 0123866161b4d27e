"""The drop-in caches on both stores, and both forms of their methods behind one face."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from nearhit.integrations.redisvl import EmbeddingsCache, SemanticCache

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
    """Makes a SemanticCache; in a thread, because it waits for the server."""
    opened: list[SemanticCache] = []

    async def opening(*arguments: Any, **options: Any) -> SemanticCache:
        arguments = arguments or (name,)
        options.setdefault("target", target)
        opened.append(await asyncio.to_thread(SemanticCache, *arguments, **options))
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
