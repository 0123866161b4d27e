"""EmbeddingCacheService: decode, call the core, encode."""

from collections.abc import Mapping

from nearhit.v1 import embedding_cache_pb2 as pb
from nearhit_server.api.grpc.codec.embeddings import (
    NamingRequest,
    decode_embedding_names,
    decode_embedding_query,
    decode_embedding_write,
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
        """Each method by its name."""
        return {
            "EmbeddingGet": Rpc(self.embedding_get, _get),
            "EmbeddingSet": Rpc(self.embedding_set, _set),
            "EmbeddingExists": Rpc(self.embedding_exists, _exist),
            "EmbeddingDelete": Rpc(self.embedding_delete, _delete),
            "EmbeddingFlush": Rpc(self.embedding_flush, _flush),
        }

    async def embedding_get(
        self, request: pb.EmbeddingGetRequest, caller: Caller
    ) -> pb.EmbeddingGetResponse:
        """Read vectors, and compute those that are missing if asked to."""
        results = await self._cache.get(decode_embedding_query(request))
        return pb.EmbeddingGetResponse(results=[encode_embedding_result(r) for r in results])

    async def embedding_set(
        self, request: pb.EmbeddingSetRequest, caller: Caller
    ) -> pb.EmbeddingSetResponse:
        """Write vectors to a client's namespace."""
        keys = await self._cache.set(decode_embedding_write(request))
        return pb.EmbeddingSetResponse(keys=keys)

    async def embedding_exists(
        self, request: pb.EmbeddingExistsRequest, caller: Caller
    ) -> pb.EmbeddingExistsResponse:
        """Tell which rows there are."""
        exists = await self._cache.exists(decode_embedding_names(request))
        return pb.EmbeddingExistsResponse(exists=exists)

    async def embedding_delete(
        self, request: pb.EmbeddingDeleteRequest, caller: Caller
    ) -> pb.EmbeddingDeleteResponse:
        """Remove rows from a client's namespace."""
        count = await self._cache.delete(decode_embedding_names(request))
        return pb.EmbeddingDeleteResponse(deleted_count=count)

    async def embedding_flush(
        self, request: pb.EmbeddingFlushRequest, caller: Caller
    ) -> pb.EmbeddingFlushResponse:
        """Remove every row of a client's namespace."""
        count = await self._cache.flush(request.namespace)
        return pb.EmbeddingFlushResponse(deleted_count=count)


def _get(request: pb.EmbeddingGetRequest) -> Access:
    # A new time to live is a change.
    scope = Scope.WRITE if request.HasField("ttl") else Scope.READ
    return _access(scope, request.namespace, _count(request))


def _exist(request: pb.EmbeddingExistsRequest) -> Access:
    return _access(Scope.READ, request.namespace, _count(request))


def _set(request: pb.EmbeddingSetRequest) -> Access:
    return _access(Scope.WRITE, request.namespace, len(request.items))


def _delete(request: pb.EmbeddingDeleteRequest) -> Access:
    return _access(Scope.WRITE, request.namespace, _count(request))


def _flush(request: pb.EmbeddingFlushRequest) -> Access:
    return _access(Scope.WRITE, request.namespace, 1)


def _access(scope: Scope, namespace: str, items: int) -> Access:
    return Access(scopes=(scope,), namespace=namespace, cost=max(1, items))


def _count(request: NamingRequest) -> int:
    return len(request.texts) + len(request.keys)
