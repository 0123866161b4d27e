"""A cache's settings as they stand in Redis."""

import json

from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.spec_json import spec_from_json, spec_to_json


def spec_to_text(spec: CacheSpec) -> str:
    """The settings and the epoch; the version has a key of its own.

    The epoch is a string, because Lua would read a number of 16 digits as a rounded one.
    """
    return json.dumps({"epoch": str(spec.epoch), "settings": spec_to_json(spec)})


def spec_from_text(text: bytes, *, cache_id: str, version: int) -> CacheSpec:
    """The reverse of `spec_to_text`. Raises ValueError for what is not a cache's settings."""
    try:
        fields = json.loads(text)
        settings, epoch = fields["settings"], int(fields["epoch"])
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a cache's settings: {error!r}") from error
    return spec_from_json(settings, cache_id=cache_id, version=version, epoch=epoch)
