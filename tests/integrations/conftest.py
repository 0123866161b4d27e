"""Servers in processes of their own, so that blocking calls do not keep them from answering, and
the time that they take is not the tests' event loop's."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from redis_servers.server import RedisServer
from server_process import server_process


@pytest.fixture(scope="session", params=["embedded", "redis"])
def target(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    servers_redis: RedisServer,
    tiny_model: Path,
) -> Iterator[str]:
    """The address of a server with the default model and, under the name `tiny`, the small one;
    once on each store."""
    folder = tmp_path_factory.mktemp("target")
    config = folder / "nearhit.toml"
    config.write_text(f"[models]\ntiny = '{tiny_model}'\n")
    store = servers_redis.url if request.param == "redis" else "embedded"
    with server_process(folder, "--store", store, "--config", str(config)) as server:
        yield server.address


@pytest.fixture
def down() -> Iterator[str]:
    """An address where nobody is."""
    with socket.socket() as bound:  # Bound and not listening: nobody else gets the port.
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"
