"""Caches and their settings."""

from google.protobuf.field_mask_pb2 import FieldMask

from nearhit.v1 import cache_admin_pb2 as pb
from nearhit_server.api.grpc.codec.choices import (
    ATTRIBUTE_TYPE_NUMBERS,
    ATTRIBUTE_TYPES,
    LONG_PROMPTS,
    LONG_PROMPTS_NUMBERS,
    STRATEGY_NUMBERS,
    VERIFICATION_NUMBERS,
    VERIFICATIONS,
    decode_choice,
    decode_strategies,
)
from nearhit_server.api.grpc.codec.values import (
    decode_duration,
    decode_mask,
    encode_duration,
    encode_time,
)
from nearhit_server.core.cache_settings import CacheField, CacheSettings, CacheStatus
from nearhit_server.core.caches import AttributeType, LongPrompts, Verification
from nearhit_server.core.validation import invalid


def decode_settings(message: pb.Cache) -> CacheSettings:
    """The settings that a cache shall have. Raises InvalidArgumentError."""
    threshold = message.similarity_threshold if message.HasField("similarity_threshold") else None
    default_ttl = (
        decode_duration(message.default_ttl, field="cache.default_ttl")
        if message.HasField("default_ttl")
        else None
    )
    return CacheSettings(
        model=message.model,
        dimension=message.dimension,
        similarity_threshold=threshold,
        default_ttl=default_ttl,
        ttl_refresh_on_hit=message.ttl_refresh_on_hit,
        strategies=decode_strategies(message.strategies, field="cache.strategies"),
        long_prompts=_decode_long_prompts(message.long_prompts),
        max_entries=message.max_entries if message.HasField("max_entries") else None,
        attribute_types=_decode_attributes(message),
        restrict_attributes=message.restrict_attributes,
        verification=_decode_verification(message.verification),
        max_false_hit_rate=(
            message.max_false_hit_rate if message.HasField("max_false_hit_rate") else None
        ),
        shadow=message.shadow,
    )


def _decode_long_prompts(number: "pb.LongPrompts.ValueType") -> LongPrompts | None:
    if number == pb.LONG_PROMPTS_UNSPECIFIED:
        return None
    return decode_choice(number, LONG_PROMPTS, field="cache.long_prompts")


def _decode_verification(number: "pb.Verification.ValueType") -> Verification | None:
    if number == pb.VERIFICATION_UNSPECIFIED:
        return None
    return decode_choice(number, VERIFICATIONS, field="cache.verification")


def _decode_attributes(message: pb.Cache) -> dict[str, AttributeType]:
    types: dict[str, AttributeType] = {}
    for index, declaration in enumerate(message.attributes):
        field = f"cache.attributes[{index}]"
        if declaration.name in types:
            raise invalid(f"{field}.name", f"{declaration.name[:80]!r} is declared twice")
        types[declaration.name] = decode_choice(
            declaration.type, ATTRIBUTE_TYPES, field=f"{field}.type"
        )
    return types


def decode_cache_fields(mask: FieldMask) -> frozenset[CacheField]:
    """The settings to change. Raises InvalidArgumentError."""
    return decode_mask(mask.paths, CacheField, field="update_mask")


def encode_cache(status: CacheStatus) -> pb.Cache:
    """A cache's settings and size."""
    spec = status.spec
    return pb.Cache(
        cache_id=spec.cache_id,
        model=spec.model.name if spec.model is not None else "",
        dimension=spec.dimension,
        similarity_threshold=spec.similarity_threshold,
        default_ttl=None if spec.default_ttl is None else encode_duration(spec.default_ttl),
        ttl_refresh_on_hit=spec.ttl_refresh_on_hit,
        strategies=[STRATEGY_NUMBERS[strategy] for strategy in spec.strategies],
        long_prompts=LONG_PROMPTS_NUMBERS[spec.long_prompts],
        max_entries=spec.max_entries,
        attributes=[
            pb.AttributeDeclaration(name=name, type=ATTRIBUTE_TYPE_NUMBERS[type_])
            for name, type_ in spec.attribute_types.items()
        ],
        restrict_attributes=spec.restrict_attributes,
        create_time=encode_time(spec.created_at),
        update_time=encode_time(spec.updated_at),
        entry_count=status.entry_count,
        verification=VERIFICATION_NUMBERS[spec.verification],
        max_false_hit_rate=spec.max_false_hit_rate,
        shadow=spec.shadow,
    )
