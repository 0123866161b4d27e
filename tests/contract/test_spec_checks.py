"""Every call on entries notices that the settings it was made with are not the present ones."""

import pytest

from contract.samples import used, vector
from nearhit_server.core.entries import EntryChange, PromptKey
from nearhit_server.core.errors import NotFoundError, SpecChangedError
from nearhit_server.core.filters import TagIn

KEY = PromptKey.of("a")
ANY = TagIn("lang", ("en",))

CALLS = {
    "count": lambda store, spec, entry: store.count(spec),
    "find_exact": lambda store, spec, entry: store.find_exact(spec, KEY, where=None, limit=1),
    "find_nearest": lambda store, spec, entry: store.find_nearest(
        spec, vector(1), where=None, limit=1
    ),
    "put": lambda store, spec, entry: store.put(spec, [entry]),
    "get": lambda store, spec, entry: store.get(spec, entry.entry_id),
    "update": lambda store, spec, entry: store.update(spec, entry.entry_id, EntryChange()),
    "touch": lambda store, spec, entry: store.touch(spec, [used(entry)]),
    "delete": lambda store, spec, entry: store.delete(spec, [entry.entry_id]),
    "delete_where": lambda store, spec, entry: store.delete_where(spec, ANY),
    "flush": lambda store, spec, entry: store.flush(spec),
    "list_entries": lambda store, spec, entry: store.list_entries(
        spec, where=None, cursor=None, limit=1
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_the_settings_have_changed(store, sample, call):
    old = await store.create_cache(sample.spec(ttl_refresh_on_hit=True))
    entry = sample.entry("a")
    await store.put(old, [entry])
    new = await store.update_cache(old, flush=False)
    with pytest.raises(SpecChangedError):
        await call(store, old, entry)
    assert await store.count(new) == 1


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_the_cache_was_emptied(store, sample, call):
    old = await store.create_cache(sample.spec(ttl_refresh_on_hit=True))
    await store.flush(old)
    with pytest.raises(SpecChangedError):
        await call(store, old, sample.entry("a"))
    assert await store.count(await store.get_cache("cache")) == 0


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_the_cache_is_gone(store, sample, call):
    old = await store.create_cache(sample.spec(ttl_refresh_on_hit=True))
    await store.delete_cache("cache")
    with pytest.raises(NotFoundError):
        await call(store, old, sample.entry("a"))


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_another_cache_has_the_id(store, sample, call):
    old = await store.create_cache(sample.spec(ttl_refresh_on_hit=True))
    await store.delete_cache("cache")
    await store.create_cache(sample.spec(ttl_refresh_on_hit=True))
    with pytest.raises(SpecChangedError):
        await call(store, old, sample.entry("a"))
