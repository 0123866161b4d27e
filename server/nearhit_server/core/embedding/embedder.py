"""One model and what is remembered of it: memory, then the embedding table, then the model."""

import asyncio
from collections.abc import Collection, Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.keys import embedding_key
from nearhit_server.core.embedding.reading import Unread, unread_of
from nearhit_server.core.embedding.vector_lru import CachedVector, VectorLru
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.observing import UNOBSERVED, Observer, VectorSource
from nearhit_server.core.ports import (
    Clock,
    EmbeddingKey,
    EmbeddingRow,
    EmbeddingTable,
    Encoder,
    TokenizedText,
)
from nearhit_server.core.vectors import FloatVector

_log = structlog.get_logger()

EMBEDDING_ROW_LIFETIME: Final = timedelta(days=7)
"""How long the embedding table keeps what the server computed."""


_TRIAL_TEXT: Final = "is anybody there"
_TRIAL_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Embedding:
    """A text's vector, None if the model does not read all of the text and has to."""

    vector: FloatVector | None
    unread: Unread | None
    cached: bool


WHOLE: Final[frozenset[Unread]] = frozenset()
"""What may stay unread where the vector has to stand for the whole text: nothing."""


class Embedder:
    """Turns texts into vectors of length 1, the same text once."""

    def __init__(
        self,
        *,
        name: str,
        encoder: Encoder,
        stage: BatchingStage,
        memory: VectorLru,
        table: EmbeddingTable | None,
        clock: Clock,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self.name = name
        self.identity = encoder.identity
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._stage = stage
        self._memory = memory
        self._table = table
        self._clock = clock
        self._observer = observer

    async def embed(
        self, texts: Sequence[str], *, tolerated: Collection[Unread] = WHOLE
    ) -> list[Embedding]:
        """One embedding for each text, in order.

        A text of which the model leaves something unread has a vector only if that is
        `tolerated`. Raises ResourceExhaustedError, UnavailableError.
        """
        keys = {text: embedding_key(self.name, text) for text in texts}
        known = await self.recall(list(keys.values()))
        missing = [text for text, key in keys.items() if key not in known]
        computed = await self._compute(missing, tolerated=tolerated) if missing else {}
        found = {
            text: _embedding(known[key], tolerated, cached=True)
            for text, key in keys.items()
            if key in known
        }
        return [found[text] if text in found else computed[text] for text in texts]

    async def recall(self, keys: Sequence[str]) -> dict[str, CachedVector]:
        """The vectors that are known without asking the model, by embedding key."""
        known = {key: row for key in keys if (row := self._memory.get(key)) is not None}
        self._tell(VectorSource.MEMORY, known)
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if missing and self._table is not None:
            known |= await self._read_table(self._table, missing)
        return known

    async def check(self) -> None:
        """Return if the model works; one that has failed is given a text to try again.

        Raises UnavailableError.
        """
        if self._stage.healthy:
            return
        try:
            async with asyncio.timeout(_TRIAL_SECONDS):
                await self._stage.encode(await self._encoder.tokenize([_TRIAL_TEXT]))
        except TimeoutError as error:
            raise UnavailableError(
                f"model {self.name!r} does not answer", reason=Reason.EMBEDDING_FAILED
            ) from error

    async def longest_within_window(self, candidates: Sequence[str]) -> str | None:
        """The first of the texts that the model reads whole, None if it reads none so."""
        tokenized = await self._encoder.tokenize(candidates)
        fitting = (
            text
            for text, tokens in zip(candidates, tokenized, strict=True)
            if not tokens.exceeds_window
        )
        return next(fitting, None)

    async def _compute(
        self, texts: Sequence[str], *, tolerated: Collection[Unread]
    ) -> dict[str, Embedding]:
        # Before any work is done for a text that would be turned away.
        self._stage.check_room(len(texts))
        tokenized = dict(zip(texts, await self._encoder.tokenize(texts), strict=True))
        readable = {
            text: tokens
            for text, tokens in tokenized.items()
            if (unread := unread_of(tokens)) is None or unread in tolerated
        }
        rows = await self._encode(readable)
        return {
            text: Embedding(None, unread_of(tokens), cached=False)
            for text, tokens in tokenized.items()
        } | {text: _embedding(row, tolerated, cached=False) for text, row in rows.items()}

    async def _encode(self, tokenized: Mapping[str, TokenizedText]) -> dict[str, CachedVector]:
        # Another call may have brought a vector while this one waited for its tokens.
        rows = {
            text: row
            for text in tokenized
            if (row := self._memory.get(embedding_key(self.name, text))) is not None
        }
        self._tell(VectorSource.MEMORY, rows)
        missing = {text: tokens for text, tokens in tokenized.items() if text not in rows}
        vectors = await self._stage.encode(list(missing.values()))
        self._tell(VectorSource.MODEL, vectors)
        encoded = {
            text: CachedVector(vector, unread_of(tokens))
            for (text, tokens), vector in zip(missing.items(), vectors, strict=True)
        }
        await self._remember({embedding_key(self.name, t): row for t, row in encoded.items()})
        return rows | encoded

    async def _remember(self, rows: dict[str, CachedVector]) -> None:
        for key, row in rows.items():
            self._memory.put(key, row)
        if self._table is not None:
            await self._write_table(self._table, rows)

    async def _read_table(
        self, table: EmbeddingTable, keys: Sequence[str]
    ) -> dict[str, CachedVector]:
        rows = await table.get_embeddings([self._row_name(key) for key in keys])
        known = {}
        for key, row in zip(keys, rows, strict=True):
            if row is not None:
                known[key] = CachedVector(row.vector)
                self._memory.put(key, known[key])
        self._tell(VectorSource.STORE, known)
        return known

    def _tell(self, source: VectorSource, found: Sized) -> None:
        if found:
            self._observer.vectors_found(source, len(found))

    async def _write_table(self, table: EmbeddingTable, rows: dict[str, CachedVector]) -> None:
        now = self._clock.now()
        # A row does not say what was left unread, so those with something unread stay out.
        whole = [
            EmbeddingRow(
                name=self._row_name(key),
                vector=row.vector,
                created_at=now,
                expires_at=now + EMBEDDING_ROW_LIFETIME,
            )
            for key, row in rows.items()
            if row.unread is None
        ]
        try:
            await table.put_embeddings(whole)
        except UnavailableError:
            # The vectors are here; that nobody else will find them costs time only.
            _log.warning("embeddings were not kept", texts=len(whole), exc_info=True)

    def _row_name(self, key: str) -> EmbeddingKey:
        return EmbeddingKey(self.identity, key)


def _embedding(row: CachedVector, tolerated: Collection[Unread], *, cached: bool) -> Embedding:
    usable = row.unread is None or row.unread in tolerated
    return Embedding(row.vector if usable else None, row.unread, cached)
