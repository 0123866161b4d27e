"""RedisVL's own tests of its caches, on the drop-ins; left_out.py says which are left out."""

import asyncio
from pathlib import Path

import pytest

from integrations.redisvl.published.running import fetch_sources, run_published_tests
from redis_servers.server import RedisServer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fetch_sources(tmp_path_factory.mktemp("redisvl"))


async def test_published_tests_pass(sources: Path, servers_redis: RedisServer, target: str):
    outcome = await asyncio.to_thread(
        run_published_tests, sources, redis_url=servers_redis.url, target=target
    )

    # One of them skips itself when anything at all goes wrong.
    assert (outcome.status, outcome.skipped) == (0, 0), outcome.output
