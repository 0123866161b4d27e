"""Requests and responses of the CacheAdminService."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final

from nearhit.choices import AttributeType, LongPrompts, Strategy, Verification
from nearhit.messages import values
from nearhit.messages.enums import ATTRIBUTE_TYPES, LONG_PROMPTS, STRATEGIES, VERIFICATIONS
from nearhit.messages.responses import moment
from nearhit.results import Cache, CachePage
from nearhit.v1 import cache_admin_pb2, types_pb2


def create(cache_id: str, **settings: Any) -> cache_admin_pb2.CreateCacheRequest:
    """The request to make a cache; a setting that is None is left to the server."""
    fields, _ = values.changes(_SETTINGS, settings)
    cache = cache_admin_pb2.Cache(cache_id=_cache_id(cache_id), **fields)
    return cache_admin_pb2.CreateCacheRequest(cache=cache)


def update(
    cache_id: str, *, allow_flush: bool, **settings: Any
) -> cache_admin_pb2.UpdateCacheRequest:
    """The request to change the settings that are not UNSET; None takes one to its default."""
    fields, mask = values.changes(_SETTINGS, settings)
    cache = cache_admin_pb2.Cache(cache_id=_cache_id(cache_id), **fields)
    return cache_admin_pb2.UpdateCacheRequest(
        cache=cache, update_mask=mask, allow_flush=allow_flush
    )


def get(cache_id: str) -> cache_admin_pb2.GetCacheRequest:
    """The request for one cache."""
    return cache_admin_pb2.GetCacheRequest(cache_id=_cache_id(cache_id))


def list_page(page_token: str) -> cache_admin_pb2.ListCachesRequest:
    """The request for one page of caches."""
    return cache_admin_pb2.ListCachesRequest(page_token=page_token)


def delete(cache_id: str) -> cache_admin_pb2.DeleteCacheRequest:
    """The request to remove a cache."""
    return cache_admin_pb2.DeleteCacheRequest(cache_id=_cache_id(cache_id))


def told(
    response: cache_admin_pb2.CreateCacheResponse
    | cache_admin_pb2.GetCacheResponse
    | cache_admin_pb2.UpdateCacheResponse,
) -> Cache:
    """The cache of a response."""
    return _cache(response.cache)


def listed(response: cache_admin_pb2.ListCachesResponse) -> CachePage:
    """One page of caches."""
    caches = (_cache(cache) for cache in response.caches)
    return CachePage(tuple(caches), response.next_page_token)


def deleted(response: cache_admin_pb2.DeleteCacheResponse) -> int:
    """How many entries went with the cache."""
    return response.deleted_count


def _cache(message: cache_admin_pb2.Cache) -> Cache:
    threshold = message.similarity_threshold if message.HasField("similarity_threshold") else None
    rate = message.max_false_hit_rate if message.HasField("max_false_hit_rate") else None
    return Cache(
        cache_id=message.cache_id,
        model=message.model,
        dimension=message.dimension,
        similarity_threshold=threshold,
        default_ttl=message.default_ttl.ToTimedelta() if message.HasField("default_ttl") else None,
        ttl_refresh_on_hit=message.ttl_refresh_on_hit,
        strategies=tuple(STRATEGIES.member_of(number) for number in message.strategies),
        long_prompts=_long_prompts(message),
        max_entries=message.max_entries if message.HasField("max_entries") else None,
        attributes={
            declaration.name: ATTRIBUTE_TYPES.member_of(declaration.type)
            for declaration in message.attributes
        },
        restrict_attributes=message.restrict_attributes,
        verification=_verification(message),
        max_false_hit_rate=rate,
        shadow=message.shadow,
        created_at=moment(message.create_time),
        updated_at=moment(message.update_time),
        entry_count=message.entry_count,
    )


def _long_prompts(message: cache_admin_pb2.Cache) -> LongPrompts:
    # The contract calls EXACT_ONLY the default, so that is what nothing means.
    if message.long_prompts == cache_admin_pb2.LONG_PROMPTS_UNSPECIFIED:
        return LongPrompts.EXACT_ONLY
    return LONG_PROMPTS.member_of(message.long_prompts)


def _verification(message: cache_admin_pb2.Cache) -> Verification:
    # Servers tell it, but for those that are too old to verify anything.
    if message.verification == cache_admin_pb2.VERIFICATION_UNSPECIFIED:
        return Verification.OFF
    return VERIFICATIONS.member_of(message.verification)


def _cache_id(cache_id: str) -> str:
    return values.text("cache_id", cache_id)


def _strategies(strategies: Iterable[Strategy]) -> list[types_pb2.SearchStrategy.ValueType]:
    return [STRATEGIES.number_of(strategy) for strategy in strategies]


def _declarations(
    types: Mapping[str, AttributeType],
) -> list[cache_admin_pb2.AttributeDeclaration]:
    return [
        cache_admin_pb2.AttributeDeclaration(
            name=values.text("an attribute's name", name), type=ATTRIBUTE_TYPES.number_of(type_)
        )
        for name, type_ in types.items()
    ]


_SETTINGS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "model": partial(values.text, "model"),
    "dimension": partial(values.whole, "dimension"),
    "similarity_threshold": partial(values.number, "similarity_threshold"),
    "default_ttl": partial(values.duration, "default_ttl"),
    "ttl_refresh_on_hit": bool,
    "strategies": _strategies,
    "long_prompts": LONG_PROMPTS.number_of,
    "max_entries": partial(values.whole, "max_entries"),
    "attributes": _declarations,
    "restrict_attributes": bool,
    "verification": VERIFICATIONS.number_of,
    "max_false_hit_rate": partial(values.number, "max_false_hit_rate"),
    "shadow": bool,
}
