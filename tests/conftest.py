"""Parts that many tests share. The model, the store and the server are real."""

import gc
import os

# Before anything imports the model libraries: tests never ask a model hub.
os.environ["HF_HUB_OFFLINE"] = "1"

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

import nearhit
from nearhit_server.app import open_application
from nearhit_server.settings import Settings
from redis_servers.fixtures import (  # noqa: F401
    redis_cluster,
    redis_url,
    start_redis,
    start_redis_cluster,
    start_redis_sentinels,
)
from redis_servers.server import RedisServer
from tiny_model import save_tiny_model

_numbers = count()


def pytest_configure(config: pytest.Config) -> None:
    """All servers of all runs share the models that were converted once."""
    os.environ["NEARHIT_MODEL_CACHE_DIR"] = str(config.cache.mkdir("converted-models"))


def pytest_collection_finish() -> None:
    """Keep what was collected out of the collector's sight: to look through 800,000 objects stops
    the event loop for as long as a store may take to answer."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small model that is not the default one."""
    return save_tiny_model(tmp_path_factory.mktemp("tiny"), seed=1)


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """A Redis for several tests."""
    server = RedisServer(folder)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def servers_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis behind the server that tests share."""
    with running_redis(tmp_path_factory.mktemp("servers-redis")) as server:
        yield server


@pytest.fixture(scope="session")
def tiny_servers_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The Redis behind servers whose default model, and that of the cache `default`, is the
    small one."""
    with running_redis(tmp_path_factory.mktemp("tiny-servers-redis")) as server:
        yield server


@pytest.fixture(scope="session", params=["embedded", "redis"])
async def server_address(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> AsyncIterator[str]:
    """A server with the default model and, under the name `tiny`, the small one; once on each
    store."""
    store = "embedded"
    if request.param == "redis":
        # Not the Redis of the contract suite, which empties its own.
        store = request.getfixturevalue("servers_redis").url
    settings = Settings(
        grpc="127.0.0.1:0",
        http="off",
        store=store,
        data_dir=tmp_path_factory.mktemp("server"),
        models={"tiny": str(tiny_model)},
        device="cpu",
    )
    async with open_application(settings) as server:
        yield server.grpc.address


@pytest.fixture
def cache_id() -> str:
    """A cache id that no other test uses."""
    return f"cache-{next(_numbers)}"


@pytest.fixture
async def client(server_address: str, cache_id: str) -> AsyncIterator[nearhit.AsyncClient]:
    """A client of a new cache with default settings."""
    async with nearhit.AsyncClient(server_address, cache=cache_id) as client:
        await client.create_cache(cache_id)
        yield client
