"""Times to live of embeddings: the object's, a row's own, and what starts them again."""

import pytest

import nearhit
from nearhit.integrations.redisvl import EmbeddingsCache
from polling import until

pytestmark = pytest.mark.slow

MODEL = "text-embedding-3-small"
VECTOR = [0.5, -0.25, 1.0]


@pytest.fixture
async def rows(target, name):
    """Tells when the rows of some texts expire, without touching them."""
    async with nearhit.AsyncClient(target) as client:

        async def expiry(text):
            (row,) = await client.get_embeddings([text], model=MODEL, namespace=name)
            return row.expires_at

        yield expiry


async def test_ttl_is_the_objects_or_the_rows_own(target, name, rows, call):
    async with EmbeddingsCache(name, ttl=1_000, target=target) as cache:
        assert cache.ttl == 1_000
        await call(cache, "set", "own", MODEL, VECTOR, ttl=5_000)
        await call(cache, "set", "default", MODEL, VECTOR)
        await call(cache, "set", "for ever", MODEL, VECTOR, ttl=0)

        assert (await rows("own") - await rows("default")).total_seconds() > 3_000
        assert await rows("for ever") is None


@pytest.mark.parametrize("by", ["content", "key"])
async def test_hit_starts_the_rows_own_ttl_again(embeddings, rows, call, by):
    key = await call(embeddings, "set", "hello", MODEL, VECTOR, ttl=1_000)
    before = await rows("hello")

    if by == "content":
        await call(embeddings, "get", "hello", MODEL)
    else:
        await call(embeddings, "get_by_key", key)

    assert 0 < (await rows("hello") - before).total_seconds() < 500


async def test_row_is_gone_after_its_ttl(embeddings, call):
    await call(embeddings, "set", "hello", MODEL, VECTOR, ttl=1)

    async def gone():
        return not await embeddings.aexists("hello", MODEL)

    await until(gone)
    assert await call(embeddings, "get", "hello", MODEL) is None


@pytest.mark.parametrize("content", ["hello", b"hello"])
async def test_expire_gives_a_row_a_ttl(embeddings, rows, call, content):
    key = await call(embeddings, "set", content, MODEL, VECTOR, {"a": 1})
    await call(embeddings, "expire", key)
    await call(embeddings, "expire", key, 1_000)

    if content == "hello":
        assert await rows("hello") is not None
    hit = await call(embeddings, "get_by_key", key)
    assert (hit["content"], hit["metadata"], hit["embedding"]) == (content, {"a": 1}, VECTOR)

    await call(embeddings, "expire", key, 1)

    async def gone():
        return not await embeddings.aexists_by_key(key)

    await until(gone)
