"""Which entries are quarantined: an entry says so itself, and a set names those that may be."""

from collections.abc import Iterable

from nearhit_server.core.caches import CacheSpec
from nearhit_server.stores.redis.commands import Commands
from nearhit_server.stores.redis.keys import EpochKeys
from nearhit_server.stores.redis.replies import ask


async def still_quarantined(
    commands: Commands, spec: CacheSpec, entry_ids: Iterable[bytes]
) -> set[str]:
    """The keys of those entries that are there and are quarantined."""
    keys = [EpochKeys.of(spec).entry(entry_id.decode()) for entry_id in entry_ids]
    if not keys:
        return set()
    flags = await ask(commands, spec, [("HEXISTS", key, "quarantined") for key in keys])
    return {key for key, flag in zip(keys, flags, strict=True) if flag}
