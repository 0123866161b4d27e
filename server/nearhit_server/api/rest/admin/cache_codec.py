"""Between caches as JSON and the core's words."""

from datetime import timedelta
from typing import Any, Final

from nearhit_server.api.rest.admin.cache_models import CacheAnswer, CacheSettingsInput
from nearhit_server.core.cache_settings import CacheField, CacheSettings, CacheStatus
from nearhit_server.core.caches import AttributeType, LongPrompts, Strategy, Verification

_MILLISECOND: Final = timedelta(milliseconds=1)

_FIELDS: Final = {
    "default_ttl_millis": CacheField.DEFAULT_TTL,
    "search_strategies": CacheField.STRATEGIES,
} | {
    field.value: field
    for field in CacheField
    if field not in (CacheField.DEFAULT_TTL, CacheField.STRATEGIES)
}


def decode_settings(body: CacheSettingsInput) -> CacheSettings:
    """What was chosen; null stands for the default."""
    chosen: dict[str, Any] = {
        "model": body.model,
        "dimension": body.dimension,
        "similarity_threshold": body.similarity_threshold,
        "ttl_refresh_on_hit": body.ttl_refresh_on_hit,
        "max_entries": body.max_entries,
        "restrict_attributes": body.restrict_attributes,
        "max_false_hit_rate": body.max_false_hit_rate,
        "shadow": body.shadow,
    }
    if body.default_ttl_millis is not None:
        chosen["default_ttl"] = timedelta(milliseconds=body.default_ttl_millis)
    if body.search_strategies is not None:
        chosen["strategies"] = tuple(Strategy(name) for name in body.search_strategies)
    if body.long_prompts is not None:
        chosen["long_prompts"] = LongPrompts(body.long_prompts)
    if body.verification is not None:
        chosen["verification"] = Verification(body.verification)
    if body.attributes is not None:
        chosen["attribute_types"] = {
            name: AttributeType(type_) for name, type_ in body.attributes.items()
        }
    return CacheSettings(**{name: value for name, value in chosen.items() if value is not None})


def decode_fields(body: CacheSettingsInput) -> frozenset[CacheField]:
    """The settings that are to change: those that are there, null or not."""
    return frozenset(_FIELDS[name] for name in body.model_fields_set if name in _FIELDS)


def encode_cache(status: CacheStatus) -> CacheAnswer:
    """A cache's settings and size."""
    spec = status.spec
    return CacheAnswer(
        cache_id=spec.cache_id,
        model=None if spec.model is None else spec.model.name,
        dimension=spec.dimension,
        similarity_threshold=spec.similarity_threshold,
        default_ttl_millis=None if spec.default_ttl is None else spec.default_ttl // _MILLISECOND,
        ttl_refresh_on_hit=spec.ttl_refresh_on_hit,
        search_strategies=[strategy.value for strategy in spec.strategies],
        long_prompts=spec.long_prompts.value,
        max_entries=spec.max_entries,
        attributes={name: type_.value for name, type_ in spec.attribute_types.items()},
        restrict_attributes=spec.restrict_attributes,
        verification=spec.verification.value,
        max_false_hit_rate=spec.max_false_hit_rate,
        shadow=spec.shadow,
        created_at=spec.created_at,
        updated_at=spec.updated_at,
        entry_count=status.entry_count,
    )
