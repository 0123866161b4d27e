"""A cache's settings as JSON text.

Reading is lenient: fields that are missing take their defaults and unknown ones are ignored,
so that a database survives an upgrade and going back.
"""

import json
from datetime import datetime
from typing import Any

from nearhit_server.core.caches import (
    AttributeType,
    CacheSpec,
    LongPrompts,
    ModelBinding,
    Strategy,
    Verification,
)
from nearhit_server.stores.times import (
    optional_duration_from_microseconds,
    optional_duration_to_microseconds,
)

_DEFAULT_THRESHOLD = 0.90


def spec_to_json(spec: CacheSpec) -> str:
    """The settings without `cache_id`, `version` and `epoch`, which stores keep apart."""
    return json.dumps(
        {
            "model": None if spec.model is None else vars(spec.model),
            "dimension": spec.dimension,
            "similarity_threshold": spec.similarity_threshold,
            "created_at": spec.created_at.isoformat(),
            "updated_at": spec.updated_at.isoformat(),
            "default_ttl_us": optional_duration_to_microseconds(spec.default_ttl),
            "ttl_refresh_on_hit": spec.ttl_refresh_on_hit,
            "strategies": [strategy.value for strategy in spec.strategies],
            "long_prompts": spec.long_prompts.value,
            "max_entries": spec.max_entries,
            "attribute_types": {name: type_.value for name, type_ in spec.attribute_types.items()},
            "restrict_attributes": spec.restrict_attributes,
            "verification": spec.verification.value,
            "max_false_hit_rate": spec.max_false_hit_rate,
            "shadow": spec.shadow,
        }
    )


def spec_from_json(text: str, *, cache_id: str, version: int, epoch: int) -> CacheSpec:
    """The reverse of `spec_to_json`. Raises ValueError for what is not a cache's settings."""
    fields = json.loads(text)
    try:
        return CacheSpec(
            cache_id=cache_id,
            version=version,
            epoch=epoch,
            dimension=fields["dimension"],
            created_at=datetime.fromisoformat(fields["created_at"]),
            updated_at=datetime.fromisoformat(fields["updated_at"]),
            **_optional_fields(fields),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a cache's settings: {error!r}") from error


def _optional_fields(fields: dict[str, Any]) -> dict[str, Any]:
    model = fields.get("model")
    found = {
        "model": model and ModelBinding(model["name"], model["encoder_identity"]),
        "similarity_threshold": fields.get("similarity_threshold", _DEFAULT_THRESHOLD),
        "default_ttl": optional_duration_from_microseconds(fields.get("default_ttl_us")),
        "attribute_types": {
            name: AttributeType(value) for name, value in fields.get("attribute_types", {}).items()
        },
    }
    plain = (
        *("ttl_refresh_on_hit", "max_entries", "restrict_attributes"),
        *("max_false_hit_rate", "shadow"),
    )
    found |= {name: fields[name] for name in plain if name in fields}
    if "strategies" in fields:
        found["strategies"] = tuple(Strategy(value) for value in fields["strategies"])
    if "long_prompts" in fields:
        found["long_prompts"] = LongPrompts(fields["long_prompts"])
    if "verification" in fields:
        found["verification"] = Verification(fields["verification"])
    return found
