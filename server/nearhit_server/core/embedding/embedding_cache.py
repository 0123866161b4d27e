"""Vectors of texts for callers who want them as such."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nearhit_server.core import limits
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.keys import EMBEDDING_KEY, embedding_key
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.reading import Unread
from nearhit_server.core.limits import Limits
from nearhit_server.core.ports import EmbeddingKey, EmbeddingTable
from nearhit_server.core.validation import Violations, check_prompt
from nearhit_server.core.vectors import FloatVector


@dataclass(frozen=True, kw_only=True)
class EmbeddingQuery:
    """Which vectors: of texts, or by key. `model` "" is the server's default."""

    namespace: str = ""
    model: str = ""
    texts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    compute_if_missing: bool = False


@dataclass(frozen=True, kw_only=True)
class FoundEmbedding:
    """A vector and what is known of it. `cached` is False if it was computed for this call."""

    vector: FloatVector
    model: str
    cached: bool
    truncated: bool = False
    created_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class EmbeddingResult:
    """What is known by one key; `found` is None if nothing is."""

    key: str
    found: FoundEmbedding | None


class EmbeddingCache:
    """Reads vectors from a namespace, and lets the server's models compute missing ones."""

    def __init__(self, *, models: Models, table: EmbeddingTable, limits: Limits) -> None:
        self._models = models
        self._table = table
        self._limits = limits

    async def get(self, query: EmbeddingQuery) -> list[EmbeddingResult]:
        """One result for each text or key, in order.

        Raises InvalidArgumentError; FailedPreconditionError if the server has no such model
        and needs it; ResourceExhaustedError and UnavailableError as embedding does.
        """
        self._check(query)
        model = query.model or self._models.default_name
        keys = query.keys or tuple(embedding_key(model, text) for text in query.texts)
        if query.namespace:
            found = await self._read_namespace(query.namespace, model, keys)
        else:
            found = await _recall(await self._models.embedder(model), keys)
        if query.compute_if_missing:
            computed = await self._computed(model, query.texts, keys, found)
            if query.namespace:
                # Whether the server knew a text from somebody else is not this caller's to know.
                computed = {k: replace(row, cached=False) for k, row in computed.items()}
            found = computed | found
        return [EmbeddingResult(key, found.get(key)) for key in keys]

    async def _read_namespace(
        self, namespace: str, model: str, keys: Sequence[str]
    ) -> dict[str, FoundEmbedding]:
        rows = await self._table.get_embeddings([EmbeddingKey(namespace, model, k) for k in keys])
        return {
            row.name.key: FoundEmbedding(
                vector=row.vector,
                model=model,
                cached=True,
                created_at=row.created_at,
                expires_at=row.expires_at,
            )
            for row in rows
            if row is not None
        }

    async def _computed(
        self,
        model: str,
        texts: Sequence[str],
        keys: Sequence[str],
        found: dict[str, FoundEmbedding],
    ) -> dict[str, FoundEmbedding]:
        """The vectors of the texts whose keys were not found."""
        missing = {text: k for text, k in zip(texts, keys, strict=True) if k not in found}
        if not missing:
            return {}
        embedder = await self._models.embedder(model)
        # Whoever asks for a vector as such gets one, of what the model reads.
        embeddings = await embedder.embed(list(missing), tolerated=tuple(Unread))
        return {
            key: FoundEmbedding(
                vector=embedding.vector,
                model=model,
                cached=embedding.cached,
                truncated=embedding.unread is Unread.PAST_WINDOW,
            )
            for key, embedding in zip(missing.values(), embeddings, strict=True)
            if embedding.vector is not None
        }

    def _check(self, query: EmbeddingQuery) -> None:
        violations = Violations()
        if query.namespace:
            violations.check(
                "namespace",
                limits.NAMESPACE.fullmatch(query.namespace) is not None,
                f"does not match {limits.NAMESPACE.pattern}",
            )
            violations.check("model", bool(query.model), "is needed in a namespace")
        field_ = "keys" if query.keys else "texts"
        violations.check("keys", not (query.texts and query.keys), "comes with texts; give one")
        count = len(query.keys or query.texts)
        violations.check(
            field_,
            1 <= count <= limits.MAX_BATCH_ITEMS,
            f"has {count} items, not 1 to {limits.MAX_BATCH_ITEMS}",
        )
        if query.compute_if_missing:
            violations.check("texts", not query.keys, "is needed to compute what is missing")
        for index, text in enumerate(query.texts[: limits.MAX_BATCH_ITEMS]):
            check_prompt(violations, text, self._limits, field=f"texts[{index}]")
        for index, key in enumerate(query.keys[: limits.MAX_BATCH_ITEMS]):
            well_formed = EMBEDDING_KEY.fullmatch(key) is not None
            violations.check(
                f"keys[{index}]", well_formed, f"does not match {EMBEDDING_KEY.pattern}"
            )
        violations.raise_if_any()


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
