"""The stores that the contract suite runs over."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis

from clocks import ManualClock
from contract.aging import AgingClock
from contract.samples import Sample
from nearhit_server.core.observing import Unobserved
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.stores.redis import open_redis_store


@pytest.fixture(params=["embedded", "redis", pytest.param("cluster", marks=pytest.mark.slow)])
def kind(request: pytest.FixtureRequest) -> str:
    """The store that a test runs over."""
    return str(request.param)


@pytest.fixture
def redis_urls(kind: str, request: pytest.FixtureRequest) -> list[str]:
    """The shared Redis, or the masters of the shared Cluster, without any key or index of
    nearhit's; other keys stay."""
    if kind == "cluster":
        servers = request.getfixturevalue("redis_cluster").servers
        urls = [server.url for server in servers[:3]]
    else:
        urls = [request.getfixturevalue("redis_url")]
    for url in urls:
        _clean(url)
    return urls


def _clean(url: str) -> None:
    with redis.Redis.from_url(url) as client:
        for index in client.execute_command("FT._LIST"):
            if index.startswith(b"nearhit:"):
                client.execute_command("FT.DROPINDEX", index)
        for key in client.scan_iter("nearhit:*", count=10_000):
            client.unlink(key)


@pytest.fixture
def clock(kind: str, request: pytest.FixtureRequest) -> ManualClock:
    if kind == "embedded":
        return ManualClock()
    return AgingClock(request.getfixturevalue("redis_urls"))


class Evictions(Unobserved):
    """How many entries each cache was told to have lost."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def evicted(self, cache_id: str, count: int) -> None:
        self.counts[cache_id] += count


@pytest.fixture
def evictions() -> Evictions:
    """What the store told of evictions."""
    return Evictions()


@pytest.fixture
async def store(
    kind: str,
    clock: ManualClock,
    evictions: Evictions,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Any]:
    if kind == "embedded":
        opened = open_embedded_store(tmp_path, clock=clock, observer=evictions)
    elif kind == "redis":
        (url,) = request.getfixturevalue("redis_urls")
        opened = open_redis_store(url, clock=clock, observer=evictions)
    else:
        seeds = request.getfixturevalue("redis_cluster").seeds
        opened = open_redis_store(seeds, clock=clock, observer=evictions)
    async with opened as store:
        yield store


@pytest.fixture
def sample(clock: ManualClock) -> Sample:
    return Sample(clock)
