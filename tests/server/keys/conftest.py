"""A server with keys on, once on each store."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest

import nearhit
from server.keys.keyed_servers import BOOT_KEY, keyed_server


@pytest.fixture(scope="package", params=["embedded", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    """The store of the server, as its settings name it."""
    if request.param == "redis":
        return str(request.getfixturevalue("tiny_servers_redis").url)
    return "embedded"


@pytest.fixture(scope="package")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keyed")


@pytest.fixture(scope="package")
async def address(store: str, data_dir: Path, tiny_model: Path) -> AsyncIterator[str]:
    async with keyed_server(store, data_dir=data_dir, model=tiny_model) as address:
        yield address


@pytest.fixture
async def channel(address: str) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel


@pytest.fixture
async def boot(address: str, cache_id: str) -> AsyncIterator[nearhit.AsyncClient]:
    """A client whose key may do everything, on a new cache."""
    async with nearhit.AsyncClient(address, cache=cache_id, api_key=BOOT_KEY) as client:
        await client.create_cache(cache_id)
        yield client
        await client.delete_cache(cache_id)
