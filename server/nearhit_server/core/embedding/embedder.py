"""One model and what is remembered of it: memory, then the embedding table, then the model."""

from collections.abc import Collection, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Final

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.keys import embedding_key
from nearhit_server.core.embedding.reading import Unread, unread_of
from nearhit_server.core.embedding.shared_vectors import SharedVectors
from nearhit_server.core.embedding.vector_lru import CachedVector, VectorLru
from nearhit_server.core.errors import UnavailableError
from nearhit_server.core.observing import UNOBSERVED, Observer, VectorSource
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatVector


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
        shared: SharedVectors | None,
        observer: Observer = UNOBSERVED,
    ) -> None:
        self.name = name
        self.identity = encoder.identity
        self.dimension = encoder.dimension
        self._encoder = encoder
        self._stage = stage
        self._memory = memory
        self._shared = shared
        self._observer = observer

    async def embed(
        self, texts: Sequence[str], *, tolerated: Collection[Unread] = WHOLE
    ) -> list[Embedding | UnavailableError]:
        """For each text, in order, its embedding or, if the model refuses the text, its error.

        A text of which the model leaves something unread has a vector only if that is
        `tolerated`. Raises ResourceExhaustedError, and UnavailableError if it is no text's fault.
        """
        keys = {text: embedding_key(self.name, text) for text in texts}
        known = await self.recall(list(keys.values()))
        missing = {text: key for text, key in keys.items() if key not in known}
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
        if missing and self._shared is not None:
            known |= self._learn(await self._shared.read(missing))
        return known

    async def check(self) -> None:
        """Return if the model works; one that has failed is given a text to try again.

        Raises UnavailableError.
        """
        await self._stage.check()

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
        self, keys: Mapping[str, str], *, tolerated: Collection[Unread]
    ) -> dict[str, Embedding | UnavailableError]:
        texts = list(keys)
        # Before any work is done for a text that would be turned away.
        self._stage.check_room(len(texts))
        tokenized = dict(zip(texts, await self._encoder.tokenize(texts), strict=True))
        readable = {
            text: tokens
            for text, tokens in tokenized.items()
            if (unread := unread_of(tokens)) is None or unread in tolerated
        }
        rows, refused = await self._encode(readable, keys)
        unreadable = {
            text: Embedding(None, unread_of(tokens), cached=False)
            for text, tokens in tokenized.items()
            if text not in readable
        }
        read = {text: _embedding(row, tolerated, cached=False) for text, row in rows.items()}
        return {**unreadable, **read, **refused}

    async def _encode(
        self, tokenized: Mapping[str, TokenizedText], keys: Mapping[str, str]
    ) -> tuple[dict[str, CachedVector], dict[str, UnavailableError]]:
        """The vectors of the texts, and the errors of those that the model refuses."""
        # Another call may have brought a vector while this one waited for its tokens.
        rows = {
            text: row for text in tokenized if (row := self._memory.get(keys[text])) is not None
        }
        self._tell(VectorSource.MEMORY, rows)
        missing = {text: tokens for text, tokens in tokenized.items() if text not in rows}
        outcomes = dict(zip(missing, await self._stage.encode(list(missing.values())), strict=True))
        encoded = {
            text: CachedVector(outcome, unread_of(missing[text]))
            for text, outcome in outcomes.items()
            if not isinstance(outcome, UnavailableError)
        }
        refused = {
            text: outcome
            for text, outcome in outcomes.items()
            if isinstance(outcome, UnavailableError)
        }
        self._tell(VectorSource.MODEL, encoded)
        self._remember({keys[text]: row for text, row in encoded.items()})
        return rows | encoded, refused

    def _remember(self, vectors: Mapping[str, CachedVector]) -> None:
        for key, vector in vectors.items():
            self._memory.put(key, vector)
        if self._shared is not None:
            self._shared.write(vectors)

    def _learn(self, shared: dict[str, CachedVector]) -> dict[str, CachedVector]:
        for key, vector in shared.items():
            self._memory.put(key, vector)
        self._tell(VectorSource.STORE, shared)
        return shared

    def _tell(self, source: VectorSource, found: Sized) -> None:
        if found:
            self._observer.vectors_found(source, len(found))


def _embedding(row: CachedVector, tolerated: Collection[Unread], *, cached: bool) -> Embedding:
    usable = row.unread is None or row.unread in tolerated
    return Embedding(row.vector if usable else None, row.unread, cached)
