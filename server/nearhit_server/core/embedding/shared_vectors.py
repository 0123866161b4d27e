"""The embedding table as a model's vectors in it, which all servers on a store share."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from nearhit_server.core.embedding.vector_lru import CachedVector
from nearhit_server.core.ports import Clock, EmbeddingKey, EmbeddingRow, EmbeddingTable
from nearhit_server.core.write_behind import WriteBehind

EMBEDDING_ROW_LIFETIME: Final = timedelta(days=7)
"""How long the embedding table keeps what the server computed."""

_MAX_WAITING: Final = 2_000
"""A vector that is not kept costs somebody the time to compute it again."""


class SharedVectors:
    """Reads vectors, and writes them after the answers that they were computed for. An async
    context manager; leaving it writes what is left."""

    def __init__(self, table: EmbeddingTable, *, identity: str, clock: Clock) -> None:
        """`identity` is the encoder's."""
        self._table = table
        self._identity = identity
        self._clock = clock
        self._writes = WriteBehind(
            table.put_embeddings, name="computed embeddings", max_waiting=_MAX_WAITING
        )

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

    async def read(self, keys: Sequence[str]) -> dict[str, CachedVector]:
        """The vectors that there are, by embedding key. Raises UnavailableError."""
        rows = await self._table.get_embeddings([self._row_name(key) for key in keys])
        return {
            key: CachedVector(row.vector)
            for key, row in zip(keys, rows, strict=True)
            if row is not None
        }

    def write(self, vectors: Mapping[str, CachedVector]) -> None:
        """Keep vectors soon, by embedding key."""
        now = self._clock.now()
        # A row does not say what was left unread, so those with something unread stay out.
        whole = [
            EmbeddingRow(
                name=self._row_name(key),
                vector=vector.vector,
                created_at=now,
                expires_at=now + EMBEDDING_ROW_LIFETIME,
            )
            for key, vector in vectors.items()
            if vector.unread is None
        ]
        self._writes.add(whole)

    def _row_name(self, key: str) -> EmbeddingKey:
        return EmbeddingKey(self._identity, key)
