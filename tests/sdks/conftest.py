"""Servers on both stores, and LangCache's SDK for Python in both of its kinds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs

import nearhit
from nearhit_server.app import door
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.rate_limits import open_rate_limiter
from nearhit_server.servers import Servers
from sdks.faults import spoil_database, with_faults
from sdks.python_sdk import PROMPT, PythonSdk
from sdks.servers import langcache_server, url_of
from server.keys.keyed_servers import BOOT_KEY

MakeSdk = Callable[..., PythonSdk]


@pytest.fixture(scope="session", params=["embedded", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    """Each kind of store."""
    return request.param


@pytest.fixture(scope="session")
def store_url(store: str, request: pytest.FixtureRequest) -> str:
    """The store of servers with the default model."""
    return "embedded" if store == "embedded" else request.getfixturevalue("servers_redis").url


@pytest.fixture(scope="session")
def tiny_store_url(store: str, request: pytest.FixtureRequest) -> str:
    """The store of servers with the small model."""
    return "embedded" if store == "embedded" else request.getfixturevalue("tiny_servers_redis").url


@pytest.fixture(scope="session")
async def servers(
    store_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Servers]:
    """A server with the default model."""
    async with langcache_server(store_url, tmp_path_factory.mktemp("sdks")) as servers:
        yield servers


@asynccontextmanager
async def limited_server(
    store_url: str, folder: Path, model: Path, *, rate: float, burst: int
) -> AsyncIterator[Servers]:
    """A server with a rate limit, which counts every call however slow its store is today."""
    patient = partial(open_rate_limiter, timeout_seconds=30)
    settings = {"model": str(model), "rate_limit": rate, "rate_limit_burst": burst}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "open_rate_limiter", patient)
        async with langcache_server(store_url, folder, **settings) as servers:
            yield servers


@pytest.fixture(scope="session")
async def limited(
    tiny_store_url: str, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> AsyncIterator[Servers]:
    """A server that lets three calls in to each cache and then none for a long time."""
    folder = tmp_path_factory.mktemp("limited")
    async with limited_server(tiny_store_url, folder, tiny_model, rate=0.01, burst=3) as servers:
        yield servers


@pytest.fixture(scope="session")
async def pacing(
    tiny_store_url: str, tmp_path_factory: pytest.TempPathFactory, tiny_model: Path
) -> AsyncIterator[Servers]:
    """A server that lets a call in to each cache every two seconds."""
    folder = tmp_path_factory.mktemp("pacing")
    async with limited_server(tiny_store_url, folder, tiny_model, rate=0.5, burst=1) as servers:
        yield servers


@pytest.fixture
async def faulty(
    tiny_store_url: str, tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Servers]:
    """A server that fails as the name of a cache says: see FAULTS."""
    monkeypatch.setattr(CacheDirectory, "use", with_faults(CacheDirectory.use))
    settings = {"model": str(tiny_model), "max_call_seconds": 0.5}
    async with langcache_server(tiny_store_url, tmp_path / "faulty", **settings) as servers:
        # On the console a traceback takes most of a second to draw.
        with capture_logs():
            yield servers


@pytest.fixture
async def storeless(
    store: str, tmp_path: Path, tiny_model: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Servers]:
    """A server whose store has failed since it was given an entry."""
    folder = tmp_path / "storeless"
    url, fail = "embedded", partial(spoil_database, folder)
    if store == "redis":
        redis = request.getfixturevalue("start_redis")()
        url, fail = redis.url, redis.kill
    settings = {"model": str(tiny_model), "redis_timeout_seconds": 0.9}
    async with langcache_server(url, folder, **settings) as servers:
        async with nearhit.AsyncClient(servers.grpc.address, api_key=BOOT_KEY) as client:
            await client.store(PROMPT, "r", attributes={"a": "b"})
        await asyncio.to_thread(fail)
        yield servers


@pytest.fixture
async def client(servers: Servers, cache_id: str) -> AsyncIterator[nearhit.AsyncClient]:
    """A gRPC client of a new cache."""
    async with nearhit.AsyncClient(
        servers.grpc.address, cache=cache_id, api_key=BOOT_KEY
    ) as client:
        await client.create_cache(cache_id)
        yield client


@pytest.fixture
async def http(
    servers: Servers, client: nearhit.AsyncClient, cache_id: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client of the same cache."""
    base = f"{url_of(servers)}/v1/caches/{cache_id}"
    headers = {"authorization": f"Bearer {BOOT_KEY}"}
    async with httpx.AsyncClient(base_url=base, headers=headers, trust_env=False) as http:
        yield http


@pytest.fixture(params=["blocking", "async"])
def make_sdk(request: pytest.FixtureRequest, cache_id: str) -> MakeSdk:
    """Make an SDK of a server; the options are LangCache's."""

    def make(servers: Servers, **options: object) -> PythonSdk:
        usual = {"cache_id": cache_id, "api_key": BOOT_KEY}
        return PythonSdk(request.param, url_of(servers), **(usual | options))

    return make


@pytest.fixture
async def sdk(
    servers: Servers, client: nearhit.AsyncClient, make_sdk: MakeSdk
) -> AsyncIterator[PythonSdk]:
    """An SDK of a new cache."""
    async with make_sdk(servers) as sdk:
        yield sdk
