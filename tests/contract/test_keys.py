"""API keys in a store."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhit_server.core.access.callers import EVERYTHING, Grant


@pytest.fixture
def key(sample):
    return sample.key()


async def test_key_is_read_back_with_all_it_has(store, key):
    assert await store.put_key(key)
    assert await store.get_key(key.key_id) == key


async def test_key_is_read_back_without_what_it_lacks(store, key):
    bare = replace(
        key,
        **{"display_name": "", "scopes": frozenset(), "caches": EVERYTHING, "namespaces": Grant()},
        **{"secrets": (), "expires_at": None, "revoked_at": None},
    )
    await store.put_key(bare)
    assert await store.get_key(key.key_id) == bare


async def test_get_key_is_none_when_there_is_none(store):
    assert await store.get_key("00000000000000aa") is None


async def test_changed_key_takes_the_place_of_its_version_before(store, key):
    await store.put_key(key)
    second = replace(key, display_name="new", version=2)
    assert await store.put_key(second)
    assert await store.get_key(key.key_id) == second


@pytest.mark.parametrize("version", [1, 3, 0])
async def test_put_key_keeps_nothing_when_the_version_does_not_follow(store, key, version):
    await store.put_key(key)
    assert not await store.put_key(replace(key, display_name="other", version=version))
    assert await store.get_key(key.key_id) == key


async def test_put_key_keeps_nothing_when_there_is_no_version_before(store, key):
    assert not await store.put_key(replace(key, version=2))
    assert await store.get_key(key.key_id) is None
    assert await store.list_keys(after="", limit=10) == []


async def test_put_key_repeated_is_kept_once(store, key):
    assert await store.put_key(key)
    assert await store.put_key(key)
    assert await store.list_keys(after="", limit=10) == [key]
    assert await store.put_key(replace(key, version=2))


async def test_one_of_concurrent_changes_wins(store, key):
    await store.put_key(key)
    changes = [replace(key, display_name=f"{n}", version=2) for n in range(10)]
    outcomes = await asyncio.gather(*(store.put_key(change) for change in changes))
    assert sum(outcomes) == 1
    assert await store.get_key(key.key_id) == changes[outcomes.index(True)]


async def test_list_keys_goes_by_id_from_where_it_is_told(store, key):
    ids = [f"{number:016x}" for number in (9, 1, 15, 10, 2**64 - 1)]
    for key_id in ids:
        await store.put_key(replace(key, key_id=key_id))
    ids.sort()
    assert [k.key_id for k in await store.list_keys(after="", limit=10)] == ids
    assert [k.key_id for k in await store.list_keys(after=ids[1], limit=2)] == ids[2:4]
    assert [k.key_id for k in await store.list_keys(after=f"{3:016x}", limit=1)] == [ids[1]]
    assert await store.list_keys(after=ids[-1], limit=2) == []


async def test_keys_and_a_cache_called_keys_do_not_meet(store, sample, key):
    spec = await store.create_cache(sample.spec("keys"))
    await store.put(spec, [sample.entry("a")])
    await store.put_key(key)
    await store.delete_cache("keys")
    assert await store.list_keys(after="", limit=10) == [key]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(display_name=st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200))
async def test_name_is_kept_whatever_it_is(store, key, display_name):
    held = await store.get_key(key.key_id)
    version = 1 if held is None else held.version + 1
    changed = replace(key, display_name=display_name, version=version)
    assert await store.put_key(changed)
    assert await store.get_key(key.key_id) == changed
