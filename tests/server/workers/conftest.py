"""Servers of two workers on one Redis. Their model is behind an endpoint, so that they start
quickly and calls can be held back."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

import pytest

from encoders.openai_server import OpenAIServer, openai_server
from redis_servers.server import RedisServer
from server.workers.workers_process import WorkersProcess, workers_process


class StartWorkers(Protocol):
    """Starts a server; what it is set to beyond the usual can be given."""

    def __call__(self, **settings: str) -> AbstractAsyncContextManager[WorkersProcess]: ...


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis of all servers of a module; it is empty when the first of them starts."""
    server = RedisServer(tmp_path_factory.mktemp("workers-redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
async def endpoint() -> AsyncIterator[OpenAIServer]:
    """What the model of all servers of a module is behind."""
    async with openai_server() as server:
        yield server


@pytest.fixture(scope="module")
def start_workers(
    redis: RedisServer, endpoint: OpenAIServer, tmp_path_factory: pytest.TempPathFactory
) -> StartWorkers:
    """Starts a server, to be entered."""

    def start(**settings: str) -> AbstractAsyncContextManager[WorkersProcess]:
        usual = {
            "store": redis.url,
            "model": "openai:text-embedding-3-small",
            "openai_base_url": endpoint.base_url,
            "openai_timeout_seconds": "25",
            "openai_max_concurrent_requests": "64",
            # Servers that start take all cores for a while, and Redis has to wait for its turn.
            "redis_timeout_seconds": "10",
        }
        folder: Path = tmp_path_factory.mktemp("workers")
        return workers_process(folder, **usual | settings)

    return start
