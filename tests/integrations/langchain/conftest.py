"""Servers in processes of their own, so that blocking calls do not keep them from answering."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from nearhit.integrations.langchain import NearhitCache, NearhitSemanticCache
from redis_servers.server import RedisServer
from server_process import server_process

AnyCache: TypeAlias = NearhitCache | NearhitSemanticCache


@pytest.fixture(scope="session")
def langchain_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("langchain")


@pytest.fixture(scope="session", params=["embedded", "redis"])
def target(
    request: pytest.FixtureRequest, langchain_folder: Path, servers_redis: RedisServer
) -> Iterator[str]:
    """The address of a server, once on each store."""
    store = servers_redis.url if request.param == "redis" else "embedded"
    with server_process(langchain_folder, "--store", store) as server:
        yield server.address


@pytest.fixture(params=[NearhitCache, NearhitSemanticCache], ids=["exact", "semantic"])
def kind(request: pytest.FixtureRequest) -> type[AnyCache]:
    """Each of the two caches."""
    return request.param


@pytest.fixture
def make_cache(kind: type[AnyCache], target: str, cache_id: str) -> Callable[..., AnyCache]:
    """Makes a cache of either kind, empty unless the test has filled it."""
    return lambda **options: kind(target, **{"cache": cache_id, **options})
