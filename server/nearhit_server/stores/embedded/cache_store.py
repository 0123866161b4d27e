"""The caches' settings, as the core asks for them and changes them."""

from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.embedded import cache_writes
from nearhit_server.stores.embedded.cache_rows import read_spec, read_specs
from nearhit_server.stores.embedded.session import Sessions


class EmbeddedCacheStore:
    """Implements the port CacheStore, which says what each method does."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def create_cache(self, spec: CacheSpec) -> CacheSpec:
        """As CacheStore.create_cache."""
        return await self._sessions.write(lambda session: cache_writes.create_cache(session, spec))

    async def get_cache(self, cache_id: str) -> CacheSpec:
        """As CacheStore.get_cache."""
        return await self._sessions.read(lambda session: read_spec(session.connection, cache_id))

    async def list_caches(self, *, after: str, limit: int) -> list[CacheSpec]:
        """As CacheStore.list_caches."""
        return await self._sessions.read(
            lambda session: read_specs(session.connection, after=after, limit=limit)
        )

    async def update_cache(self, spec: CacheSpec, *, flush: bool) -> CacheSpec:
        """As CacheStore.update_cache."""
        return await self._sessions.write(
            lambda session: cache_writes.update_cache(session, spec, flush=flush), spec=spec
        )

    async def delete_cache(self, cache_id: str) -> int:
        """As CacheStore.delete_cache."""
        return await self._sessions.write(
            lambda session: cache_writes.delete_cache(session, cache_id)
        )
