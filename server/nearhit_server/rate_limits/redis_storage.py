"""The `limits` library's storage on the Redis of the store."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import redis.asyncio
from limits.aio.storage import RedisClusterStorage, RedisStorage
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff

_PREFIX: Final = "nearhit:limits"

MAX_ASKING: Final = 16
"""How many may use the storage at once."""


@asynccontextmanager
async def open_redis_storage(url: str) -> AsyncIterator[RedisStorage]:
    """Storage on what the store's `url` names. Nothing is connected before it is used."""
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    storage: RedisStorage
    async with AsyncExitStack() as stack:
        match kind:
            case "cluster":
                storage = _on_cluster(parts, scheme)
                stack.push_async_callback(storage.bridge.storage.aclose)  # type: ignore[attr-defined]
            case "sentinel":
                sentinels = _sentinels(parts)
                for client in sentinels.sentinels:
                    await stack.enter_async_context(aclosing(client))
                settings = _url_settings(parts, scheme)
                master = sentinels.master_for(parts.path.strip("/"), **settings)
                storage = _on_one(await stack.enter_async_context(aclosing(master)))
            case _:
                client = redis.asyncio.Redis.from_url(url, **_settings())
                storage = _on_one(await stack.enter_async_context(aclosing(client)))
        yield storage


def _on_one(client: redis.asyncio.Redis) -> RedisStorage:
    return RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix=_PREFIX,
        connection_pool=client.connection_pool,  # type: ignore[arg-type]
    )


def _on_cluster(parts: SplitResult, scheme: str) -> RedisClusterStorage:
    return RedisClusterStorage(
        f"async+redis+cluster://{_hosts(parts)}",
        implementation="redispy",
        key_prefix=_PREFIX,
        **_url_settings(parts, scheme),
    )


def _sentinels(parts: SplitResult) -> Sentinel:
    addresses = [host.rpartition(":") for host in _hosts(parts).split(",")]
    return Sentinel(  # type: ignore[no-untyped-call]
        [(host.strip("[]"), int(port)) for host, _, port in addresses],
        # They are asked without the master's credentials.
        sentinel_kwargs={"socket_connect_timeout": 1, "socket_timeout": 1},
    )


def _hosts(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


def _url_settings(parts: SplitResult, scheme: str) -> dict[str, Any]:
    """What a URL with several hosts says beside them: credentials, TLS and options."""
    credentials, at, _ = parts.netloc.rpartition("@")
    settings = dict(parse_url(f"{scheme}://{credentials}{at}host?{parts.query}"))
    del settings["host"]
    if settings.pop("connection_class", None) is not None:
        settings["ssl"] = True
    return _settings() | settings


def _settings() -> dict[str, Any]:
    return {
        "protocol": 3,
        # Never reached, as long as no more than MAX_ASKING use it.
        "max_connections": 2 * MAX_ASKING,
        "socket_connect_timeout": 1,
        # What bounds a command is the time that its caller has.
        "socket_timeout": None,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.1), 3),
    }
