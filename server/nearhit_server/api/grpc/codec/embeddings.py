"""Embedding requests and results."""

from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit_server.api.grpc.codec.values import encode_time, encode_vector
from nearhit_server.core.embedding.embedding_cache import (
    EmbeddingQuery,
    EmbeddingResult,
    FoundEmbedding,
)


def decode_embedding_query(message: pb.EmbeddingGetRequest) -> EmbeddingQuery:
    """Which vectors are asked for."""
    return EmbeddingQuery(
        namespace=message.namespace,
        model=message.model,
        texts=tuple(message.texts),
        keys=tuple(message.keys),
        compute_if_missing=message.compute_if_missing,
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
        create_time=None if found.created_at is None else encode_time(found.created_at),
        expire_time=None if found.expires_at is None else encode_time(found.expires_at),
    )
