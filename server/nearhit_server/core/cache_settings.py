"""What the owner of a cache can choose, and whether the choice is a possible one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum

from nearhit_server.core import limits
from nearhit_server.core.caches import AttributeType, CacheSpec, LongPrompts, Strategy, Verification
from nearhit_server.core.validation import (
    Violations,
    check_attribute_name,
    check_threshold,
    check_ttl,
    invalid,
)


class CacheField(Enum):
    """A setting of a cache that can be changed."""

    MODEL = "model"
    DIMENSION = "dimension"
    SIMILARITY_THRESHOLD = "similarity_threshold"
    DEFAULT_TTL = "default_ttl"
    TTL_REFRESH_ON_HIT = "ttl_refresh_on_hit"
    STRATEGIES = "strategies"
    LONG_PROMPTS = "long_prompts"
    MAX_ENTRIES = "max_entries"
    ATTRIBUTES = "attributes"
    RESTRICT_ATTRIBUTES = "restrict_attributes"
    VERIFICATION = "verification"
    MAX_FALSE_HIT_RATE = "max_false_hit_rate"
    SHADOW = "shadow"


@dataclass(frozen=True, kw_only=True)
class CacheSettings:
    """What the owner of a cache chose; None and empty mean the default.

    `model` "" with a `dimension` makes a cache without a model, whose callers bring vectors.
    """

    model: str = ""
    dimension: int = 0
    similarity_threshold: float | None = None
    default_ttl: timedelta | None = None
    ttl_refresh_on_hit: bool = False
    strategies: tuple[Strategy, ...] = ()
    long_prompts: LongPrompts | None = None
    max_entries: int | None = None
    attribute_types: Mapping[str, AttributeType] = field(default_factory=dict)
    restrict_attributes: bool = False
    verification: Verification | None = None
    max_false_hit_rate: float | None = None
    shadow: bool = False


@dataclass(frozen=True)
class CacheStatus:
    """A cache's settings and how many live entries it has."""

    spec: CacheSpec
    entry_count: int


@dataclass(frozen=True)
class CachePage:
    """Caches in the order of their ids; `next_page_token` is "" on the last page."""

    caches: tuple[CacheStatus, ...]
    next_page_token: str


def check_settings(settings: CacheSettings) -> None:
    """Raise InvalidArgumentError unless the settings are possible in themselves."""
    violations = Violations()
    violations.check(
        "cache.dimension",
        0 <= settings.dimension <= limits.MAX_DIMENSION,
        f"is not between 1 and {limits.MAX_DIMENSION}",
    )
    if settings.similarity_threshold is not None:
        check_threshold(
            violations, settings.similarity_threshold, field="cache.similarity_threshold"
        )
    if settings.default_ttl is not None:
        check_ttl(violations, settings.default_ttl, field="cache.default_ttl")
    violations.check(
        "cache.strategies",
        len(set(settings.strategies)) == len(settings.strategies),
        "names a strategy twice",
    )
    if settings.max_entries is not None:
        violations.check("cache.max_entries", settings.max_entries >= 1, "is less than 1")
    violations.check(
        "cache.attributes",
        len(settings.attribute_types) <= limits.MAX_ATTRIBUTES,
        f"has {len(settings.attribute_types)} attributes, more than {limits.MAX_ATTRIBUTES}",
    )
    if (rate := settings.max_false_hit_rate) is not None:
        low, high = limits.FALSE_HIT_RATES
        violations.check(
            "cache.max_false_hit_rate", low <= rate <= high, f"is not between {low} and {high}"
        )
    for name in list(settings.attribute_types)[: limits.MAX_ATTRIBUTES]:
        check_attribute_name(violations, name, field="cache.attributes")
    violations.raise_if_any()


def check_rate(max_false_hit_rate: float | None, verification: Verification) -> None:
    """Raise InvalidArgumentError for a rate that nothing is there to keep."""
    if max_false_hit_rate is not None and verification is Verification.OFF:
        raise invalid("cache.max_false_hit_rate", "needs verification GUARD or FULL")
