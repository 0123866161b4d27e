"""EmbeddingCacheService: decode, call the core, encode."""

from collections.abc import Mapping

from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit_server.api.grpc.codec.embeddings import (
    decode_embedding_query,
    encode_embedding_result,
)
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.core.access.callers import Access, Caller, Scope
from nearhit_server.core.embedding.embedding_cache import EmbeddingCache


class EmbeddingCacheService:
    """The handlers of nearhit.v1.EmbeddingCacheService."""

    def __init__(self, cache: EmbeddingCache) -> None:
        self._cache = cache

    def rpcs(self) -> Mapping[str, Rpc]:
        """Each method by its name. The others answer UNIMPLEMENTED."""
        return {"EmbeddingGet": Rpc(self.embedding_get, _read)}

    async def embedding_get(
        self, request: pb.EmbeddingGetRequest, caller: Caller
    ) -> pb.EmbeddingGetResponse:
        """Read vectors, and compute those that are missing if asked to."""
        results = await self._cache.get(decode_embedding_query(request))
        return pb.EmbeddingGetResponse(results=[encode_embedding_result(r) for r in results])


def _read(request: pb.EmbeddingGetRequest) -> Access:
    cost = max(1, len(request.texts) + len(request.keys))
    return Access(scopes=(Scope.READ,), namespace=request.namespace, cost=cost)
