"""The stores that the contract suite runs over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import redis

from clocks import ManualClock
from contract.aging import AgingClock
from contract.samples import Sample
from nearhit_server.stores.embedded import open_embedded_store
from nearhit_server.stores.redis import open_redis_store


@pytest.fixture(params=["embedded", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    """The store that a test runs over."""
    return str(request.param)


@pytest.fixture
def clean_redis_url(redis_url: str) -> str:
    """The shared Redis without any key or index of nearhit's; other keys stay."""
    with redis.Redis.from_url(redis_url) as client:
        for index in client.execute_command("FT._LIST"):
            if index.startswith(b"nearhit:"):
                client.execute_command("FT.DROPINDEX", index)
        for key in client.scan_iter("nearhit:*", count=10_000):
            client.unlink(key)
    return redis_url


@pytest.fixture
def clock(kind: str, request: pytest.FixtureRequest) -> ManualClock:
    if kind == "redis":
        return AgingClock(request.getfixturevalue("clean_redis_url"))
    return ManualClock()


@pytest.fixture
async def store(
    kind: str, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Any]:
    if kind == "redis":
        opened = open_redis_store(request.getfixturevalue("clean_redis_url"), clock=clock)
    else:
        opened = open_embedded_store(tmp_path, clock=clock)
    async with opened as store:
        yield store


@pytest.fixture
def sample(clock: ManualClock) -> Sample:
    return Sample(clock)
