"""Vectors that the server computed, in the embedding table."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhit_server.core.ports import EmbeddingKey, EmbeddingRow

HOUR = timedelta(hours=1)


@pytest.fixture
def row(clock):
    return EmbeddingRow(
        name=EmbeddingKey("owner", "key"),
        vector=np.array([0.1, -0.0, 3e38, 1e-45], np.float32),
        created_at=clock.now(),
        expires_at=clock.now() + HOUR,
    )


def bits(vector):
    return vector.dtype, vector.tobytes()


async def test_rows_are_found_in_the_order_of_the_names(store, row):
    names = [EmbeddingKey("owner", f"{n}") for n in range(5)]
    await store.put_embeddings([replace(row, name=name) for name in names[:3]])
    found = await store.get_embeddings([names[4], names[2], names[0], names[2]])
    assert [None if r is None else r.name for r in found] == [None, names[2], names[0], names[2]]
    assert await store.get_embeddings([]) == []


async def test_row_keeps_its_times(store, row):
    await store.put_embeddings([row])
    (found,) = await store.get_embeddings([row.name])
    assert (found.created_at, found.expires_at) == (row.created_at, row.expires_at)


async def test_put_replaces_what_has_the_name(store, row):
    await store.put_embeddings([row, replace(row, expires_at=None)])
    new = replace(row, vector=np.array([1.0], np.float32), expires_at=None)
    await store.put_embeddings([new])
    (found,) = await store.get_embeddings([row.name])
    assert bits(found.vector) == bits(new.vector)
    assert found.expires_at is None


async def test_names_that_look_alike_are_different(store, row):
    names = [
        EmbeddingKey("a", "b"),
        EmbeddingKey("", "b"),
        EmbeddingKey("ab", ""),
        EmbeddingKey("b", "a"),
    ]
    await store.put_embeddings([replace(row, name=name) for name in names[:2]])
    found = await store.get_embeddings(names)
    assert [r is not None for r in found] == [True, True, False, False]


async def test_row_is_gone_from_the_moment_it_expires(store, row, clock):
    forever = replace(row, name=EmbeddingKey("owner", "forever"), expires_at=None)
    await store.put_embeddings([row, forever])
    clock.advance(HOUR - timedelta(seconds=1))
    assert None not in await store.get_embeddings([row.name, forever.name])
    clock.advance(timedelta(seconds=1))
    found = await store.get_embeddings([row.name, forever.name])
    assert [r is not None for r in found] == [False, True]


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(components=st.lists(st.floats(width=32), min_size=1, max_size=9))
async def test_vector_is_kept_bit_for_bit(store, row, components):
    row = replace(row, vector=np.array(components, np.float32))
    await store.put_embeddings([row])
    (found,) = await store.get_embeddings([row.name])
    assert bits(found.vector) == bits(row.vector)
