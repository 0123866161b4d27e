"""Entries that expire, and those that live longer because they are hit."""

from datetime import timedelta

import pytest

from contract.samples import angled, prompts, vector
from nearhit_server.core.entries import EntryChange, EntryUse, LifetimeChange, PromptKey
from nearhit_server.core.filters import carrying

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(seconds=1)
"""Redis counts milliseconds by a clock of its own, and a test takes some."""


@pytest.fixture
async def spec(store, sample):
    return await store.create_cache(sample.spec())


@pytest.fixture
async def sliding(store, sample):
    return await store.create_cache(sample.spec("sliding", ttl_refresh_on_hit=True))


async def seen(store, spec, entry):
    """In how many ways an entry can be seen."""
    page = await store.list_entries(spec, where=None, cursor=None, limit=9)
    return [
        await store.count(spec),
        len(page.entries),
        len(await store.find_exact(spec, PromptKey.of(entry.prompt), where=None, limit=9)),
        len(await store.find_nearest(spec, vector(1), where=None, limit=9)),
        0 if await store.get(spec, entry.entry_id) is None else 1,
    ]


async def test_entry_is_gone_from_the_moment_it_expires(store, spec, sample, clock):
    entry = sample.entry("a", ttl=MINUTE)
    await store.put(spec, [entry])
    clock.advance(MINUTE - INSTANT)
    assert await seen(store, spec, entry) == [1] * 5
    clock.advance(INSTANT)
    assert await seen(store, spec, entry) == [0] * 5
    assert await store.flush(spec) == 0


async def test_expired_entries_do_not_hide_a_live_one(store, spec, sample, clock):
    near = [sample.entry(f"{n}", ttl=MINUTE, attributes={"lang": "en"}) for n in range(2_000)]
    live = sample.entry("live", vector=angled(0.5), attributes={"lang": "en"})
    await store.put(spec, [*near, live])
    clock.advance(MINUTE)
    for where in (None, carrying({"lang": "en"})):
        found = await store.find_nearest(spec, vector(1), where=where, limit=1)
        assert prompts(n.entry for n in found) == ["live"]
    assert await store.count(spec) == 1


async def test_expired_entry_is_not_deleted_by_filter(store, spec, sample, clock):
    await store.put(spec, [sample.entry("a", attributes={"x": "y"}, ttl=MINUTE)])
    clock.advance(MINUTE)
    assert await store.delete_where(spec, carrying({"x": "y"})) == 0


async def touch(store, spec, entry, clock, ttl):
    await store.touch(spec, [EntryUse.of(entry, expires_at=clock.now() + ttl)])


async def test_touch_slides_the_expiry(store, sliding, sample, clock):
    entry = sample.entry("a", ttl=MINUTE)
    await store.put(sliding, [entry])
    clock.advance(MINUTE / 2)
    await touch(store, sliding, entry, clock, MINUTE)
    clock.advance(MINUTE / 2)
    assert await seen(store, sliding, entry) == [1] * 5
    kept = await store.get(sliding, entry.entry_id)
    assert abs(kept.expires_at - (entry.created_at + 1.5 * MINUTE)) < INSTANT
    clock.advance(MINUTE / 2)
    assert await seen(store, sliding, entry) == [0] * 5


async def test_touch_does_not_slide_unless_the_cache_says_so(store, spec, sample, clock):
    entry = sample.entry("a", ttl=MINUTE)
    await store.put(spec, [entry])
    await touch(store, spec, entry, clock, 2 * MINUTE)
    clock.advance(MINUTE)
    assert await seen(store, spec, entry) == [0] * 5


async def test_touch_revives_nothing(store, sliding, sample, clock):
    expired, deleted = sample.entry("a", ttl=MINUTE), sample.entry("b", ttl=MINUTE)
    await store.put(sliding, [expired, deleted])
    await store.delete(sliding, [deleted.entry_id])
    clock.advance(MINUTE)
    await touch(store, sliding, expired, clock, MINUTE)
    await touch(store, sliding, deleted, clock, MINUTE)
    assert await store.count(sliding) == 0
    assert await store.get(sliding, expired.entry_id) is None


async def test_touch_leaves_alone_what_was_put_since(store, sliding, sample, clock):
    old = sample.entry("a", ttl=MINUTE)
    await store.put(sliding, [old])
    clock.advance(INSTANT)
    new = sample.entry("a", ttl=60 * MINUTE)
    await store.put(sliding, [new])
    await touch(store, sliding, old, clock, MINUTE)
    assert abs((await store.get(sliding, new.entry_id)).expires_at - new.expires_at) < INSTANT


async def test_touch_lets_an_entry_live_forever(store, sliding, sample, clock):
    entry = sample.entry("a", expires_at=clock.now() + MINUTE)
    await store.put(sliding, [entry])
    await store.touch(sliding, [EntryUse.of(entry, expires_at=None)])
    clock.advance(MINUTE)
    assert await seen(store, sliding, entry) == [1] * 5


async def test_late_touch_does_not_shorten_what_an_update_has_renewed(
    store, sliding, sample, clock
):
    entry = sample.entry("a", ttl=MINUTE)
    await store.put(sliding, [entry])
    clock.advance(MINUTE / 4)
    hit = EntryUse.of(entry, expires_at=clock.now() + MINUTE)
    clock.advance(MINUTE / 4)
    renewal = LifetimeChange(MINUTE, clock.now() + MINUTE)
    await store.update(sliding, entry.entry_id, EntryChange(lifetime=renewal))
    await store.touch(sliding, [hit])
    kept = await store.get(sliding, entry.entry_id)
    assert abs(kept.expires_at - renewal.expires_at) < INSTANT


async def test_late_touch_leaves_alone_a_new_ttl(store, sliding, sample, clock):
    entry = sample.entry("a", ttl=60 * MINUTE)
    await store.put(sliding, [entry])
    hit = EntryUse.of(entry, expires_at=clock.now() + 60 * MINUTE)
    change = LifetimeChange(MINUTE, clock.now() + MINUTE)
    await store.update(sliding, entry.entry_id, EntryChange(lifetime=change))
    await store.touch(sliding, [hit])
    kept = await store.get(sliding, entry.entry_id)
    assert abs(kept.expires_at - change.expires_at) < INSTANT


async def test_two_hits_that_read_the_same_both_slide_the_expiry(store, sliding, sample, clock):
    entry = sample.entry("a", ttl=MINUTE)
    await store.put(sliding, [entry])
    first = EntryUse.of(entry, expires_at=clock.now() + 2 * MINUTE)
    second = EntryUse.of(entry, expires_at=clock.now() + 3 * MINUTE)
    await store.touch(sliding, [first, second])
    kept = await store.get(sliding, entry.entry_id)
    assert abs(kept.expires_at - second.expires_at) < INSTANT
