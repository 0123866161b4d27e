"""Keys in a real store, which counts how often it is asked for one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from clocks import ManualClock
from nearhit_server.core.access.keys import ApiKey
from nearhit_server.stores.embedded import EmbeddedStore, open_embedded_store


class CountedKeys:
    """A KeyStore that notes which keys it is asked for."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._store = store
        self.looks: list[str] = []

    async def get_key(self, key_id: str) -> ApiKey | None:
        self.looks.append(key_id)
        return await self._store.get_key(key_id)

    async def list_keys(self, *, after: str, limit: int) -> list[ApiKey]:
        return await self._store.list_keys(after=after, limit=limit)

    async def put_key(self, key: ApiKey) -> bool:
        return await self._store.put_key(key)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def keys(tmp_path: Path, clock: ManualClock) -> AsyncIterator[CountedKeys]:
    async with open_embedded_store(tmp_path, clock=clock) as store:
        yield CountedKeys(store)
