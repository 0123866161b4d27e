"""The table of vectors against one that is too simple to be wrong."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.samples import DIMENSION, angled, vector
from nearhit_server.core.vectors import similarity
from nearhit_server.stores.embedded.vector_table import VectorTable
from nearhit_server.stores.times import NEVER_US

row_ids = st.integers(1, 20)
# Few enough that cosines and times often tie.
cosines = st.sampled_from([-1.0, -0.5, 0.0, 0.5, 0.9999999, 1.0])
times = st.integers(0, 5)
puts = st.tuples(st.just("put"), row_ids, cosines, times, times)
removals = st.tuples(st.just("remove"), row_ids)
expiries = st.tuples(st.just("set_expiry"), row_ids, times)


def apply_to_table(table, change):
    match change:
        case ("put", row_id, cosine, expires_us, updated_us):
            table.put(row_id, angled(cosine), expires_us=expires_us, updated_us=updated_us)
        case ("remove", row_id):
            table.remove(row_id)
        case ("set_expiry", row_id, expires_us):
            table.set_expiry(row_id, expires_us)


def apply_to_rows(rows, change):
    match change:
        case ("put", row_id, *row):
            rows[row_id] = row
        case ("remove", row_id):
            rows.pop(row_id, None)
        case ("set_expiry", row_id, expires_us) if row_id in rows:
            rows[row_id][1] = expires_us


def expected_ids(rows, now_us, among, limit):
    found = [
        (similarity(cosine), updated_us, row_id)
        for row_id, (cosine, expires_us, updated_us) in rows.items()
        if expires_us > now_us and (among is None or row_id in among)
    ]
    return [row_id for _, _, row_id in sorted(found, reverse=True)[:limit]]


@settings(max_examples=300, deadline=None)
@given(
    changes=st.lists(puts | removals | expiries, max_size=60),
    now_us=times,
    among=st.none() | st.lists(row_ids, unique=True),
    limit=st.integers(0, 25),
)
def test_nearest_agrees_with_sorting_all_rows(changes, now_us, among, limit):
    table, rows = VectorTable(DIMENSION), {}
    for change in changes:
        apply_to_table(table, change)
        apply_to_rows(rows, change)
    assert len(table) == len(rows)
    found = table.nearest(
        vector(1),
        limit=limit,
        now_us=now_us,
        among=None if among is None else np.array(among, np.int64),
    )
    assert [row_id for row_id, _ in found] == expected_ids(rows, now_us, among, limit)
    for row_id, cosine in found:
        assert cosine == pytest.approx(rows[row_id][0], abs=1e-6)


def test_table_grows_beyond_what_was_reserved():
    table = VectorTable(DIMENSION)
    table.reserve(10)
    for row_id in range(1000):
        table.put(row_id, angled(row_id / 1000), expires_us=NEVER_US, updated_us=0)
    found = table.nearest(vector(1), limit=3, now_us=0)
    assert [row_id for row_id, _ in found] == [999, 998, 997]


@pytest.mark.parametrize("selected", [1, 100, 900])
def test_nearest_among_few_and_many_agree_with_brute_force(selected):
    rng = np.random.default_rng(3)
    vectors = [vector(*v) for v in rng.standard_normal((1000, DIMENSION))]
    table = VectorTable(DIMENSION)
    for row_id, row in enumerate(vectors):
        table.put(row_id, row, expires_us=NEVER_US, updated_us=0)
    among = rng.permutation(1000)[:selected].astype(np.int64)
    found = table.nearest(vector(1), limit=5, now_us=0, among=among)
    expected = sorted(among.tolist(), key=lambda row_id: -vectors[row_id][0])[:5]
    assert [row_id for row_id, _ in found] == expected


@pytest.mark.parametrize("size", [1, DIMENSION - 1, DIMENSION + 1])
def test_put_raises_for_a_vector_of_another_dimension(size):
    table = VectorTable(DIMENSION)
    with pytest.raises(ValueError, match="components"):
        table.put(1, np.ones(size, np.float32), expires_us=NEVER_US, updated_us=0)
    assert len(table) == 0
