"""The entries, as the core asks for them and changes them."""

from collections.abc import Callable, Sequence
from typing import Final

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
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.embedded import cache_writes, entry_reads, entry_writes, uses
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.listing import list_entries
from nearhit_server.stores.embedded.reach import ReachWarning
from nearhit_server.stores.embedded.selection import select_all
from nearhit_server.stores.embedded.session import Session, Sessions

_DELETED_AT_ONCE: Final = 100
"""Rows that one write deletes, so that others are not kept waiting for long."""


class EmbeddedEntryStore:
    """Implements the port EntryStore, which says what each method does."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._reach = ReachWarning()

    async def count(self, spec: CacheSpec) -> int:
        """As EntryStore.count."""
        return await self._sessions.read(
            lambda session: entry_reads.count_entries(session, spec), spec=spec
        )

    async def get(self, spec: CacheSpec, entry_id: str) -> Entry | None:
        """As EntryStore.get."""
        return await self._sessions.read(
            lambda session: entry_reads.get_entry(session, spec, entry_id), spec=spec
        )

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
        return await self._sessions.read(
            lambda session: entry_reads.find_exact(
                session, spec, key, where=where, limit=limit, with_vectors=with_vectors
            ),
            spec=spec,
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
        """As EntryStore.find_nearest. Equal similarities are ordered by the latest change."""
        return await self._sessions.read(
            lambda session: entry_reads.find_nearest(
                session, spec, vector, where=where, limit=limit, with_vectors=with_vectors
            ),
            spec=spec,
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
        return await self._sessions.read(
            lambda session: list_entries(
                session, spec, where=where, cursor=cursor, limit=limit, with_vectors=with_vectors
            ),
            spec=spec,
        )

    async def put(self, spec: CacheSpec, entries: Sequence[Entry]) -> list[bool]:
        """As EntryStore.put."""
        return await self._sessions.write(self._putting(spec, entries), spec=spec)

    def _putting(
        self, spec: CacheSpec, entries: Sequence[Entry]
    ) -> Callable[[Session], Written[list[bool]]]:
        def put(session: Session) -> Written[list[bool]]:
            kept = len(session.index.recency(spec.epoch))
            self._reach.check(spec.cache_id, kept + len(entries))
            return entry_writes.put_entries(session, spec, entries)

        return put

    async def update(self, spec: CacheSpec, entry_id: str, change: EntryChange) -> Entry | None:
        """As EntryStore.update."""
        return await self._sessions.write(
            lambda session: entry_writes.update_entry(session, spec, entry_id, change), spec=spec
        )

    async def touch(self, spec: CacheSpec, used: Sequence[EntryUse]) -> None:
        """As EntryStore.touch."""
        if spec.ttl_refresh_on_hit:
            await self._sessions.write(
                lambda session: uses.slide_entries(session, spec, used), spec=spec
            )
        elif spec.max_entries is not None:
            await self._sessions.read(
                lambda session: uses.note_uses(session, spec, used), spec=spec
            )

    async def delete(self, spec: CacheSpec, entry_ids: Sequence[str]) -> int:
        """As EntryStore.delete."""
        return await self._sessions.write(
            lambda session: entry_writes.delete_entries(session, spec, entry_ids), spec=spec
        )

    async def delete_where(self, spec: CacheSpec, where: Filter) -> int:
        """As EntryStore.delete_where. Entries put meanwhile may be spared."""
        row_ids = await self._sessions.read(
            lambda session: select_all(session, where, spec.epoch).tolist(), spec=spec
        )
        deleted = 0
        for start in range(0, len(row_ids), _DELETED_AT_ONCE):
            some = row_ids[start : start + _DELETED_AT_ONCE]
            deleted += await self._delete_some(spec, some, where)
        return deleted

    async def _delete_some(self, spec: CacheSpec, row_ids: list[int], where: Filter) -> int:
        return await self._sessions.write(
            lambda session: entry_writes.delete_selected(session, spec, row_ids, where), spec=spec
        )

    async def flush(self, spec: CacheSpec) -> int:
        """As EntryStore.flush."""
        return await self._sessions.write(
            lambda session: cache_writes.flush_cache(session, spec), spec=spec
        )
