"""A cache made by the drop-in verifies its hits as any other does."""

import pytest

STORED = "How do I enable 2FA?"


@pytest.fixture
async def cache(open_cache):
    return await open_cache(verified=True, distance_threshold=0.3)


async def test_opposite_is_refused_though_it_is_near(cache, call):
    await call(cache, "store", STORED, "Open Settings.")
    assert await call(cache, "check", prompt="How do I disable 2FA?") == []


async def test_paraphrase_is_found_with_its_distance(cache, call):
    await call(cache, "store", STORED, "Open Settings.")
    (hit,) = await call(cache, "check", prompt="How can I enable 2FA?")
    assert hit["response"] == "Open Settings."
    assert 0 <= hit["vector_distance"] < 0.1
