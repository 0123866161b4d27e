"""Redis behind Sentinel."""

import asyncio
import time

import pytest

from contract.samples import prompts
from nearhit_server.core.errors import UnavailableError
from stores.redis.load import Load

pytestmark = pytest.mark.slow


async def test_failover_costs_errors_only_until_it_is_over(
    start_redis_sentinels, open_store, sample
):
    servers = start_redis_sentinels()
    async with open_store(servers.url) as store:
        spec = await store.create_cache(sample.spec())
        load = Load(store, spec, sample)
        async with load.running(workers=4):
            await load.until_acknowledged(1, after=time.monotonic() + 1.2)
            killed = time.monotonic()
            await asyncio.to_thread(servers.fail_over)
            replaced = time.monotonic()
            await load.until_acknowledged(20, after=replaced + 1)
        assert load.kinds_of_failures() == {UnavailableError}
        assert all(killed <= at <= replaced + 2 for at, _ in load.failures)
        safe = [entry for at, entry in load.acknowledged if at < killed - 1 or at > replaced]
        assert len(safe) > 40
        assert await load.missing(safe) == []
        found = await store.find_nearest(spec, safe[0].vector, where=None, limit=1)
        assert prompts(neighbour.entry for neighbour in found) == [safe[0].prompt]
