"""One Redis, whatever way to it: TCP, TLS, unix socket or Sentinel."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import redis.asyncio
import redis.exceptions

from nearhit_server.stores.redis import (
    cache_scripts,
    entry_scripts,
    key_scripts,
    namespace_scripts,
    quality_scripts,
)
from nearhit_server.stores.redis.commands import Command
from nearhit_server.stores.redis.failures import raise_translated, translated
from nearhit_server.stores.redis.options import RedisOptions
from nearhit_server.stores.redis.replication import check_replicas, wait_for_replicas

_SCRIPTS: Final = (
    *(*entry_scripts.ALL, *cache_scripts.ALL),
    *(*key_scripts.ALL, *namespace_scripts.ALL, *quality_scripts.ALL),
)


class SingleRedis:
    """Commands on one Redis. More callers than connections wait for one in turn."""

    def __init__(
        self,
        client: redis.asyncio.Redis,
        options: RedisOptions,
        *,
        sentinels: Sequence[redis.asyncio.Redis] = (),
    ) -> None:
        self._client = client
        self._sentinels = sentinels
        self._options = options
        self._connections = asyncio.Semaphore(options.max_connections)

    async def run(
        self,
        key: str,
        commands: Sequence[Command],
        *,
        patient: bool = False,
        durable: bool = False,
    ) -> list[Any]:
        """As Commands.run."""
        sent = [*commands, *wait_for_replicas(self._options, durable=durable)]
        try:
            async with asyncio.timeout(self._options.seconds(patient=patient)):
                replies = await self.pipelined(sent)
        except (redis.exceptions.RedisError, TimeoutError, OSError) as error:
            raise translated(error) or error from error
        raise_translated(replies)
        check_replicas(self._options, replies[len(commands) :])
        return replies[: len(commands)]

    async def spread(self, commands: Sequence[Command]) -> list[Any]:
        """As Commands.spread."""
        return await self.run("", commands, patient=True) if commands else []

    async def everywhere(self, command: Command) -> list[Any]:
        """As Commands.everywhere."""
        return await self.run("", [command])

    async def pipelined(self, commands: Sequence[Command]) -> list[Any]:
        """The replies, errors among them, without a limit in time. Raises RedisError."""
        async with self._connections:
            replies = await self._sent(commands)
            if any(isinstance(reply, redis.exceptions.NoScriptError) for reply in replies):
                # Redis forgets scripts when it restarts.
                await self._sent([("SCRIPT LOAD", script.source) for script in _SCRIPTS])
                replies = await self._sent(commands)
            return replies

    async def _sent(self, commands: Sequence[Command]) -> list[Any]:
        async with self._client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            replies: list[Any] = await pipeline.execute(raise_on_error=False)
            return replies

    async def aclose(self) -> None:
        """Close every connection."""
        for client in (self._client, *self._sentinels):
            await client.aclose()
