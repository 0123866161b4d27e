"""update by several at once, in both forms."""

import asyncio

NAMES = [f"field_{number}" for number in range(16)]


async def test_16_concurrent_updates_of_different_filter_fields_all_hold(open_cache, call):
    cache = await open_cache(filterable_fields=[{"name": name, "type": "tag"} for name in NAMES])
    key = await call(cache, "store", "hello", "hi")

    await asyncio.gather(*(call(cache, "update", key, **{name: name}) for name in NAMES))

    (hit,) = await call(cache, "check", "hello")
    assert {name: hit.get(name) for name in NAMES} == {name: name for name in NAMES}
