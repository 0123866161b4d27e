"""What the core needs from outside, as small as it can be said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from nearhit_server.core.access.keys import ApiKey
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import (
    Entry,
    EntryChange,
    EntryPage,
    EntryUse,
    Neighbour,
    PromptKey,
)
from nearhit_server.core.errors import Allowance
from nearhit_server.core.filters import Filter
from nearhit_server.core.quality.store import QualityStore
from nearhit_server.core.vectors import FloatMatrix, FloatVector


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, with time zone UTC."""


class CacheStore(Protocol):
    """Keeps the caches' settings. The store assigns `version` and `epoch`."""

    async def create_cache(self, spec: CacheSpec) -> CacheSpec:
        """Keep a new cache. Raises AlreadyExistsError."""

    async def get_cache(self, cache_id: str) -> CacheSpec:
        """The cache's settings as they are now. Raises NotFoundError."""

    async def list_caches(self, *, after: str, limit: int) -> list[CacheSpec]:
        """Up to `limit` caches whose ids come after `after`, in the order of their ids."""

    async def update_cache(self, spec: CacheSpec, *, flush: bool) -> CacheSpec:
        """Replace the settings of which `spec.version` was the version, and empty the cache
        if `flush`. Raises NotFoundError, SpecChangedError."""

    async def delete_cache(self, cache_id: str) -> int:
        """Remove a cache; returns how many live entries it had. Raises NotFoundError."""


class EntryStore(Protocol):
    """Keeps the entries. Expired entries are never returned nor counted, and searches (the two
    `find` methods) never return quarantined ones.

    Every method takes the cache's settings as the caller knows them, and raises
    SpecChangedError if they are out of date, NotFoundError if the cache is gone, and
    UnavailableError if the store is out of reach. `where` None selects every entry.
    Entries are returned without their vectors unless `with_vectors`.
    """

    async def count(self, spec: CacheSpec) -> int:
        """How many entries the cache holds."""

    async def find_exact(
        self,
        spec: CacheSpec,
        key: PromptKey,
        *,
        where: Filter | None,
        limit: int,
        with_vectors: bool = False,
    ) -> list[Entry]:
        """Entries whose prompt has `key.folded`; those with `key.cased` first, then the newest."""

    async def find_nearest(
        self,
        spec: CacheSpec,
        vector: FloatVector,
        *,
        where: Filter | None,
        limit: int,
        with_vectors: bool = False,
    ) -> list[Neighbour]:
        """The entries nearest to `vector` (of length 1), nearest first, whatever their cosine.
        Of equally near ones the last changed comes first."""

    async def put(self, spec: CacheSpec, entries: Sequence[Entry]) -> list[bool]:
        """Keep entries, in order, each replacing what has its id; on return they are durable.
        Returns for each whether it is new. May remove the least recently used to stay within
        `spec.max_entries`, but none of `entries` unless they alone are too many."""

    async def get(self, spec: CacheSpec, entry_id: str) -> Entry | None:
        """The entry, or None."""

    async def update(self, spec: CacheSpec, entry_id: str, change: EntryChange) -> Entry | None:
        """Change fields of an entry at once; returns it as it is then, None if there is none.
        Raises EntryChangedError if it is not as `change` says that it must be."""

    async def touch(self, spec: CacheSpec, uses: Sequence[EntryUse]) -> None:
        """Note that entries were used, and, if the cache's TTL slides, when they expire now. It
        may come late: an entry that is gone stays so, and one that was changed since it was
        read, if only by a new start of its TTL, keeps the expiry that this gave it."""

    async def delete(self, spec: CacheSpec, entry_ids: Sequence[str]) -> int:
        """Remove entries by id; returns how many there were."""

    async def delete_where(self, spec: CacheSpec, where: Filter) -> int:
        """Remove the entries that the filter selects; returns how many there were."""

    async def flush(self, spec: CacheSpec) -> int:
        """Move the cache to a new, empty epoch; returns how many live entries there were."""

    async def list_entries(
        self,
        spec: CacheSpec,
        *,
        where: Filter | None,
        cursor: str | None,
        limit: int,
        with_vectors: bool = False,
    ) -> EntryPage:
        """A page of entries, the longest unchanged first. `cursor` is a `next_cursor` of this
        epoch, or None to begin. Raises ValueError for a cursor that is not one."""


class Store(CacheStore, EntryStore, Protocol):
    """Caches and their entries."""

    async def check(self) -> None:
        """Return if the store answers. Raises UnavailableError if not."""


@dataclass(frozen=True)
class EmbeddingKey:
    """Names a row of the embedding table: the encoder's identity, and the digest of the text."""

    owner: str
    key: str


@dataclass(frozen=True, kw_only=True)
class EmbeddingRow:
    """A vector in the embedding table, bit for bit as it was put there."""

    name: EmbeddingKey
    vector: FloatVector
    created_at: datetime
    expires_at: datetime | None


class EmbeddingTable(Protocol):
    """Keeps what the server's own models computed. Expired rows are never returned."""

    async def get_embeddings(self, names: Sequence[EmbeddingKey]) -> list[EmbeddingRow | None]:
        """One row for each name, in order, None where there is none."""

    async def put_embeddings(self, rows: Sequence[EmbeddingRow]) -> None:
        """Keep rows, each replacing what has its name."""


@dataclass(frozen=True, kw_only=True)
class NamespaceRow:
    """What a client put into a namespace: the vector bit for bit, the rest as it was given."""

    key: str
    model: str
    vector: FloatVector
    text: str | None
    metadata_json: str | None
    ttl: timedelta | None
    created_at: datetime
    expires_at: datetime | None


class NamespaceStore(Protocol):
    """Keeps what clients put into namespaces, apart from the embedding table, so that nothing
    of theirs is ever searched with. A namespace exists while it has rows.

    Expired rows are never returned nor counted. No key is named twice in a call.
    """

    async def get_namespace_rows(
        self,
        namespace: str,
        keys: Sequence[str],
        *,
        refresh_ttl: bool = False,
        ttl: timedelta | None = None,
    ) -> list[NamespaceRow | None]:
        """One row for each key, in order, None where there is none. `refresh_ttl` starts the
        ttl of each row found again, `ttl` first gives it that one; it is returned as it is
        then."""

    async def put_namespace_rows(self, namespace: str, rows: Sequence[NamespaceRow]) -> None:
        """Keep rows, each replacing what has its key; on return they are durable."""

    async def has_namespace_rows(self, namespace: str, keys: Sequence[str]) -> list[bool]:
        """Whether there is a row of each key, in order."""

    async def delete_namespace_rows(self, namespace: str, keys: Sequence[str]) -> int:
        """Remove rows by key; returns how many there were."""

    async def flush_namespace(self, namespace: str) -> int:
        """Empty a namespace at once; returns how many rows it had, give or take those that are
        being written."""


class KeyStore(Protocol):
    """Keeps API keys. Raises UnavailableError if the store is out of reach."""

    async def get_key(self, key_id: str) -> ApiKey | None:
        """The key as it is now, also if it is revoked or expired; None if there is none."""

    async def list_keys(self, *, after: str, limit: int) -> list[ApiKey]:
        """Up to `limit` keys whose ids come after `after`, in the order of their ids."""

    async def put_key(self, key: ApiKey) -> bool:
        """Keep a key: a new one if its version is 1, else in place of its version before.
        On return it is durable. Returns False, and keeps nothing, if there is another key of
        that id already, or if the one there has another version. A key that is there just so
        counts as kept, so that a repeated call does."""


class Storage(Store, QualityStore, EmbeddingTable, NamespaceStore, KeyStore, Protocol):
    """All that a server keeps."""

    async def size_bytes(self) -> int:
        """The disk space or memory that the store takes, all told."""


class RateLimiter(Protocol):
    """Counts calls against the limit of each key and cache."""

    async def take(self, key_id: str, cache: str, *, cost: int) -> Allowance:
        """Count `cost` calls. Raises RateLimitedError if there is no room for them."""


@dataclass(frozen=True)
class TokenizedText:
    """A text as the model reads it: token ids, special ones included, cut to the window.

    `has_unknown` if characters or words were lost because the model has no token for them: to
    it, another text with others in their place is the same.
    """

    token_ids: tuple[int, ...]
    exceeds_window: bool
    has_unknown: bool = False


class Encoder(Protocol):
    """A model that turns texts into vectors."""

    @property
    def identity(self) -> str:
        """SHA-256 over everything that decides the vectors: weights, tokenizer, pooling."""

    @property
    def dimension(self) -> int:
        """The number of components of its vectors."""

    @property
    def pads(self) -> bool:
        """Whether each text of a batch costs what the longest does."""

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The texts as token ids, in order."""

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vectors of the texts, of length 1, shape (len(batch), dimension). Raises
        RefusedTextError if it will not have one of them; then each is asked for alone."""
