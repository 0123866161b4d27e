"""The uses of entries, noted behind the answers that they come from."""

from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import EntryUse
from nearhit_server.core.errors import NotFoundError, SpecChangedError
from nearhit_server.core.ports import EntryStore
from nearhit_server.core.write_behind import WriteBehind

_MAX_WAITING: Final = 20_000
"""A use that goes unnoted costs an early eviction or an early expiry, which is a miss."""


class EntryUses:
    """Notes uses in the store, soon. An async context manager; leaving it notes what is left."""

    def __init__(self, entries: EntryStore) -> None:
        self._entries = entries
        self._writes = WriteBehind(self._touch, name="uses of entries", max_waiting=_MAX_WAITING)

    async def __aenter__(self) -> Self:
        await self._writes.__aenter__()
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._writes.__aexit__(exception_type, exception, traceback)

    def note(self, spec: CacheSpec, uses: Sequence[EntryUse]) -> None:
        """What EntryStore.touch does, but later and without a word of what comes of it."""
        group = (spec.cache_id, spec.version)
        self._writes.add([(spec, use) for use in uses], group=group)

    async def _touch(self, noted: Sequence[tuple[CacheSpec, EntryUse]]) -> None:
        spec, _ = noted[0]
        try:
            await self._entries.touch(spec, [use for _, use in noted])
        except (SpecChangedError, NotFoundError):
            # The cache was emptied, deleted or set otherwise since: that is newer than the uses.
            return
