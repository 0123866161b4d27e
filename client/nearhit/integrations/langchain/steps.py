"""The steps of a semantic cache that are no calls to its own nearhit cache."""

import asyncio
from dataclasses import dataclass
from typing import Any

from langchain_core.embeddings import Embeddings

from nearhit.integrations.connections import Connections
from nearhit.integrations.flows import Flow, LoopConnection
from nearhit.sync import Client


@dataclass(frozen=True)
class Embed:
    """Embeds a text. To be awaited it takes `timeout_seconds` at most, or raises TimeoutError."""

    embeddings: Embeddings
    text: str
    timeout_seconds: float

    def now(self, client: Client) -> list[float]:
        return self.embeddings.embed_query(self.text)

    async def later(self, connection: LoopConnection) -> list[float]:
        async with asyncio.timeout(self.timeout_seconds):
            return await self.embeddings.aembed_query(self.text)


@dataclass(frozen=True)
class Elsewhere:
    """Performs a flow of another cache, in that one."""

    connections: Connections
    flow: Flow[Any]

    def now(self, client: Client) -> Any:
        return self.connections.run(self.flow)

    async def later(self, connection: LoopConnection) -> Any:
        return await self.connections.run_async(self.flow)
