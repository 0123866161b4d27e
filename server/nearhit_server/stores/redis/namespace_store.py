"""Namespaces of embeddings: a hash for each row, in groups that spread over a Cluster.

A namespace's epoch is read with each call. It is on another node than most rows, so that a
write cannot meet it in the same step: it is read once more behind the write, which is done again
if a flush came in between. What it left in the dead epoch is removed with the rest.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

from nearhit_server.core.ports import Clock, NamespaceRow
from nearhit_server.stores.redis import namespace_scripts
from nearhit_server.stores.redis.commands import Command, Commands, call, run_one
from nearhit_server.stores.redis.keys import DEAD_NAMESPACE_EPOCHS, NAMESPACE_EPOCHS, RowGroup
from nearhit_server.stores.redis.namespace_garbage import counted
from nearhit_server.stores.redis.namespace_hash import FIELDS, fields_of, row_of
from nearhit_server.stores.times import optional_duration_to_microseconds, to_microseconds

T = TypeVar("T")

_LONGEST_WRITE_MICROSECONDS: Final = 60_000_000
"""A dead epoch is swept once more after this, for what was written there by a call that had not
seen the flush, and in case that nobody counted it."""


class RedisNamespaceStore:
    """Implements the port NamespaceStore, which says what each method does."""

    def __init__(self, commands: Commands, *, clock: Clock) -> None:
        self._commands = commands
        self._clock = clock

    async def get_namespace_rows(
        self,
        namespace: str,
        keys: Sequence[str],
        *,
        refresh_ttl: bool = False,
        ttl: timedelta | None = None,
    ) -> list[NamespaceRow | None]:
        """As NamespaceStore.get_namespace_rows."""
        epoch = await self._epoch(namespace)
        now_us = to_microseconds(self._clock.now())
        new_ttl_us = optional_duration_to_microseconds(ttl)

        def read(key: str) -> Command:
            group = RowGroup.of(namespace, epoch, key)
            row = group.row(key)
            if not refresh_ttl and ttl is None:
                return ("HMGET", row, *FIELDS)
            words = (key, now_us, "" if new_ttl_us is None else new_ttl_us, *FIELDS)
            return call(namespace_scripts.REFRESH_ROW, (row, group.expiries), *words)

        replies = await self._spread([read(key) for key in keys])
        return [row_of(key, reply) for key, reply in zip(keys, replies, strict=True)]

    async def put_namespace_rows(self, namespace: str, rows: Sequence[NamespaceRow]) -> None:
        """As NamespaceStore.put_namespace_rows."""

        def put(epoch: int, row: NamespaceRow) -> Command:
            group = RowGroup.of(namespace, epoch, row.key)
            keys = (group.row(row.key), group.expiries)
            lifetime = self._lifetime_milliseconds(row)
            return call(namespace_scripts.PUT_ROW, keys, row.key, lifetime, *fields_of(row))

        await self._write(namespace, lambda epoch: self._spread([put(epoch, row) for row in rows]))

    async def has_namespace_rows(self, namespace: str, keys: Sequence[str]) -> list[bool]:
        """As NamespaceStore.has_namespace_rows."""
        epoch = await self._epoch(namespace)
        rows = [RowGroup.of(namespace, epoch, key).row(key) for key in keys]
        return [bool(reply) for reply in await self._spread([("EXISTS", row) for row in rows])]

    async def delete_namespace_rows(self, namespace: str, keys: Sequence[str]) -> int:
        """As NamespaceStore.delete_namespace_rows."""

        def delete(epoch: int, key: str) -> Command:
            group = RowGroup.of(namespace, epoch, key)
            return call(namespace_scripts.DELETE_ROW, (group.row(key), group.expiries), key)

        replies = await self._write(
            namespace, lambda epoch: self._spread([delete(epoch, key) for key in keys])
        )
        return sum(map(int, replies))

    async def flush_namespace(self, namespace: str) -> int:
        """As NamespaceStore.flush_namespace."""
        keys = (NAMESPACE_EPOCHS, DEAD_NAMESPACE_EPOCHS)
        leave = call(namespace_scripts.LEAVE_EPOCH, keys, namespace, _LONGEST_WRITE_MICROSECONDS)
        (reply,) = await self._commands.run(NAMESPACE_EPOCHS, [leave], durable=True)
        if isinstance(reply, Exception):
            raise reply
        left, now = map(int, reply)
        count = await self._count(namespace, left, now)
        await run_one(self._commands, DEAD_NAMESPACE_EPOCHS, counted(namespace, left))
        return count

    async def _count(self, namespace: str, epoch: int, now: int) -> int:
        groups = RowGroup.all(namespace, epoch)
        counts = await self._spread([("ZCOUNT", g.expiries, f"({now}", "+inf") for g in groups])
        return sum(map(int, counts))

    async def _write(self, namespace: str, write: Callable[[int], Awaitable[T]]) -> T:
        """What `write` came to in the namespace's present epoch."""
        epoch = await self._epoch(namespace)
        while True:
            written = await write(epoch)
            current = await self._epoch(namespace)
            if current == epoch:
                return written
            # Somebody else's flush is done, so this is no race that nobody wins.
            epoch = current

    async def _epoch(self, namespace: str) -> int:
        read = ("HGET", NAMESPACE_EPOCHS, namespace)
        return int(await run_one(self._commands, NAMESPACE_EPOCHS, read) or 0)

    def _lifetime_milliseconds(self, row: NamespaceRow) -> int | str:
        if row.expires_at is None:
            return ""
        lifetime = row.expires_at - self._clock.now()
        return max(1, round(lifetime.total_seconds() * 1_000))

    async def _spread(self, commands: Sequence[Command]) -> list[Any]:
        replies = await self._commands.spread(commands)
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies
