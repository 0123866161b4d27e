"""What becomes of the outcomes of searches on their way out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.codec.entries import ALL_BUT_VECTOR
from nearhit_server.api.grpc.codec.searches import encode_outcome
from nearhit_server.api.rest.langcache.codec import encode_search
from nearhit_server.core.caches import Strategy
from nearhit_server.core.entries import Entry
from nearhit_server.core.queries import Candidate, Hit, Match, Miss, RefusalReason

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
ENTRY = Entry(
    entry_id="0" * 32,
    prompt="stored",
    response="r",
    vector=None,
    attributes={},
    metadata_json=None,
    ttl=None,
    created_at=NOON,
    updated_at=NOON,
    expires_at=None,
)
CANDIDATE = Candidate(
    entry=ENTRY, similarity=0.875, reason=RefusalReason.GUARD, detail="2023 against 2024"
)


def encoded(outcome):
    return encode_outcome(outcome, ALL_BUT_VECTOR)


@pytest.mark.parametrize("confidence", [None, 0.0, 0.75])
def test_match_tells_its_confidence_when_it_has_one(confidence):
    match = Match(ENTRY, 0.875, Strategy.SEMANTIC, confidence)

    (told,) = encoded(Hit((match,), "asked")).hit.matches

    assert told.HasField("confidence") == (confidence is not None)
    assert told.confidence == (confidence or 0.0)


def test_miss_tells_its_candidate():
    response = encoded(Miss(CANDIDATE, None, "asked"))

    assert response == pb.SearchResponse(
        miss=pb.Miss(
            nearest_similarity=0.875,
            candidate=pb.Candidate(
                entry_id="0" * 32,
                prompt="stored",
                similarity=0.875,
                reason=pb.REFUSAL_REASON_GUARD,
                detail="2023 against 2024",
            ),
        ),
        effective_prompt="asked",
    )


def test_miss_tells_how_sure_its_candidate_was():
    unsure = replace(CANDIDATE, confidence=0.0, reason=RefusalReason.LOW_CONFIDENCE)

    candidate = encoded(Miss(unsure, None, "")).miss.candidate

    assert candidate.HasField("confidence")
    assert candidate.reason == pb.REFUSAL_REASON_LOW_CONFIDENCE


def test_miss_without_anything_near_tells_of_none():
    miss = encoded(Miss(None, None, "asked")).miss

    assert miss.ListFields() == []


def test_langcache_is_told_no_more_than_its_api_has():
    match = Match(ENTRY, 0.875, Strategy.SEMANTIC, 0.75)

    hit = encode_search(Hit((match,), "asked")).model_dump(exclude_none=True)
    miss = encode_search(Miss(CANDIDATE, None, "asked")).model_dump(exclude_none=True)

    assert hit["similarity"] == 0.875
    assert not {"confidence", "candidate"} & {*hit, *hit["data"][0], *miss}
    assert miss == {"data": [], "hit": False}
