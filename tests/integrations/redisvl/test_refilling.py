"""overwrite=True with other indexes: no entry is lost, wherever the program that does it dies."""

import pytest
from redisvl.query.filter import Num

import nearhit
from nearhit.integrations.redisvl.names import copy_id_of
from nearhit.sync import Client

PRICE = {"filterable_fields": [{"name": "price", "type": "numeric"}]}

CALLS = ["see", "see the copy", "list", "make the copy", "copy", "change", "put back", "remove"]
"""What is sent to the server, in order."""


class DeathError(BaseException):
    """The end of the program: nobody catches it."""


@pytest.fixture
def dying(open_cache, monkeypatch):
    """Opens a cache with other indexes in a program that dies after so many calls."""

    async def opening(calls):
        left = [None] * calls
        run = Client._run

        def counted(client, call):
            if not left:
                raise DeathError
            left.pop()
            return run(client, call)

        with monkeypatch.context() as patch:
            patch.setattr(Client, "_run", counted)
            with pytest.raises(DeathError):
                await open_cache(**PRICE, overwrite=True)

    return opening


@pytest.fixture
async def old(open_cache):
    """A cache with entries, which has no numeric field yet."""
    cache = await open_cache()
    for price in range(3):
        await cache.astore(f"prompt {price}", str(price), filters={"price": price}, ttl=1_000)
    return cache


async def kept(cache):
    found = [await cache.acheck(f"prompt {price}", distance_threshold=0) for price in range(3)]
    return "".join(hit["response"] for hits in found for hit in hits)


async def copies(target, name):
    async with nearhit.AsyncClient(target) as client:
        return [cache async for cache in client.list_caches() if cache.cache_id == copy_id_of(name)]


@pytest.mark.parametrize("calls", range(len(CALLS)), ids=CALLS)
async def test_no_entry_is_lost_when_the_program_dies(old, dying, open_cache, target, name, calls):
    await dying(calls)

    again = await open_cache(**PRICE, overwrite=True)

    assert await kept(again) == "012"
    every = await again.acheck("prompt", filter_expression=Num("price") > 0, distance_threshold=2)
    assert [hit["response"] for hit in every] == ["1"]
    assert await copies(target, name) == []


async def test_dropped_entry_stays_away_when_the_cache_was_not_changed_yet(old, dying, open_cache):
    await dying(CALLS.index("change"))
    await old.adrop(keys=[(await old.acheck("prompt 1", distance_threshold=0))[0]["key"]])

    assert await kept(await open_cache(**PRICE, overwrite=True)) == "02"


async def test_entry_stored_since_stays_when_the_others_are_put_back(old, dying, open_cache):
    await dying(CALLS.index("put back"))
    await old.astore("prompt 1", "new", filters={"price": 1})

    assert await kept(await open_cache(**PRICE, overwrite=True)) == "0new2"


async def test_copy_is_not_put_back_into_another_cache_of_that_name(old, dying, open_cache):
    await dying(CALLS.index("put back"))
    await old.adelete()
    await open_cache(**PRICE)

    assert await kept(await open_cache(**PRICE, overwrite=True)) == ""


async def test_time_to_live_is_kept_and_times_start_again(old, open_cache, target, name):
    async with nearhit.AsyncClient(target, cache=name) as client:
        before = [entry async for entry in client.list_entries()]
        await open_cache(**PRICE, overwrite=True)
        after = [entry async for entry in client.list_entries()]

    assert [entry.ttl for entry in after] == [entry.ttl for entry in before]
    assert [entry.entry_id for entry in after] == [entry.entry_id for entry in before]
    latest = before[-1]
    assert all(entry.created_at > latest.created_at for entry in after)
    assert all(entry.expires_at > latest.expires_at for entry in after)


async def test_nothing_is_left_behind_when_an_entry_is_refused(old, open_cache, target, name):
    await old.astore("odd", "odd", filters={"price": "cheap"})

    with pytest.raises(ValueError, match="price"):
        await open_cache(**PRICE, overwrite=True)

    assert await copies(target, name) == []
    assert await kept(old) == "012"
