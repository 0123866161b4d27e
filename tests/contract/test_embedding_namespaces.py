"""What clients put into namespaces of embeddings."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhit_server.core.ports import EmbeddingKey, EmbeddingRow, NamespaceRow

MINUTE = timedelta(minutes=1)
INSTANT = timedelta(seconds=1)
"""Redis counts milliseconds by a clock of its own, and a test takes some."""


def key(number):
    return hashlib.sha256(f"{number}".encode()).hexdigest()


@pytest.fixture
def row(clock):
    def make(number=0, *, ttl=None, **fields):
        now = clock.now()
        defaults = {
            "key": key(number),
            "model": "model",
            "vector": np.array([0.1, -0.0, 3e38, 1e-45], np.float32),
            "text": None,
            "metadata_json": None,
            "ttl": ttl,
            "created_at": now,
            "expires_at": None if ttl is None else now + ttl,
        }
        return NamespaceRow(**(defaults | fields))

    return make


def same(found, row):
    """Whether a row is another, the vector bit for bit."""
    assert found.vector.dtype == row.vector.dtype
    assert found.vector.tobytes() == row.vector.tobytes()
    return replace(found, vector=row.vector) == row


async def found_keys(store, namespace, count=9):
    keys = [key(n) for n in range(count)]
    rows = await store.get_namespace_rows(namespace, keys)
    found = [row is not None for row in rows]
    assert await store.has_namespace_rows(namespace, keys) == found
    return [n for n in range(count) if found[n]]


async def test_row_comes_back_as_it_was_put(store, row):
    full = row(
        text=' a "text"\nwith ümläüts 🦊',
        metadata_json='{"n": 9007199254740993,  "ü": [1.50]}',
        model="model/ü:1",
        ttl=MINUTE + timedelta(microseconds=1),
    )
    await store.put_namespace_rows("mine", [full, row(1)])
    first, second = await store.get_namespace_rows("mine", [full.key, key(1)])
    assert same(first, full)
    assert same(second, row(1))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(components=st.lists(st.floats(width=32), min_size=1, max_size=9))
async def test_vector_is_kept_bit_for_bit(store, row, components):
    put = row(vector=np.array(components, np.float32))
    await store.put_namespace_rows("mine", [put])
    (found,) = await store.get_namespace_rows("mine", [put.key])
    assert found.vector.tobytes() == put.vector.tobytes()


async def test_rows_are_found_in_the_order_of_the_keys(store, row):
    await store.put_namespace_rows("mine", [row(n) for n in range(3)])
    found = await store.get_namespace_rows("mine", [key(4), key(2), key(0)])
    assert [None if r is None else r.key for r in found] == [None, key(2), key(0)]
    assert await store.has_namespace_rows("mine", [key(4), key(2)]) == [False, True]


async def test_a_thousand_rows_travel_at_once(store, row):
    numbers = range(1_000)
    await store.put_namespace_rows("mine", [row(n, text=f"{n}") for n in numbers])
    found = await store.get_namespace_rows("mine", [key(n) for n in numbers])
    assert [r.text for r in found] == [f"{n}" for n in numbers]
    assert await store.delete_namespace_rows("mine", [key(n) for n in numbers[1:]]) == 999
    assert await store.flush_namespace("mine") == 1


async def test_put_leaves_nothing_of_the_row_that_it_replaces(store, row, clock):
    await store.put_namespace_rows("mine", [row(text="t", metadata_json="{}", ttl=MINUTE)])
    clock.advance(INSTANT)
    bare = row(vector=np.array([1.0], np.float32), model="other")
    await store.put_namespace_rows("mine", [bare])
    clock.advance(MINUTE)
    (found,) = await store.get_namespace_rows("mine", [bare.key])
    assert same(found, bare)
    assert await store.flush_namespace("mine") == 1


async def test_namespaces_do_not_see_each_other(store, row):
    names = ["a", "a-a", "A", "a_", "0"]
    for number, name in enumerate(names):
        await store.put_namespace_rows(name, [row(number), row(8, text=name)])
    for number, name in enumerate(names):
        assert await found_keys(store, name) == [number, 8]
    assert await store.delete_namespace_rows("a", [key(0), key(1)]) == 1
    assert await store.flush_namespace("A") == 2
    assert await found_keys(store, "a") == [8]
    assert await found_keys(store, "A") == []
    assert await found_keys(store, "a-a") == [1, 8]


async def test_rows_of_clients_are_not_those_of_the_server(store, row, clock):
    own = EmbeddingRow(
        name=EmbeddingKey("owner", key(0)),
        vector=np.ones(2, np.float32),
        created_at=clock.now(),
        expires_at=None,
    )
    await store.put_embeddings([own])
    assert await found_keys(store, "owner") == []
    await store.put_namespace_rows("owner", [row(0)])
    await store.flush_namespace("owner")
    (found,) = await store.get_embeddings([own.name])
    assert found.vector.tolist() == [1, 1]


async def test_delete_counts_what_was_there(store, row):
    await store.put_namespace_rows("mine", [row(n) for n in range(4)])
    assert await store.delete_namespace_rows("mine", [key(1), key(3), key(7)]) == 2
    assert await found_keys(store, "mine") == [0, 2]
    assert await store.delete_namespace_rows("mine", [key(1)]) == 0
    assert await store.delete_namespace_rows("none", [key(0)]) == 0


async def test_row_is_gone_from_the_moment_it_expires(store, row, clock):
    await store.put_namespace_rows("mine", [row(0, ttl=MINUTE), row(1)])
    clock.advance(MINUTE - INSTANT)
    assert await found_keys(store, "mine") == [0, 1]
    clock.advance(INSTANT)
    assert await found_keys(store, "mine") == [1]
    assert await store.delete_namespace_rows("mine", [key(0)]) == 0
    assert await store.flush_namespace("mine") == 1


async def test_refresh_starts_the_ttl_again_where_there_is_one(store, row, clock):
    await store.put_namespace_rows("mine", [row(n, ttl=MINUTE) for n in range(2)])
    await store.put_namespace_rows("mine", [row(2)])
    clock.advance(MINUTE - INSTANT)
    refreshed = await store.get_namespace_rows("mine", [key(0), key(2), key(3)], refresh_ttl=True)
    assert [r and r.expires_at for r in refreshed] == [clock.now() + MINUTE, None, None]
    assert refreshed[0].ttl == MINUTE
    clock.advance(INSTANT)
    # The bystander has expired, and what it leaves is tidied up by the next write.
    await store.put_namespace_rows("mine", [row(n) for n in range(4, 9)])
    assert await found_keys(store, "mine", 4) == [0, 2]
    assert await store.flush_namespace("mine") == 7


async def test_refreshed_row_expires_a_ttl_after_its_last_use(store, row, clock):
    await store.put_namespace_rows("mine", [row(0, ttl=MINUTE)])
    for _ in range(3):
        clock.advance(MINUTE - INSTANT)
        (found,) = await store.get_namespace_rows("mine", [key(0)], refresh_ttl=True)
        assert found.created_at < clock.now()
    clock.advance(MINUTE - INSTANT)
    assert await found_keys(store, "mine") == [0]
    clock.advance(INSTANT)
    assert await store.get_namespace_rows("mine", [key(0)], refresh_ttl=True) == [None]


async def test_new_ttl_takes_the_place_of_a_rows_own(store, row, clock):
    await store.put_namespace_rows("mine", [row(0), row(1, ttl=MINUTE), row(2)])
    found = await store.get_namespace_rows("mine", [key(0), key(1), key(9)], ttl=2 * MINUTE)
    assert [r and (r.ttl, r.expires_at) for r in found] == [
        *[(2 * MINUTE, clock.now() + 2 * MINUTE)] * 2,
        None,
    ]
    clock.advance(2 * MINUTE - INSTANT)
    assert await found_keys(store, "mine") == [0, 1, 2]
    clock.advance(INSTANT)
    assert await found_keys(store, "mine") == [2]


async def test_flush_empties_the_namespace_at_once_and_counts(store, row):
    await store.put_namespace_rows("mine", [row(n) for n in range(9)])
    assert await store.flush_namespace("mine") == 9
    assert await found_keys(store, "mine") == []
    assert await store.delete_namespace_rows("mine", [key(0)]) == 0
    assert await store.flush_namespace("mine") == 0
    await store.put_namespace_rows("mine", [row(3)])
    assert await found_keys(store, "mine") == [3]
    assert await store.flush_namespace("never used") == 0


async def test_no_put_is_half_flushed(store, row):
    await store.put_namespace_rows("mine", [row(n) for n in range(100, 150)])
    puts = [store.put_namespace_rows("mine", [row(n)]) for n in range(9)]
    flushed, *_ = await asyncio.gather(store.flush_namespace("mine"), *puts)
    assert flushed >= 50
    left = await found_keys(store, "mine")
    assert await store.flush_namespace("mine") == len(left)
