"""The Redis that is measured: a new one of the tests' binaries, or one that is named."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis_servers.server import RedisServer


@contextmanager
def redis_under_test(url: str | None) -> Iterator[str]:
    """The URL of a Redis: `url`, or else that of a new one, which ends with the block."""
    if url is not None:
        yield url
        return
    with own_redis() as server:
        yield server.url


@contextmanager
def own_redis(*, append_only: bool = False) -> Iterator[RedisServer]:
    """A new Redis in a folder of its own; both are gone after the block."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder), append_only=append_only)
        server.start()
        try:
            yield server
        finally:
            server.kill()
