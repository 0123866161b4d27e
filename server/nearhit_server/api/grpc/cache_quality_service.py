"""CacheQualityService: call the core, encode."""

from collections.abc import Mapping
from typing import Any

from nearhit.v1 import cache_quality_pb2 as pb
from nearhit_server.api.grpc.codec.quality import (
    encode_report,
    encode_shadow_search,
    encode_stats,
)
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.core.access.callers import Access, Caller, Scope
from nearhit_server.core.quality.service import CacheQuality


class CacheQualityService:
    """The handlers of nearhit.v1.CacheQualityService."""

    def __init__(self, quality: CacheQuality) -> None:
        self._quality = quality

    def rpcs(self) -> Mapping[str, Rpc]:
        """Each method by its name."""
        return {
            "GetCacheStats": Rpc(self.get_cache_stats, _read),
            "ListReports": Rpc(self.list_reports, _read),
            "ReleaseEntry": Rpc(self.release_entry, _write),
            "ListShadowSearches": Rpc(self.list_shadow_searches, _read),
        }

    async def get_cache_stats(
        self, request: pb.GetCacheStatsRequest, caller: Caller
    ) -> pb.GetCacheStatsResponse:
        """Count what a cache has answered and how much of it was right."""
        return encode_stats(await self._quality.stats(request.cache))

    async def list_reports(
        self, request: pb.ListReportsRequest, caller: Caller
    ) -> pb.ListReportsResponse:
        """Page through what was reported."""
        page = await self._quality.list_reports(
            request.cache, page_size=request.page_size, page_token=request.page_token
        )
        return pb.ListReportsResponse(
            reports=[encode_report(report) for report in page.reports],
            next_page_token=page.next_cursor or "",
        )

    async def release_entry(
        self, request: pb.ReleaseEntryRequest, caller: Caller
    ) -> pb.ReleaseEntryResponse:
        """End the quarantine of an entry."""
        released = await self._quality.release(request.cache, request.entry_id)
        return pb.ReleaseEntryResponse(released=released)

    async def list_shadow_searches(
        self, request: pb.ListShadowSearchesRequest, caller: Caller
    ) -> pb.ListShadowSearchesResponse:
        """Page through what searches in shadow mode came to."""
        page = await self._quality.list_shadow_searches(
            request.cache, page_size=request.page_size, page_token=request.page_token
        )
        return pb.ListShadowSearchesResponse(
            searches=[encode_shadow_search(search) for search in page.searches],
            next_page_token=page.next_cursor or "",
        )


def _read(request: Any) -> Access:
    return Access(scopes=(Scope.READ,), cache=request.cache)


def _write(request: Any) -> Access:
    return Access(scopes=(Scope.WRITE,), cache=request.cache)
