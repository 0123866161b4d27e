"""One Redis, by TCP, TLS, unix socket or Sentinel."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import redis.asyncio
import redis.exceptions
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.stores.redis.commands import Command, Commands
from nearhit_server.stores.redis.failures import translated
from nearhit_server.stores.redis.scripts import ALL


@dataclass(frozen=True, kw_only=True)
class RedisOptions:
    """What can be set about the use of Redis. Times are seconds."""

    algorithm: str = "HNSW"
    max_connections: int = 64
    connect_timeout_seconds: float = 0.5
    command_timeout_seconds: float = 0.9
    patient_timeout_seconds: float = 10.0


class SingleRedis:
    """Commands on one Redis, over a pool whose callers wait for a connection in turn."""

    def __init__(self, client: "redis.asyncio.Redis", options: RedisOptions) -> None:
        self._client = client
        self._options = options

    async def run(
        self, key: str, commands: Sequence[Command], *, patient: bool = False
    ) -> list[Any]:
        """As Commands.run."""
        options = self._options
        seconds = options.patient_timeout_seconds if patient else options.command_timeout_seconds
        try:
            # One limit for all of it: waiting for a connection, connecting, trying again.
            async with asyncio.timeout(seconds):
                replies = await self._pipelined(commands)
                if any(isinstance(r, redis.exceptions.NoScriptError) for r in replies):
                    await self._load_scripts()
                    replies = await self._pipelined(commands)
        except (redis.exceptions.RedisError, TimeoutError, OSError) as error:
            failure = translated(error)
            if failure is None:
                raise
            raise failure from error
        for reply in replies:
            if isinstance(reply, Exception) and (failure := translated(reply)) is not None:
                raise failure from reply
        return replies

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """As Commands.spread."""
        return await self.run("", commands, patient=True) if commands else []

    async def _pipelined(self, commands: Sequence[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute(raise_on_error=False)

    async def _load_scripts(self) -> None:
        # Redis forgets scripts when it restarts.
        await self._pipelined([("SCRIPT LOAD", script.source) for script in ALL])


@asynccontextmanager
async def open_commands(url: str, options: RedisOptions) -> AsyncIterator[Commands]:
    """Commands on what `url` names. Raises StoreStartupError for a URL that is none."""
    try:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            protocol=3,
            max_connections=options.max_connections,
            timeout=None,
            socket_connect_timeout=options.connect_timeout_seconds,
            retry=Retry(ExponentialWithJitterBackoff(base=0.02, cap=0.2), 3),
            retry_on_error=[
                redis.exceptions.ConnectionError,
                redis.exceptions.TimeoutError,
            ],
            health_check_interval=0,
        )
    except ValueError as error:
        raise StoreStartupError(f"store: {error}") from error
    client = redis.asyncio.Redis(connection_pool=pool)
    try:
        yield SingleRedis(client, options)
    finally:
        await client.aclose()
        await pool.aclose()
