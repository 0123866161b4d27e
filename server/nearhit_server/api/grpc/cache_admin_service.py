"""CacheAdminService: decode, call the core, encode."""

from collections.abc import Mapping

from nearhit.v1 import cache_admin_pb2 as pb
from nearhit_server.api.grpc.codec.caches import decode_cache_fields, decode_settings, encode_cache
from nearhit_server.api.grpc.codec.values import named_part
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.core.access.callers import Access, Caller, Scope
from nearhit_server.core.cache_admin import CacheAdmin


class CacheAdminService:
    """The handlers of nearhit.v1.CacheAdminService."""

    def __init__(self, admin: CacheAdmin) -> None:
        self._admin = admin

    def rpcs(self) -> Mapping[str, Rpc]:
        """Each method by its name."""
        return {
            "CreateCache": Rpc(self.create_cache, lambda r: _administer(r.cache.cache_id)),
            "GetCache": Rpc(self.get_cache, lambda r: _look_at(r.cache_id)),
            "ListCaches": Rpc(self.list_caches, lambda r: _administer(None)),
            "UpdateCache": Rpc(self.update_cache, lambda r: _administer(r.cache.cache_id)),
            "DeleteCache": Rpc(self.delete_cache, lambda r: _administer(r.cache_id)),
        }

    async def create_cache(
        self, request: pb.CreateCacheRequest, caller: Caller
    ) -> pb.CreateCacheResponse:
        """Make an empty cache."""
        settings = decode_settings(request.cache)
        status = await self._admin.create(request.cache.cache_id, settings)
        return pb.CreateCacheResponse(cache=encode_cache(status))

    async def get_cache(self, request: pb.GetCacheRequest, caller: Caller) -> pb.GetCacheResponse:
        """Tell a cache's settings and size."""
        return pb.GetCacheResponse(cache=encode_cache(await self._admin.get(request.cache_id)))

    async def list_caches(
        self, request: pb.ListCachesRequest, caller: Caller
    ) -> pb.ListCachesResponse:
        """Page through the caches that the caller may touch."""
        page = await self._admin.list(
            page_size=request.page_size, page_token=request.page_token, visible=caller.caches
        )
        return pb.ListCachesResponse(
            caches=[encode_cache(status) for status in page.caches],
            next_page_token=page.next_page_token,
        )

    async def update_cache(
        self, request: pb.UpdateCacheRequest, caller: Caller
    ) -> pb.UpdateCacheResponse:
        """Change the settings that the mask names."""
        fields = decode_cache_fields(request.update_mask)
        status = await self._admin.update(
            request.cache.cache_id,
            decode_settings(named_part(request.cache, request.update_mask)),
            fields,
            allow_flush=request.allow_flush,
        )
        return pb.UpdateCacheResponse(cache=encode_cache(status))

    async def delete_cache(
        self, request: pb.DeleteCacheRequest, caller: Caller
    ) -> pb.DeleteCacheResponse:
        """Remove a cache and all its entries."""
        return pb.DeleteCacheResponse(deleted_count=await self._admin.delete(request.cache_id))


def _administer(cache_id: str | None) -> Access:
    return Access(scopes=(Scope.ADMIN,), cache=cache_id)


def _look_at(cache_id: str) -> Access:
    return Access(scopes=(Scope.READ, Scope.ADMIN), cache=cache_id)
