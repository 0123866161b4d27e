"""Responses of the SemanticCacheService."""

import json
from array import array
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from nearhit.messages.enums import STRATEGIES, exact_only_reason, refusal_reason
from nearhit.results import Candidate, Entry, EntryPage, Hit, Match, Miss, Stored
from nearhit.v1 import embedding_cache_pb2, semantic_cache_pb2, types_pb2
from nearhit.vectors import from_float32_le


def searched(response: semantic_cache_pb2.SearchResponse) -> Hit | Miss:
    """What a search found. Raises ValueError if it is neither hit nor miss."""
    kind = response.WhichOneof("result")
    if kind == "hit":
        matches = tuple(_match(match) for match in response.hit.matches)
        if not matches:
            raise ValueError("the hit holds no match")
        return Hit(matches, response.effective_prompt)
    if kind == "miss":
        miss = response.miss
        nearest = miss.nearest_similarity if miss.HasField("nearest_similarity") else None
        reason = exact_only_reason(miss.exact_only_reason)
        candidate = _candidate(miss.candidate) if miss.HasField("candidate") else None
        return Miss(nearest, reason, response.effective_prompt, candidate)
    raise ValueError("there is neither a hit nor a miss")


def stored(response: semantic_cache_pb2.StoreResponse) -> Stored:
    """What became of an entry."""
    reason = exact_only_reason(response.exact_only_reason)
    return Stored(response.entry_id, response.created, reason)


def updated(response: semantic_cache_pb2.UpdateResponse) -> Entry:
    """The entry as it is now."""
    return entry(response.entry)


def deleted(
    response: semantic_cache_pb2.DeleteResponse | semantic_cache_pb2.FlushResponse,
) -> int:
    """How many entries were removed."""
    return response.deleted_count


def listed(response: semantic_cache_pb2.ListEntriesResponse) -> EntryPage:
    """One page of entries."""
    return EntryPage(tuple(map(entry, response.entries)), response.next_page_token)


def entry(message: types_pb2.Entry) -> Entry:
    """An entry. Raises ValueError if its metadata, vector or times cannot be read."""
    return Entry(
        entry_id=message.entry_id,
        prompt=message.prompt,
        response=message.response,
        attributes=dict(message.attributes),
        metadata=metadata_of(message),
        vector=vector(message.vector) if message.HasField("vector") else None,
        created_at=moment(message.create_time),
        updated_at=moment(message.update_time),
        expires_at=moment(message.expire_time) if message.HasField("expire_time") else None,
        ttl=message.ttl.ToTimedelta() if message.HasField("ttl") else None,
        quarantined=message.quarantined,
    )


def vector(message: types_pb2.Vector) -> "array[float]":
    """A vector's components, shape (dimension,). Raises ValueError if it holds none."""
    kind = message.WhichOneof("encoding")
    if kind == "float32_le":
        return from_float32_le(message.float32_le)
    if kind == "floats":
        return array("f", message.floats.values)
    raise ValueError("the vector holds no components")


def moment(timestamp: Timestamp) -> datetime:
    """The timestamp as a datetime in UTC. Raises ValueError past the year 9999."""
    return timestamp.ToDatetime(tzinfo=UTC)


def metadata_of(
    message: types_pb2.Entry | embedding_cache_pb2.Embedding,
) -> dict[str, Any] | None:
    """The metadata, None if there are none. Raises ValueError if they are no JSON object."""
    if not message.HasField("metadata_json"):
        return None
    metadata = json.loads(message.metadata_json)
    if not isinstance(metadata, dict):
        raise ValueError("the metadata are no JSON object")
    return metadata


def _match(match: semantic_cache_pb2.Match) -> Match:
    strategy = STRATEGIES.member_of(match.strategy)
    confidence = match.confidence if match.HasField("confidence") else None
    return Match(entry(match.entry), match.similarity, strategy, confidence)


def _candidate(message: semantic_cache_pb2.Candidate) -> Candidate:
    return Candidate(
        entry_id=message.entry_id,
        prompt=message.prompt,
        similarity=message.similarity,
        confidence=message.confidence if message.HasField("confidence") else None,
        reason=refusal_reason(message.reason),
        detail=message.detail,
    )
