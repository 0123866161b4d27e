"""EmbeddingCacheService: decode, call the core, encode."""

from collections.abc import Mapping

from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit_server.api.grpc.codec.embeddings import (
    decode_embedding_query,
    encode_embedding_result,
)
from nearhit_server.api.grpc.endpoint import Handler
from nearhit_server.core.embedding.embedding_cache import EmbeddingCache


class EmbeddingCacheService:
    """The handlers of nearhit.v1.EmbeddingCacheService."""

    def __init__(self, cache: EmbeddingCache) -> None:
        self._cache = cache

    def handlers(self) -> Mapping[str, Handler]:
        """The handler of each method, by its name. The others answer UNIMPLEMENTED."""
        return {"EmbeddingGet": self.embedding_get}

    async def embedding_get(self, request: pb.EmbeddingGetRequest) -> pb.EmbeddingGetResponse:
        """Read vectors, and compute those that are missing if asked to."""
        results = await self._cache.get(decode_embedding_query(request))
        return pb.EmbeddingGetResponse(results=[encode_embedding_result(r) for r in results])
