"""Vectors of texts for callers who want them as such."""

from collections.abc import Sequence
from dataclasses import replace

from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.embedding_checks import (
    check_deletion,
    check_flush,
    check_names,
    check_query,
    check_write,
)
from nearhit_server.core.embedding.embedding_requests import (
    EmbeddingNames,
    EmbeddingQuery,
    EmbeddingResult,
    EmbeddingWrite,
    FoundEmbedding,
    NewEmbedding,
)
from nearhit_server.core.embedding.keys import embedding_key
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.reading import Unread
from nearhit_server.core.errors import UnavailableError
from nearhit_server.core.limits import Limits
from nearhit_server.core.ports import Clock, NamespaceRow, NamespaceStore


class EmbeddingCache:
    """Namespaces of vectors. "" holds what the server's models computed and is only read here;
    the others hold what clients put there.

    Every method raises InvalidArgumentError for a request that breaks the contract, and
    UnavailableError if the store is out of reach.
    """

    def __init__(
        self, *, models: Models, namespaces: NamespaceStore, clock: Clock, limits: Limits
    ) -> None:
        self._models = models
        self._namespaces = namespaces
        self._clock = clock
        self._limits = limits

    async def get(self, query: EmbeddingQuery) -> list[EmbeddingResult]:
        """One result for each text or key, in order. A text that the model refuses is missing.

        Raises FailedPreconditionError if the server has no such model and needs it;
        ResourceExhaustedError and UnavailableError as embedding does, the latter also if the
        model refuses every text.
        """
        check_query(query, self._limits)
        names = query.names
        keys = self._keys(names)
        if names.namespace:
            found = await self._read(query, keys)
        else:
            found = await _recall(await self._embedder(names), keys)
        if query.compute_if_missing:
            computed = await self._computed(names, keys, found)
            if names.namespace:
                # Whether the server knew a text from somebody else is not this caller's to know.
                computed = {k: replace(row, cached=False) for k, row in computed.items()}
            found = computed | found
        return [EmbeddingResult(key, found.get(key)) for key in keys]

    async def exists(self, names: EmbeddingNames) -> list[bool]:
        """Whether there is a row of each text or key, in order. Raises FailedPreconditionError
        if the server has no such model, in namespace ""."""
        check_names(names, self._limits)
        keys = self._keys(names)
        unique = list(dict.fromkeys(keys))
        if names.namespace:
            there = await self._namespaces.has_namespace_rows(names.namespace, unique)
            found = {key for key, is_there in zip(unique, there, strict=True) if is_there}
        else:
            found = set(await (await self._embedder(names)).recall(unique))
        return [key in found for key in keys]

    async def set(self, write: EmbeddingWrite) -> list[str]:
        """Keep rows, each replacing what has its key, the last of one key alone; returns their
        keys, in order."""
        check_write(write, self._limits)
        rows = [self._row(write.model, new) for new in write.rows]
        last = {row.key: row for row in rows}
        await self._namespaces.put_namespace_rows(write.namespace, list(last.values()))
        return [row.key for row in rows]

    async def delete(self, names: EmbeddingNames) -> int:
        """Remove rows of a client's namespace; returns how many there were."""
        check_deletion(names, self._limits)
        unique = list(dict.fromkeys(self._keys(names)))
        return await self._namespaces.delete_namespace_rows(names.namespace, unique)

    async def flush(self, namespace: str) -> int:
        """Remove every row of a client's namespace; returns how many there were."""
        check_flush(namespace)
        return await self._namespaces.flush_namespace(namespace)

    def _keys(self, names: EmbeddingNames) -> Sequence[str]:
        model = names.model or self._models.default_name
        return names.keys or [embedding_key(model, text) for text in names.texts]

    async def _embedder(self, names: EmbeddingNames) -> Embedder:
        return await self._models.embedder(names.model or self._models.default_name)

    async def _read(self, query: EmbeddingQuery, keys: Sequence[str]) -> dict[str, FoundEmbedding]:
        rows = await self._namespaces.get_namespace_rows(
            query.names.namespace,
            list(dict.fromkeys(keys)),
            refresh_ttl=query.refresh_ttl,
            ttl=query.ttl,
        )
        return {row.key: _found(row) for row in rows if row is not None}

    async def _computed(
        self, names: EmbeddingNames, keys: Sequence[str], found: dict[str, FoundEmbedding]
    ) -> dict[str, FoundEmbedding]:
        """The vectors of the texts whose keys were not found."""
        missing = {text: k for text, k in zip(names.texts, keys, strict=True) if k not in found}
        if not missing:
            return {}
        embedder = await self._embedder(names)
        # Whoever asks for a vector as such gets one, of what the model reads.
        embeddings = await embedder.embed(list(missing), tolerated=tuple(Unread))
        computed = {
            key: FoundEmbedding(
                vector=embedding.vector,
                model=embedder.name,
                cached=embedding.cached,
                truncated=embedding.unread is Unread.PAST_WINDOW,
            )
            for key, embedding in zip(missing.values(), embeddings, strict=True)
            if not isinstance(embedding, UnavailableError) and embedding.vector is not None
        }
        refused = [refusal for refusal in embeddings if isinstance(refusal, UnavailableError)]
        if refused and not found and not computed:
            # Who gets nothing at all should learn why.
            raise refused[0]
        return computed

    def _row(self, model: str, new: NewEmbedding) -> NamespaceRow:
        now = self._clock.now()
        return NamespaceRow(
            key=new.key or embedding_key(model, new.text or ""),
            model=model,
            vector=new.vector,
            text=new.text,
            metadata_json=new.metadata_json,
            ttl=new.ttl,
            created_at=now,
            expires_at=None if new.ttl is None else now + new.ttl,
        )


def _found(row: NamespaceRow) -> FoundEmbedding:
    return FoundEmbedding(
        vector=row.vector,
        model=row.model,
        cached=True,
        text=row.text,
        metadata_json=row.metadata_json,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


async def _recall(embedder: Embedder, keys: Sequence[str]) -> dict[str, FoundEmbedding]:
    known = await embedder.recall(keys)
    return {
        key: FoundEmbedding(
            vector=row.vector,
            model=embedder.name,
            cached=True,
            truncated=row.unread is Unread.PAST_WINDOW,
        )
        for key, row in known.items()
    }
