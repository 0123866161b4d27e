"""What an entry takes in Redis' memory."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import redis

from benchmarks.filling import fill, new_cache
from benchmarks.sample_data import ATTRIBUTES
from nearhit_server.stores.redis import RedisStore

_KINDS: Final[Mapping[str, tuple[Mapping[str, str], int | None]]] = {
    "no attributes": ({}, None),
    "3 attributes": (ATTRIBUTES, None),
    "3 attributes, max_entries": (ATTRIBUTES, 10_000_000),
}


async def measure_memory(store: RedisStore, url: str, *, size: int) -> list[dict[str, Any]]:
    """Bytes an entry by kind. The Redis must have nothing else to do."""
    rows = []
    for number, (kind, (attributes, max_entries)) in enumerate(_KINDS.items()):
        async with new_cache(store, f"memory-{number}") as spec:
            if max_entries is not None:
                spec = await store.update_cache(replace(spec, max_entries=max_entries), flush=False)
            before = used_memory(url)
            await fill(store, spec, size, attributes=attributes)
            used = used_memory(url) - before
        rows.append({"kind": kind, "entries": size, "bytes an entry": used // size})
    return rows


def used_memory(url: str) -> int:
    """Bytes that Redis has allocated, indexes included."""
    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"])
