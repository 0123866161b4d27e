"""Many different questions at once, to a server that has just begun."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import nearhit
from integrations.stalls import MAX_STALL_SECONDS, result_and_longest_stall
from nearhit.integrations.redisvl import SemanticCache
from server_process import server_process

CALLS = 256


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[SemanticCache]:
    """A cache whose one entry answers everything, and whose server has embedded nothing yet."""
    with server_process(tmp_path) as server:
        cache = await asyncio.to_thread(
            SemanticCache, "cold", target=server.address, distance_threshold=2
        )
        async with cache:
            async with nearhit.AsyncClient(server.address) as client:
                await client.update_cache("cold", verification=nearhit.Verification.OFF)
            await cache.astore("hello", "hi", vector=[1.0] + [0.0] * 383)
            yield cache


async def test_many_different_checks_at_once_fail_nowhere_and_do_not_stall_the_loop(cache):
    checks = (cache.acheck(f"what does question number {n} ask?") for n in range(CALLS))
    found, stall = await result_and_longest_stall(asyncio.gather(*checks))

    assert [len(hits) for hits in found] == [1] * CALLS
    assert stall < MAX_STALL_SECONDS
