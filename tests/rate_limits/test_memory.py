"""A limiter on its own, counting in memory."""

import asyncio

import pytest

from nearhit_server.core.errors import RateLimitedError, Reason
from nearhit_server.rate_limits import open_rate_limiter
from rate_limits.callers import admits, admitted

# So slow that a test is over long before a single call is allowed again.
SLOW = 0.01


@pytest.fixture
async def limiter():
    async with open_rate_limiter(store_url=None, rate=SLOW, burst=20) as limiter:
        yield limiter


async def test_limit_admits_as_many_calls_as_it_says(limiter):
    assert await admitted([limiter], 50) == 20
    assert await admitted([limiter], 50) == 0


async def test_allowance_counts_down(limiter):
    first = await limiter.take("key", "cache", cost=1)
    assert (first.limit, first.remaining, first.window_seconds) == (20, 19, 2_000)
    assert 2_000 <= first.reset_seconds <= 4_000
    for _ in range(18):
        await limiter.take("key", "cache", cost=1)
    assert (await limiter.take("key", "cache", cost=1)).remaining == 0


async def test_keys_and_caches_have_limits_of_their_own(limiter):
    assert await admitted([limiter], 50) == 20
    assert await admitted([limiter], 50, cache="another") == 20
    assert (await limiter.take("another key", "cache", cost=1)).remaining == 19


async def test_batch_counts_as_its_items(limiter):
    assert await admits(limiter, cost=15)
    assert not await admits(limiter, cost=6)
    assert await admits(limiter, cost=5)
    assert not await admits(limiter)


async def test_batch_larger_than_the_limit_counts_as_all_of_it(limiter):
    assert await admits(limiter, cost=1_000)
    assert not await admits(limiter)
    with pytest.raises(RateLimitedError) as refused:
        await limiter.take("key", "cache", cost=1_000)
    assert refused.value.reason is Reason.RATE_LIMITED
    assert refused.value.allowance.remaining == 0


async def test_refused_call_is_let_in_when_it_was_told_to_come_back():
    async with open_rate_limiter(store_url=None, rate=10, burst=None) as limiter:
        assert await admitted([limiter], 20) >= 10
        with pytest.raises(RateLimitedError) as refused:
            await limiter.take("key", "cache", cost=1)
        delay = refused.value.retry_delay.total_seconds()
        assert 0.05 <= delay <= 1.2
        await asyncio.sleep(delay)
        assert await admits(limiter)


async def test_limiter_forgets_the_longest_unused_of_very_many(limiter):
    assert await admitted([limiter], 50) == 20
    for number in range(9_999):
        await limiter.take("key", f"made-up-{number}", cost=20)
    assert not await admits(limiter)
    for number in range(10_000):
        await limiter.take("key", f"made-up-too-{number}", cost=20)
    assert await admits(limiter)


async def test_names_of_any_kind_and_length_are_told_apart(limiter):
    for name in ("", "{}", "a/b", "\udcff", "x" * 100, "x" * 101):
        assert await admitted([limiter], 21, cache=name) == 20
