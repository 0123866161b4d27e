"""The bodies of the administration of caches."""

from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import ConfigDict, Field

from nearhit_server.api.rest.schemas import (
    Answer,
    AttributeName,
    CacheId,
    Input,
    Partial,
    Strategies,
    StrategyName,
)
from nearhit_server.core import limits

_LOWEST_RATE, _HIGHEST_RATE = limits.FALSE_HIT_RATES

_MAX_SAFE_INTEGER: Final = (1 << 53) - 1
"""The largest that every reader of JSON tells from its neighbours."""

LongPromptsName = Literal["exact_only", "truncate"]
VerificationName = Literal["off", "guard", "full"]
AttributeTypeName = Literal["tag", "numeric", "text"]
AttributeTypes = Annotated[
    dict[AttributeName, AttributeTypeName],
    Field(max_length=limits.MAX_ATTRIBUTES, json_schema_extra={"additionalProperties": False}),
]


class CacheSettingsInput(Input):
    """What the owner of a cache can choose."""

    model: str | None = Field(
        default=None,
        description="One of the server's models. None, but a dimension: callers bring vectors.",
    )
    dimension: int | None = Field(default=None, ge=1, le=limits.MAX_DIMENSION)
    similarity_threshold: float | None = Field(
        default=None, ge=-1, le=1, description="Of searches that name none.", examples=[0.9]
    )
    default_ttl_millis: int | None = Field(
        default=None,
        ge=1,
        le=limits.MAX_TTL // timedelta(milliseconds=1),
        description="Of entries stored without a time to live; by default they stay for ever.",
    )
    ttl_refresh_on_hit: bool | None = Field(
        default=None, description="Whether a hit starts an entry's time to live again."
    )
    search_strategies: Strategies | None = Field(
        default=None,
        description="Of searches over gRPC that name none. Without `semantic` the cache keeps no "
        "vectors.",
    )
    long_prompts: LongPromptsName | None = Field(
        default=None, description="What to do with prompts that the model cannot read to the end."
    )
    max_entries: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_SAFE_INTEGER,
        description="Beyond that the least recently used go.",
    )
    attributes: AttributeTypes | None = Field(
        default=None,
        description="Attributes that are more than tags, and all of them where they are "
        "restricted.",
    )
    restrict_attributes: bool | None = Field(
        default=None, description="Whether attributes that are not declared are refused."
    )
    verification: VerificationName | None = Field(
        default=None,
        description="What is done, beside the threshold, to keep wrong hits out: nothing, rules, "
        "or rules and a model that reads both prompts.",
    )
    max_false_hit_rate: float | None = Field(
        default=None,
        ge=_LOWEST_RATE,
        le=_HIGHEST_RATE,
        description="The share of served hits that may be wrong; by default the threshold decides. "
        "Needs `verification`.",
        examples=[0.02],
    )
    shadow: bool | None = Field(
        default=None,
        description="Whether searches find nothing and record what they would have answered.",
    )


class CreateCacheInput(CacheSettingsInput):
    """The cache to make. Settings that are null or left out have their defaults."""

    cache_id: CacheId


class PatchCacheInput(CacheSettingsInput):
    """The settings to change. Null is the default again; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    allow_flush: bool = Field(
        default=False,
        description="Whether the change may remove every entry, as one of the model does.",
    )


class ListCachesInput(Input):
    """Which page of caches."""

    page_size: int = Field(
        default=0, ge=0, le=limits.MAX_PAGE_SIZE, description="0: as many as the server likes."
    )
    page_token: str = Field(
        default="",
        pattern=rf"^({limits.CACHE_ID.pattern})?$",
        description="`nextPageToken` of the page before.",
    )


class CacheAnswer(Answer):
    """A cache as it is."""

    cache_id: CacheId
    model: Partial[str] = None
    dimension: int
    similarity_threshold: float
    default_ttl_millis: Partial[int] = None
    ttl_refresh_on_hit: bool
    search_strategies: list[StrategyName]
    long_prompts: LongPromptsName
    max_entries: Partial[int] = None
    attributes: dict[str, AttributeTypeName]
    restrict_attributes: bool
    verification: VerificationName
    max_false_hit_rate: Partial[float] = None
    shadow: bool
    created_at: datetime
    updated_at: datetime
    entry_count: int


class CachesAnswer(Answer):
    """A page of caches, in the order of their ids."""

    caches: list[CacheAnswer]
    next_page_token: Partial[str] = Field(
        default=None, description="Where the next page begins, if there is one."
    )


class CacheDeletedAnswer(Answer):
    """How many entries went with the cache."""

    deleted_entries_count: int
