"""What a cache is: its settings, frozen at one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

DEFAULT_CACHE_ID = "default"

NO_THRESHOLD: Final = -1.0
"""The least that a similarity can be."""


class Strategy(Enum):
    """A way of finding an entry for a prompt."""

    EXACT = "exact"
    SEMANTIC = "semantic"


class LongPrompts(Enum):
    """What to do with a prompt that has more tokens than the model reads."""

    EXACT_ONLY = "exact_only"
    TRUNCATE = "truncate"


class Verification(Enum):
    """What is done with an entry near a prompt before it is served."""

    OFF = "off"
    GUARD = "guard"
    FULL = "full"


class AttributeType(Enum):
    """How an attribute can be selected by, beside equality."""

    TAG = "tag"
    NUMERIC = "numeric"
    TEXT = "text"


@dataclass(frozen=True)
class ModelBinding:
    """The model whose vectors a cache holds: its name and the digest of its weights."""

    name: str
    encoder_identity: str


@dataclass(frozen=True, kw_only=True)
class CacheSpec:
    """A cache's settings.

    `version` grows with every change; a store refuses a call made with an old one.
    `epoch` names the set of entries: Flush moves the cache to a new, empty one. Both
    are assigned by the store and never used twice for the same cache id.
    """

    cache_id: str
    model: ModelBinding | None
    dimension: int
    similarity_threshold: float
    created_at: datetime
    updated_at: datetime
    default_ttl: timedelta | None = None
    ttl_refresh_on_hit: bool = False
    strategies: tuple[Strategy, ...] = (Strategy.EXACT, Strategy.SEMANTIC)
    long_prompts: LongPrompts = LongPrompts.EXACT_ONLY
    max_entries: int | None = None
    attribute_types: Mapping[str, AttributeType] = field(default_factory=dict)
    restrict_attributes: bool = False
    verification: Verification = Verification.OFF
    max_false_hit_rate: float | None = None
    """The share of served hits that may be wrong. None: the threshold decides."""
    shadow: bool = False
    """Whether searches answer Miss and record what they would have answered."""
    version: int = 0
    epoch: int = 0

    @property
    def semantic(self) -> bool:
        """Whether the cache keeps vectors."""
        return Strategy.SEMANTIC in self.strategies

    def expiry(self, ttl: timedelta | None, *, now: datetime) -> datetime | None:
        """When an entry with its own `ttl` expires if its time starts at `now`."""
        effective = ttl if ttl is not None else self.default_ttl
        return None if effective is None else now + effective
