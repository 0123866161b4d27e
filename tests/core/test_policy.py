from datetime import UTC, datetime

import pytest

from nearhit_server.core.entries import Entry, Neighbour
from nearhit_server.core.policy import select_matches

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def neighbour(cosine):
    entry = Entry(
        entry_id="0" * 32,
        prompt="p",
        response="r",
        attributes={},
        metadata_json=None,
        vector=None,
        ttl=None,
        created_at=NOW,
        updated_at=NOW,
        expires_at=None,
    )
    return Neighbour(entry, cosine)


def select(*cosines, threshold):
    matches, nearest = select_matches([neighbour(c) for c in cosines], threshold=threshold)
    return [match.similarity for match in matches], nearest


def test_select_matches_is_inclusive():
    assert select(0.9, threshold=0.9) == ([0.9], None)


@pytest.mark.parametrize("cosine", [1.0000001, 0.9999999, 0.99999951])
def test_select_matches_takes_an_identical_vector_for_identical(cosine):
    assert select(cosine, threshold=1.0) == ([1.0], None)


def test_select_matches_compares_the_similarity_that_it_shows():
    assert select(0.8999996, threshold=0.9) == ([0.9], None)
    assert select(0.8999994, threshold=0.9) == ([], 0.899999)


def test_select_matches_tells_the_best_one_below_the_threshold():
    assert select(0.95, 0.85, 0.7, threshold=0.9) == ([0.95], 0.85)


def test_select_matches_tells_nothing_when_there_is_nothing():
    assert select(threshold=0.9) == ([], None)


def test_select_matches_clamps_below():
    assert select(-1.0000002, threshold=-1.0) == ([-1.0], None)
