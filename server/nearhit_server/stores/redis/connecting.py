"""From a URL to commands: one Redis, Sentinel or a Cluster."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import redis.asyncio
import redis.exceptions
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff

from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.stores.redis.cluster import ClusterRedis
from nearhit_server.stores.redis.commands import Commands
from nearhit_server.stores.redis.failures import translated
from nearhit_server.stores.redis.options import RedisOptions
from nearhit_server.stores.redis.single import SingleRedis


@asynccontextmanager
async def open_commands(url: str, options: RedisOptions) -> AsyncIterator[Commands]:
    """Commands on what `url` names. Raises StoreStartupError for a URL that names nothing.

    redis://, rediss:// and unix:// are one Redis, with user, password and options as redis-py
    reads them; with +sentinel several Sentinels, comma-separated, and the master's name as
    path; with +cluster some nodes of a Cluster, comma-separated.
    """
    commands = await _open(url, options)
    try:
        yield commands
    finally:
        await commands.aclose()


async def _open(url: str, options: RedisOptions) -> SingleRedis | ClusterRedis:
    try:
        scheme, _, kind = url.partition("://")[0].partition("+")
        match kind:
            case "":
                return _single(url, options)
            case "sentinel":
                return _behind_sentinels(url, scheme, options)
            case "cluster":
                return await _cluster(url, scheme, options)
            case _:
                raise _UrlError("the scheme of its URL is unknown")
    except _UrlError as error:
        raise _cannot_open(str(error)) from None
    except (ValueError, TypeError):
        # What the library says may quote the URL, and with it the password.
        raise _cannot_open(
            "its URL is malformed; in a password, characters such as @ : / # ? are written as "
            "%40 and so on"
        ) from None
    except (
        *(redis.exceptions.RedisError, redis.exceptions.RedisClusterException),
        OSError,
    ) as error:
        failure = translated(error)
        reason = "Redis refuses" if failure is None else failure.message
        raise _cannot_open(reason) from error


class _UrlError(Exception):
    """What is wrong with a URL, without anything of it that may be a secret."""


def _cannot_open(reason: str) -> StoreStartupError:
    return StoreStartupError(f"cannot open the store: {reason}")


def _connection_settings(options: RedisOptions) -> dict[str, Any]:
    return {
        "protocol": 3,
        # Never reached: callers queue in SingleRedis.
        "max_connections": options.max_connections + 1,
        "socket_connect_timeout": options.connect_timeout_seconds,
        # What bounds a command is the time that its caller has, all told.
        "socket_timeout": None,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 3),
        "retry_on_error": [redis.exceptions.ConnectionError, redis.exceptions.TimeoutError],
    }


def _single(url: str, options: RedisOptions) -> SingleRedis:
    client = redis.asyncio.Redis.from_url(url, **_connection_settings(options))
    return SingleRedis(_understood(client), options)


def _understood(client: redis.asyncio.Redis) -> redis.asyncio.Redis:
    """The client. Raises TypeError if its URL has an option that connections do not take."""
    pool = client.connection_pool
    if pool.connection_kwargs.get("db"):
        raise _UrlError("its URL names a database other than 0, where there is no Search")
    pool.connection_class(**pool.connection_kwargs)
    return client


def _behind_sentinels(url: str, scheme: str, options: RedisOptions) -> SingleRedis:
    parts = urlsplit(url)
    name = parts.path.strip("/")
    if not name:
        raise _UrlError("its URL lacks the name of the Sentinels' master, as /mymaster")
    settings = _connection_settings(options) | _url_settings(parts, scheme)
    # The Sentinels themselves are asked without the master's credentials.
    of_sentinels = {
        "socket_connect_timeout": options.connect_timeout_seconds,
        "socket_timeout": options.connect_timeout_seconds,
    }
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        _addresses(parts), sentinel_kwargs=of_sentinels
    )
    master = _understood(sentinel.master_for(name, **settings))
    return SingleRedis(master, options, sentinels=sentinel.sentinels)


async def _cluster(url: str, scheme: str, options: RedisOptions) -> ClusterRedis:
    parts = urlsplit(url)
    settings = _connection_settings(options) | _url_settings(parts, scheme)
    of_topology = settings | {"socket_timeout": options.connect_timeout_seconds}
    del of_topology["retry_on_error"]
    topology = RedisCluster(
        startup_nodes=[ClusterNode(host, port) for host, port in _addresses(parts)],
        **of_topology,
    )
    try:
        await topology.initialize()
    except BaseException:
        await topology.aclose()
        raise

    def connect(host: str, port: int) -> SingleRedis:
        return SingleRedis(redis.asyncio.Redis(host=host, port=port, **settings), options)

    return ClusterRedis(topology, connect, options)


def _addresses(parts: SplitResult) -> list[tuple[str, int]]:
    hosts = parts.netloc.rpartition("@")[2]
    addresses = []
    for address in hosts.split(","):
        host, _, port = address.rpartition(":")
        if not host or not port.isdigit():
            raise _UrlError("its URL names a host that is not HOST:PORT")
        addresses.append((host.strip("[]"), int(port)))
    return addresses


def _url_settings(parts: SplitResult, scheme: str) -> dict[str, Any]:
    """What a URL with several hosts says beside them: credentials, TLS and options."""
    credentials = parts.netloc.rpartition("@")[0]
    user, _, password = credentials.partition(":")
    settings: dict[str, Any] = dict(parse_url(f"{scheme}://host?{parts.query}"))
    for unwanted in ("host", "connection_class"):
        settings.pop(unwanted, None)
    if user:
        settings["username"] = unquote(user)
    if password:
        settings["password"] = unquote(password)
    if scheme == "rediss":
        settings["ssl"] = True
    return settings
