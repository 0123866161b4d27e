"""The entries, as the core asks for them and changes them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import redis.exceptions

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import (
    Entry,
    EntryChange,
    EntryPage,
    EntryUse,
    Neighbour,
    PromptKey,
)
from nearhit_server.core.filters import Filter
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.redis import entry_reads, entry_writes
from nearhit_server.stores.redis.commands import Commands
from nearhit_server.stores.redis.indexes import Indexes, is_missing_index

T = TypeVar("T")


class RedisEntryStore:
    """Implements the port EntryStore but for `flush`; the port says what each method does."""

    def __init__(
        self, commands: Commands, *, indexes: Indexes, clock: Clock, observer: Observer
    ) -> None:
        self._commands = commands
        self._indexes = indexes
        self._clock = clock
        self._observer = observer

    async def count(self, spec: CacheSpec) -> int:
        """As EntryStore.count, give or take what has expired within the last moments."""
        return await self._indexed(spec, lambda: entry_reads.count_entries(self._commands, spec))

    async def get(self, spec: CacheSpec, entry_id: str) -> Entry | None:
        """As EntryStore.get."""
        return await entry_reads.get_entry(self._commands, self._clock, spec, entry_id)

    async def find_exact(
        self,
        spec: CacheSpec,
        key: PromptKey,
        *,
        where: Filter | None,
        limit: int,
        with_vectors: bool = False,
    ) -> list[Entry]:
        """As EntryStore.find_exact."""
        return await self._indexed(
            spec,
            lambda: entry_reads.find_exact(
                self._commands, spec, key, where=where, limit=limit, with_vectors=with_vectors
            ),
        )

    async def find_nearest(
        self,
        spec: CacheSpec,
        vector: FloatVector,
        *,
        where: Filter | None,
        limit: int,
        with_vectors: bool = False,
    ) -> list[Neighbour]:
        """As EntryStore.find_nearest."""
        return await self._indexed(
            spec,
            lambda: entry_reads.find_nearest(
                self._commands, spec, vector, where=where, limit=limit, with_vectors=with_vectors
            ),
        )

    async def list_entries(
        self,
        spec: CacheSpec,
        *,
        where: Filter | None,
        cursor: str | None,
        limit: int,
        with_vectors: bool = False,
    ) -> EntryPage:
        """As EntryStore.list_entries."""
        return await self._indexed(
            spec,
            lambda: entry_reads.list_entries(
                self._commands,
                self._clock,
                spec,
                where=where,
                cursor=cursor,
                limit=limit,
                with_vectors=with_vectors,
            ),
        )

    async def put(self, spec: CacheSpec, entries: Sequence[Entry]) -> list[bool]:
        """As EntryStore.put."""
        return await entry_writes.put_entries(
            self._commands, self._clock, spec, entries, observer=self._observer
        )

    async def update(self, spec: CacheSpec, entry_id: str, change: EntryChange) -> Entry | None:
        """As EntryStore.update."""
        return await entry_writes.update_entry(self._commands, self._clock, spec, entry_id, change)

    async def touch(self, spec: CacheSpec, uses: Sequence[EntryUse]) -> None:
        """As EntryStore.touch."""
        await entry_writes.touch_entries(self._commands, self._clock, spec, uses)

    async def delete(self, spec: CacheSpec, entry_ids: Sequence[str]) -> int:
        """As EntryStore.delete."""
        return await entry_writes.delete_entries(self._commands, spec, entry_ids)

    async def delete_where(self, spec: CacheSpec, where: Filter) -> int:
        """As EntryStore.delete_where. Atomic per batch; entries put meanwhile may be spared."""
        return await self._indexed(
            spec, lambda: entry_writes.delete_selected(self._commands, spec, where)
        )

    async def _indexed(self, spec: CacheSpec, search: Callable[[], Awaitable[T]]) -> T:
        """The result of `search`, for which a missing index is made again."""
        try:
            return await search()
        except redis.exceptions.ResponseError as error:
            if not is_missing_index(error):
                raise
        await self._indexes.rebuild(spec)
        return await search()
