"""API keys, as the core asks for them and changes them."""

from nearhit_server.core.access.keys import ApiKey
from nearhit_server.stores.embedded.key_rows import read_key, read_keys, write_key
from nearhit_server.stores.embedded.session import Sessions


class EmbeddedKeyStore:
    """Implements the port KeyStore, which says what each method does."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    async def get_key(self, key_id: str) -> ApiKey | None:
        """As KeyStore.get_key."""
        return await self._sessions.read(lambda session: read_key(session.connection, key_id))

    async def list_keys(self, *, after: str, limit: int) -> list[ApiKey]:
        """As KeyStore.list_keys."""
        return await self._sessions.read(
            lambda session: read_keys(session.connection, after=after, limit=limit)
        )

    async def put_key(self, key: ApiKey) -> bool:
        """As KeyStore.put_key."""
        return await self._sessions.write(lambda session: write_key(session, key))
