"""What is asked of a cache and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from nearhit_server.core.caches import Strategy
from nearhit_server.core.entries import Entry
from nearhit_server.core.filters import Filter
from nearhit_server.core.vectors import FloatVector


class RefusalReason(Enum):
    """Why an entry near a prompt was not the answer."""

    BELOW_THRESHOLD = "below_threshold"
    GUARD = "guard"
    LOW_CONFIDENCE = "low_confidence"
    NOT_VERIFIED = "not_verified"
    NOT_VERIFIABLE = "not_verifiable"
    SHADOW = "shadow"


class ExactOnlyReason(Enum):
    """Why something was not, or cannot be, searched by similarity."""

    PROMPT_EXCEEDS_WINDOW = "prompt_exceeds_window"
    PROMPT_HAS_UNKNOWN_TOKENS = "prompt_has_unknown_tokens"
    CACHE_STRATEGIES = "cache_strategies"


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What to look for. None and empty mean that the caller named nothing.

    `vector` has shape (dimension,) and any length but zero; it replaces the embedding of
    the prompt.
    """

    prompt: str | None = None
    vector: FloatVector | None = None
    strategies: tuple[Strategy, ...] = ()
    similarity_threshold: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    filter: Filter | None = None
    max_results: int = 1
    context: tuple[str, ...] = ()
    with_vectors: bool = False
    deadline: float | None = None
    """When the caller goes away, of time.monotonic(); None if it waits for ever."""
    exact_if_unreadable: bool = False
    """Whether a prompt of which there can be no vector is looked for as it is, whatever the
    strategies."""


@dataclass(frozen=True)
class Match:
    """An entry that answers the prompt. `similarity` is -1..1, 1 for an exact match.

    `confidence` is the probability that it does, None where nothing was verified.
    """

    entry: Entry
    similarity: float
    strategy: Strategy
    confidence: float | None = None


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An entry that was considered and refused; `detail` says why, for people."""

    entry: Entry
    similarity: float
    confidence: float | None = None
    reason: RefusalReason
    detail: str = ""


@dataclass(frozen=True)
class Hit:
    """At least one match, the best first. `effective_prompt` is "" without a prompt."""

    matches: tuple[Match, ...]
    effective_prompt: str


@dataclass(frozen=True)
class Miss:
    """Nothing answers the prompt; which entry came nearest, if anything was compared."""

    candidate: Candidate | None
    exact_only_reason: ExactOnlyReason | None
    effective_prompt: str

    @property
    def nearest_similarity(self) -> float | None:
        """How near the nearest entry was."""
        return None if self.candidate is None else self.candidate.similarity


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """What to store. `vector` as in SearchQuery."""

    prompt: str
    response: str
    vector: FloatVector | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    metadata_json: str | None = None
    ttl: timedelta | None = None


@dataclass(frozen=True)
class Stored:
    """What became of a store. `created` is False if an entry was replaced."""

    entry_id: str
    created: bool
    exact_only_reason: ExactOnlyReason | None


class UpdateField(Enum):
    """A field that an Update can change."""

    PROMPT = "prompt"
    RESPONSE = "response"
    METADATA = "metadata_json"
    ATTRIBUTES = "attributes"
    VECTOR = "vector"
    TTL = "ttl"


@dataclass(frozen=True, kw_only=True)
class EntryUpdate:
    """New values for the fields named; one named but None is removed or computed anew.

    `attribute_changes` are new values of single attributes, None to remove one.
    """

    fields: frozenset[UpdateField]
    prompt: str | None = None
    response: str | None = None
    metadata_json: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    attribute_changes: Mapping[str, str | None] = field(default_factory=dict)
    vector: FloatVector | None = None
    ttl: timedelta | None = None

    @property
    def names_nothing(self) -> bool:
        """Whether all that it does is to start the time to live again."""
        return not self.fields and not self.attribute_changes


@dataclass(frozen=True)
class Updated:
    """The entry after an Update."""

    entry: Entry
    exact_only_reason: ExactOnlyReason | None
