"""Fixtures with Redis servers; tests/conftest.py imports them.

A Redis that cannot be started fails the tests that need one; nothing is skipped.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from redis_servers.cluster import RedisClusterServers
from redis_servers.sentinel import RedisSentinelServers
from redis_servers.server import RedisServer


class _Servers(Protocol):
    def start(self) -> None: ...

    def kill(self) -> None: ...


S = TypeVar("S", bound=_Servers)

StartRedis = Callable[..., RedisServer]
StartRedisCluster = Callable[..., RedisClusterServers]
StartRedisSentinels = Callable[..., RedisSentinelServers]


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Redis that all tests share: NEARHIT_TEST_REDIS_URL, or else our own.

    It is never flushed and may hold other people's keys; tests keep apart by cache ids.
    """
    if url := os.environ.get("NEARHIT_TEST_REDIS_URL"):
        yield url
        return
    with _running(RedisServer(tmp_path_factory.mktemp("redis"))) as server:
        yield server.url


@pytest.fixture(scope="session")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisClusterServers]:
    """A cluster that all tests share and none harms."""
    with _running(RedisClusterServers(tmp_path_factory.mktemp("redis-cluster"))) as cluster:
        yield cluster


@pytest.fixture
def start_redis(tmp_path: Path) -> Iterator[StartRedis]:
    """Start a server of the test's own, to kill; the arguments are RedisServer's."""
    yield from _starter(RedisServer, tmp_path / "redis")


@pytest.fixture
def start_redis_cluster(tmp_path: Path) -> Iterator[StartRedisCluster]:
    """Start a cluster of the test's own; the arguments are RedisClusterServers'."""
    yield from _starter(RedisClusterServers, tmp_path / "redis-cluster")


@pytest.fixture
def start_redis_sentinels(tmp_path: Path) -> Iterator[StartRedisSentinels]:
    """Start servers under Sentinel; the arguments are RedisSentinelServers'."""
    yield from _starter(RedisSentinelServers, tmp_path / "redis-sentinels")


@contextmanager
def _running(servers: S) -> Iterator[S]:
    try:
        servers.start()
        yield servers
    finally:
        servers.kill()


def _starter(kind: Callable[..., S], folder: Path) -> Iterator[Callable[..., S]]:
    numbers = count()
    with ExitStack() as running:

        def start(**options: object) -> S:
            servers = kind(folder / str(next(numbers)), **options)
            return running.enter_context(_running(servers))

        yield start
