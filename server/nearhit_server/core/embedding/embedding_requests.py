"""What is asked of the embedding cache, and what it answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from nearhit_server.core.vectors import FloatVector


@dataclass(frozen=True, kw_only=True)
class EmbeddingNames:
    """Which rows of a namespace: of texts and a model, or by key. `namespace` "" holds what the
    server computed; there, `model` "" is the server's default."""

    namespace: str = ""
    model: str = ""
    texts: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EmbeddingQuery:
    """Which vectors, and what is done about those that are there and those that are not."""

    names: EmbeddingNames
    compute_if_missing: bool = False
    refresh_ttl: bool = False
    ttl: timedelta | None = None
    """The time to live that rows which are there shall have from now on."""


@dataclass(frozen=True, kw_only=True)
class FoundEmbedding:
    """A vector and what is known of it. `cached` is False if it was computed for this call."""

    vector: FloatVector
    model: str
    cached: bool
    truncated: bool = False
    text: str | None = None
    metadata_json: str | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class EmbeddingResult:
    """What is known by one key; `found` is None if nothing is."""

    key: str
    found: FoundEmbedding | None


@dataclass(frozen=True, kw_only=True)
class NewEmbedding:
    """A row to write, of a text or by key. `ttl` None: it does not expire."""

    text: str | None = None
    key: str | None = None
    vector: FloatVector
    metadata_json: str | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddingWrite:
    """Rows to write to a namespace, of one model."""

    namespace: str
    model: str
    rows: tuple[NewEmbedding, ...]
