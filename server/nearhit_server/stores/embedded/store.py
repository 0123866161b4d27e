"""The embedded store as the core sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from nearhit_server.core.observing import UNOBSERVED, Observer
from nearhit_server.core.ports import Clock, EmbeddingKey, EmbeddingRow
from nearhit_server.stores.embedded.cache_store import EmbeddedCacheStore
from nearhit_server.stores.embedded.connection import Durability, size_on_disk
from nearhit_server.stores.embedded.embedding_rows import read_embeddings, write_embeddings
from nearhit_server.stores.embedded.entry_index import EntryIndex
from nearhit_server.stores.embedded.entry_store import EmbeddedEntryStore
from nearhit_server.stores.embedded.key_store import EmbeddedKeyStore
from nearhit_server.stores.embedded.namespace_store import EmbeddedNamespaceStore
from nearhit_server.stores.embedded.opening import open_database
from nearhit_server.stores.embedded.quality_store import EmbeddedQualityStore
from nearhit_server.stores.embedded.session import Sessions
from nearhit_server.stores.embedded.sweeper import Sweeper


class EmbeddedStore(
    EmbeddedCacheStore,
    EmbeddedEntryStore,
    EmbeddedKeyStore,
    EmbeddedNamespaceStore,
    EmbeddedQualityStore,
):
    """Implements the port Storage. Made by `open_embedded_store`."""

    def __init__(self, sessions: Sessions, sweeper: Sweeper) -> None:
        EmbeddedCacheStore.__init__(self, sessions)
        EmbeddedEntryStore.__init__(self, sessions)
        EmbeddedKeyStore.__init__(self, sessions)
        EmbeddedNamespaceStore.__init__(self, sessions)
        EmbeddedQualityStore.__init__(self, sessions)
        self._sessions = sessions
        self._sweeper = sweeper

    async def get_embeddings(self, names: Sequence[EmbeddingKey]) -> list[EmbeddingRow | None]:
        """As EmbeddingTable.get_embeddings."""
        return await self._sessions.read(lambda session: read_embeddings(session, names))

    async def put_embeddings(self, rows: Sequence[EmbeddingRow]) -> None:
        """As EmbeddingTable.put_embeddings."""
        await self._sessions.write(lambda session: write_embeddings(session, rows))

    async def check(self) -> None:
        """As Store.check."""
        await self._sessions.read(lambda session: None)

    async def size_bytes(self) -> int:
        """As Storage.size_bytes: the database with its write-ahead log."""
        return await self._sessions.read(lambda session: size_on_disk(session.connection))

    async def sweep(self) -> None:
        """Delete what has expired, and dead epochs; done about every second anyway."""
        await self._sweeper.sweep()


@asynccontextmanager
async def open_embedded_store(
    data_dir: Path,
    *,
    clock: Clock,
    durability: Durability = Durability.NORMAL,
    observer: Observer = UNOBSERVED,
) -> AsyncIterator[EmbeddedStore]:
    """The store whose files are in `data_dir`, made if missing, held until the end.

    Raises StoreStartupError.
    """
    loop = asyncio.get_running_loop()
    # The index lives on the database's thread, the observer on the event loop.
    index = EntryIndex(
        on_eviction=lambda *evicted: loop.call_soon_threadsafe(observer.evicted, *evicted)
    )
    async with open_database(data_dir, index, durability) as database:
        sessions = Sessions(database=database, index=index, clock=clock)
        sweeper = Sweeper(sessions)
        sweeping = asyncio.create_task(sweeper.run())
        try:
            yield EmbeddedStore(sessions, sweeper)
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping
            await sweeper.finish()
