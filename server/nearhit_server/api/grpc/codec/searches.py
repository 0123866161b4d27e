"""Search requests and their outcomes."""

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.codec.choices import (
    EXACT_ONLY_REASON_NUMBERS,
    REFUSAL_REASON_NUMBERS,
    STRATEGY_NUMBERS,
    decode_strategies,
)
from nearhit_server.api.grpc.codec.entries import decode_read_mask, encode_entry
from nearhit_server.api.grpc.codec.filters import decode_filter
from nearhit_server.api.grpc.codec.values import decode_vector
from nearhit_server.core.queries import Candidate, Hit, Match, Miss, SearchQuery


def decode_search(message: pb.SearchRequest, *, deadline: float | None = None) -> SearchQuery:
    """The query of a caller that waits until `deadline`. Raises InvalidArgumentError."""
    threshold = message.similarity_threshold if message.HasField("similarity_threshold") else None
    return SearchQuery(
        prompt=message.prompt if message.HasField("prompt") else None,
        vector=decode_vector(message.vector) if message.HasField("vector") else None,
        strategies=decode_strategies(message.strategies, field="strategies"),
        similarity_threshold=threshold,
        attributes=dict(message.attributes),
        filter=decode_filter(message.filter) if message.HasField("filter") else None,
        max_results=message.max_results if message.HasField("max_results") else 1,
        context=tuple(message.context),
        with_vectors="vector" in decode_read_mask(message.read_mask),
        deadline=deadline,
    )


def encode_outcome(outcome: Hit | Miss, fields: frozenset[str]) -> pb.SearchResponse:
    """A hit with the named fields of its entries, or a miss."""
    if isinstance(outcome, Hit):
        hit = pb.Hit(matches=[_encode_match(match, fields) for match in outcome.matches])
        return pb.SearchResponse(hit=hit, effective_prompt=outcome.effective_prompt)
    candidate = outcome.candidate
    miss = pb.Miss(
        nearest_similarity=outcome.nearest_similarity,
        exact_only_reason=EXACT_ONLY_REASON_NUMBERS[outcome.exact_only_reason],
        candidate=None if candidate is None else _encode_candidate(candidate),
    )
    return pb.SearchResponse(miss=miss, effective_prompt=outcome.effective_prompt)


def _encode_match(match: Match, fields: frozenset[str]) -> pb.Match:
    return pb.Match(
        entry=encode_entry(match.entry, fields),
        similarity=match.similarity,
        strategy=STRATEGY_NUMBERS[match.strategy],
        confidence=match.confidence,
    )


def _encode_candidate(candidate: Candidate) -> pb.Candidate:
    return pb.Candidate(
        entry_id=candidate.entry.entry_id,
        prompt=candidate.entry.prompt,
        similarity=candidate.similarity,
        confidence=candidate.confidence,
        reason=REFUSAL_REASON_NUMBERS[candidate.reason],
        detail=candidate.detail,
    )
