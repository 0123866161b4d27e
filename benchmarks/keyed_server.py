"""nearhit as it is run in earnest: with a key to look up, its metrics and a log line a call."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nearhit
from benchmarks.closed_loop import Metadata
from benchmarks.nearhit_process import ServerProcess, serve, server_process

CACHE = "nearhit-benchmark"

_BOOTSTRAP_KEY = "a-key-for-the-benchmark"
_SCOPES = (nearhit.KeyScope.READ, nearhit.KeyScope.WRITE)


@dataclass(frozen=True)
class KeyedServer:
    """A server with an empty cache, and the key for that."""

    process: ServerProcess
    key: str

    @property
    def metadata(self) -> Metadata:
        """What a caller has to send."""
        return (("authorization", f"Bearer {self.key}"),)

    def client(self) -> nearhit.AsyncClient:
        """A client for the cache."""
        return nearhit.AsyncClient(self.process.address, api_key=self.key, cache=CACHE)


@asynccontextmanager
async def keyed_server(
    store: str, *, environment: dict[str, str] | None = None
) -> AsyncIterator[KeyedServer]:
    """Start it; it ends with the block, and its cache too."""
    with tempfile.TemporaryDirectory() as folder:
        command = serve("--store", store, "--data-dir", folder)
        settings = {"NEARHIT_API_KEYS": _BOOTSTRAP_KEY} | (environment or {})
        async with (
            server_process(command, environment=settings) as process,
            nearhit.AsyncClient(process.address, api_key=_BOOTSTRAP_KEY) as client,
        ):
            await client.create_cache(CACHE)
            # A stored key, as callers have them: its hash has to be looked up now and then.
            issued = await client.create_key(CACHE, scopes=_SCOPES, caches=[CACHE])
            try:
                yield KeyedServer(process, issued.secret)
            finally:
                await client.revoke_key(issued.key.key_id)
                await client.delete_cache(CACHE)
