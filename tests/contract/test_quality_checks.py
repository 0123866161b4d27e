"""Every call of QualityStore notices that its settings are not the present ones."""

import pytest

from contract.quality_samples import report, shadow_search
from nearhit_server.core.errors import NotFoundError, Reason, SpecChangedError

CALLS = {
    "put_report": lambda store, spec, entry: store.put_report(spec, report(entry, "a")),
    "list_reports": lambda store, spec, entry: store.list_reports(spec, cursor=None, limit=1),
    "release": lambda store, spec, entry: store.release(spec, entry.entry_id),
    "add_tallies": lambda store, spec, entry: store.add_tallies(spec, {"searches": 1}),
    "read_tallies": lambda store, spec, entry: store.read_tallies(spec),
    "put_shadow_searches": lambda store, spec, entry: store.put_shadow_searches(
        spec, [shadow_search(entry, "a")]
    ),
    "list_shadow_searches": lambda store, spec, entry: store.list_shadow_searches(
        spec, cursor=None, limit=1
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_the_settings_have_changed(store, sample, call):
    old = await store.create_cache(sample.spec())
    entry = sample.entry("a")
    await store.put(old, [entry])
    new = await store.update_cache(old, flush=False)
    with pytest.raises(SpecChangedError):
        await call(store, old, entry)
    assert not any((await store.read_tallies(new)).values())
    assert (await store.list_shadow_searches(new, cursor=None, limit=1)).searches == ()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
async def test_call_raises_when_the_cache_is_gone(store, sample, call):
    old = await store.create_cache(sample.spec())
    await store.delete_cache("cache")
    with pytest.raises(NotFoundError) as raised:
        await call(store, old, sample.entry("a"))
    assert raised.value.reason is Reason.CACHE_NOT_FOUND
