"""Embedding requests and results."""

from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit_server.api.grpc.codec.values import (
    decode_duration,
    decode_vector,
    encode_time,
    encode_vector,
)
from nearhit_server.core.embedding.embedding_requests import (
    EmbeddingNames,
    EmbeddingQuery,
    EmbeddingResult,
    EmbeddingWrite,
    FoundEmbedding,
    NewEmbedding,
)

NamingRequest = pb.EmbeddingGetRequest | pb.EmbeddingExistsRequest | pb.EmbeddingDeleteRequest


def decode_embedding_names(message: NamingRequest) -> EmbeddingNames:
    """Which rows a request is about."""
    return EmbeddingNames(
        namespace=message.namespace,
        model=message.model,
        texts=tuple(message.texts),
        keys=tuple(message.keys),
    )


def decode_embedding_query(message: pb.EmbeddingGetRequest) -> EmbeddingQuery:
    """Which vectors are asked for. Raises InvalidArgumentError."""
    return EmbeddingQuery(
        names=decode_embedding_names(message),
        compute_if_missing=message.compute_if_missing,
        refresh_ttl=message.refresh_ttl,
        ttl=decode_duration(message.ttl, field="ttl") if message.HasField("ttl") else None,
    )


def decode_embedding_write(message: pb.EmbeddingSetRequest) -> EmbeddingWrite:
    """Which rows are to be written. Raises InvalidArgumentError."""
    rows = (
        _decode_new_embedding(item, field=f"items[{index}]")
        for index, item in enumerate(message.items)
    )
    return EmbeddingWrite(namespace=message.namespace, model=message.model, rows=tuple(rows))


def _decode_new_embedding(item: pb.EmbeddingSetRequest.Item, *, field: str) -> NewEmbedding:
    return NewEmbedding(
        text=item.text if item.HasField("text") else None,
        key=item.key if item.HasField("key") else None,
        vector=decode_vector(item.vector, field=f"{field}.vector"),
        metadata_json=item.metadata_json if item.HasField("metadata_json") else None,
        ttl=decode_duration(item.ttl, field=f"{field}.ttl") if item.HasField("ttl") else None,
    )


def encode_embedding_result(result: EmbeddingResult) -> pb.EmbeddingResult:
    """A vector, or the word that there is none."""
    if result.found is None:
        return pb.EmbeddingResult(key=result.key, missing=pb.EmbeddingResult.Missing())
    return pb.EmbeddingResult(key=result.key, embedding=_encode_embedding(result.found))


def _encode_embedding(found: FoundEmbedding) -> pb.Embedding:
    return pb.Embedding(
        vector=encode_vector(found.vector),
        cached=found.cached,
        model=found.model,
        truncated=found.truncated,
        text=found.text,
        metadata_json=found.metadata_json,
        create_time=None if found.created_at is None else encode_time(found.created_at),
        expire_time=None if found.expires_at is None else encode_time(found.expires_at),
    )
