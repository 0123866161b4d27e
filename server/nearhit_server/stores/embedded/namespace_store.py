"""Namespaces of embeddings, as the core asks for them and changes them."""

from collections.abc import Sequence
from datetime import timedelta

from nearhit_server.core.ports import NamespaceRow
from nearhit_server.stores.embedded import namespace_rows
from nearhit_server.stores.embedded.session import Sessions


class EmbeddedNamespaceStore:
    """Implements the port NamespaceStore, which says what each method does."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get_namespace_rows(
        self,
        namespace: str,
        keys: Sequence[str],
        *,
        refresh_ttl: bool = False,
        ttl: timedelta | None = None,
    ) -> list[NamespaceRow | None]:
        """As NamespaceStore.get_namespace_rows."""
        if refresh_ttl or ttl is not None:
            return await self._sessions.write(
                lambda session: namespace_rows.refresh_rows(session, namespace, keys, ttl=ttl)
            )
        return await self._sessions.read(
            lambda session: namespace_rows.read_rows(session, namespace, keys)
        )

    async def put_namespace_rows(self, namespace: str, rows: Sequence[NamespaceRow]) -> None:
        """As NamespaceStore.put_namespace_rows."""
        await self._sessions.write(
            lambda session: namespace_rows.write_rows(session, namespace, rows)
        )

    async def has_namespace_rows(self, namespace: str, keys: Sequence[str]) -> list[bool]:
        """As NamespaceStore.has_namespace_rows."""
        return await self._sessions.read(
            lambda session: namespace_rows.have_rows(session, namespace, keys)
        )

    async def delete_namespace_rows(self, namespace: str, keys: Sequence[str]) -> int:
        """As NamespaceStore.delete_namespace_rows."""
        return await self._sessions.write(
            lambda session: namespace_rows.delete_rows(session, namespace, keys)
        )

    async def flush_namespace(self, namespace: str) -> int:
        """As NamespaceStore.flush_namespace."""
        return await self._sessions.write(
            lambda session: namespace_rows.leave_epoch(session, namespace)
        )
