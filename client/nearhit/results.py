"""What calls return. Times are datetimes in UTC, vectors `array.array("f")`."""

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nearhit.choices import (
    AttributeType,
    ExactOnlyReason,
    KeyScope,
    LongPrompts,
    RefusalReason,
    Strategy,
    Verification,
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One cached prompt with its response.

    `metadata` is the JSON object it was stored with, None if it has none, which is not
    the same as {}. `vector` is the prompt's embedding, shape (dimension,), of length 1;
    None unless it was asked for, and for an entry that only exact search finds.
    `expires_at` is None for an entry that never does, `ttl` None for one that lives as
    long as the cache's default says. `quarantined` is one that searches do not find, because
    it was reported wrong repeatedly.
    """

    entry_id: str
    prompt: str
    response: str
    attributes: Mapping[str, str]
    metadata: dict[str, Any] | None
    vector: "array[float] | None"
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    quarantined: bool = False


@dataclass(frozen=True)
class Match:
    """An entry that answers the prompt, how near it is, and how it was found.

    `similarity` is the cosine similarity, -1 to 1, higher is closer; always 1 for
    Strategy.EXACT. `confidence` is the probability that the entry answers the prompt, None
    where nothing was verified.
    """

    entry: Entry
    similarity: float
    strategy: Strategy
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An entry that was considered and refused.

    `confidence` is as in Match, as far as it was estimated. `detail` says in words for people
    why it was refused, for instance which numbers differ.
    """

    entry_id: str
    prompt: str
    similarity: float
    confidence: float | None
    reason: RefusalReason
    detail: str


@dataclass(frozen=True)
class Hit:
    """The cache answers the prompt. `matches` holds at least one match, the best first.

    `effective_prompt` is the text that was searched for: the prompt, preceded by the
    turns of the context that fit; "" if only a vector was given.
    """

    matches: tuple[Match, ...]
    effective_prompt: str


@dataclass(frozen=True)
class Miss:
    """Nothing in the cache answers the prompt.

    `nearest_similarity` is that of the nearest entry, None if there was nothing to compare
    with; `candidate` is that entry and why it was not the answer. `exact_only_reason` says
    why similarity was not tried though it was asked for. `effective_prompt` is as in Hit, and
    is what to store.
    """

    nearest_similarity: float | None
    exact_only_reason: ExactOnlyReason | None
    effective_prompt: str
    candidate: Candidate | None = None


@dataclass(frozen=True)
class Stored:
    """A stored entry's id, and whether it is new rather than a replacement.

    `exact_only_reason` says why only exact search will find it, None if both will.
    """

    entry_id: str
    created: bool
    exact_only_reason: ExactOnlyReason | None


@dataclass(frozen=True)
class EntryPage:
    """Some of a cache's entries; iterate over it, or over `entries`.

    `next_page_token` is what to ask the next page with, "" on the last one.
    """

    entries: tuple[Entry, ...]
    next_page_token: str

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@dataclass(frozen=True, kw_only=True)
class Cache:
    """A cache's settings, as explained at `create_cache`, and how many live entries it has."""

    cache_id: str
    model: str
    dimension: int
    similarity_threshold: float | None
    default_ttl: timedelta | None
    ttl_refresh_on_hit: bool
    strategies: tuple[Strategy, ...]
    long_prompts: LongPrompts
    max_entries: int | None
    attributes: Mapping[str, AttributeType]
    restrict_attributes: bool
    verification: Verification
    max_false_hit_rate: float | None
    shadow: bool
    created_at: datetime
    updated_at: datetime
    entry_count: int


@dataclass(frozen=True)
class CachePage:
    """Some of the server's caches; `next_page_token` is "" on the last page."""

    caches: tuple[Cache, ...]
    next_page_token: str

    def __iter__(self) -> Iterator[Cache]:
        return iter(self.caches)


@dataclass(frozen=True, kw_only=True)
class Embedding:
    """A text's vector, shape (dimension,), and what is known of it.

    `cached` is false if it was computed for this call. `truncated` is true if the text
    has more tokens than `model` reads, so that the vector stands for its beginning.
    `text` (None for a row put there by key), `metadata`, `created_at` and `expires_at` are
    known of what was put into a namespace.
    """

    key: str
    vector: "array[float]"
    cached: bool
    model: str
    truncated: bool
    text: str | None
    metadata: dict[str, Any] | None
    created_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What the server tells of an API key; the fields are explained at `create_key`.

    `revoked_at` is None for a key that was not revoked.
    """

    key_id: str
    display_name: str
    scopes: tuple[KeyScope, ...]
    caches: tuple[str, ...]
    namespaces: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class IssuedKey:
    """A key and its new `secret`, to be sent as `api_key`. Its repr does not show it."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True)
class KeyPage:
    """Some of the server's API keys; `next_page_token` is "" on the last page."""

    keys: tuple[ApiKey, ...]
    next_page_token: str

    def __iter__(self) -> Iterator[ApiKey]:
        return iter(self.keys)
