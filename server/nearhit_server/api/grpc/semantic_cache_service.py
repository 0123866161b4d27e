"""SemanticCacheService: decode, call the core, encode."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.codec.entries import decode_read_mask, encode_entry
from nearhit_server.api.grpc.codec.filters import decode_filter
from nearhit_server.api.grpc.codec.quality import decode_verdict
from nearhit_server.api.grpc.codec.searches import decode_search, encode_outcome
from nearhit_server.api.grpc.codec.stores import (
    decode_new_entry,
    decode_update,
    encode_stored,
    encode_updated,
)
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.api.grpc.errors import to_item_error
from nearhit_server.core.access.callers import Access, Caller, Scope
from nearhit_server.core.errors import InvalidArgumentError, NearhitError
from nearhit_server.core.quality.service import CacheQuality
from nearhit_server.core.queries import Hit, Miss, Stored
from nearhit_server.core.semantic_cache import ListQuery, SemanticCache
from nearhit_server.core.validation import invalid

ItemT = TypeVar("ItemT", pb.SearchRequest, pb.StoreRequest)
DecodedT = TypeVar("DecodedT")


class SemanticCacheService:
    """The handlers of nearhit.v1.SemanticCacheService."""

    def __init__(self, cache: SemanticCache, quality: CacheQuality) -> None:
        self._cache = cache
        self._quality = quality

    def rpcs(self) -> Mapping[str, Rpc]:
        """Each method by its name."""
        return {
            "Search": Rpc(self.search, _read, timed=True),
            "BatchSearch": Rpc(self.batch_search, _read_all, timed=True),
            "Store": Rpc(self.store, _write),
            "BatchStore": Rpc(self.batch_store, _write_all),
            "Update": Rpc(self.update, _write),
            "Delete": Rpc(self.delete, _write),
            "Flush": Rpc(self.flush, _write),
            "ListEntries": Rpc(self.list_entries, _read),
            "ReportHit": Rpc(self.report_hit, _write),
        }

    async def search(
        self, request: pb.SearchRequest, caller: Caller, deadline: float | None
    ) -> pb.SearchResponse:
        """Look for entries that answer a prompt."""
        query = decode_search(request, deadline=deadline)
        outcome = await self._cache.search(request.cache, query)
        return _encode_outcome(request, outcome)

    async def batch_search(
        self, request: pb.BatchSearchRequest, caller: Caller, deadline: float | None
    ) -> pb.BatchSearchResponse:
        """Run several searches; what is wrong with one is its own result."""
        decode = partial(decode_search, deadline=deadline)
        queries = _decode_items(request.cache, request.requests, decode)
        outcomes = await self._cache.search_many(request.cache, queries)
        return pb.BatchSearchResponse(
            results=[
                _batch_search_result(item, outcome)
                for item, outcome in zip(request.requests, outcomes, strict=True)
            ]
        )

    async def store(self, request: pb.StoreRequest, caller: Caller) -> pb.StoreResponse:
        """Keep a response for a prompt."""
        return encode_stored(await self._cache.store(request.cache, decode_new_entry(request)))

    async def batch_store(
        self, request: pb.BatchStoreRequest, caller: Caller
    ) -> pb.BatchStoreResponse:
        """Keep several responses; what is wrong with one is its own result."""
        entries = _decode_items(request.cache, request.requests, decode_new_entry)
        outcomes = await self._cache.store_many(request.cache, entries)
        return pb.BatchStoreResponse(results=[_batch_store_result(o) for o in outcomes])

    async def update(self, request: pb.UpdateRequest, caller: Caller) -> pb.UpdateResponse:
        """Change the named fields of an entry."""
        updated = await self._cache.update(request.cache, request.entry_id, decode_update(request))
        return encode_updated(updated)

    async def delete(self, request: pb.DeleteRequest, caller: Caller) -> pb.DeleteResponse:
        """Remove entries by id, by attributes or by a filter."""
        match request.WhichOneof("selector"):
            case "entry_ids":
                count = await self._cache.delete(request.cache, list(request.entry_ids.ids))
            case "attributes":
                attributes = dict(request.attributes.values)
                count = await self._cache.delete_carrying(request.cache, attributes)
            case "filter":
                where = decode_filter(request.filter)
                count = await self._cache.delete_where(request.cache, where)
            case _:
                raise invalid("selector", "is empty; Flush removes every entry")
        return pb.DeleteResponse(deleted_count=count)

    async def flush(self, request: pb.FlushRequest, caller: Caller) -> pb.FlushResponse:
        """Remove every entry of a cache."""
        return pb.FlushResponse(deleted_count=await self._cache.flush(request.cache))

    async def list_entries(
        self, request: pb.ListEntriesRequest, caller: Caller
    ) -> pb.ListEntriesResponse:
        """Page through a cache's entries."""
        fields = decode_read_mask(request.read_mask)
        query = ListQuery(
            page_size=request.page_size,
            page_token=request.page_token,
            filter=decode_filter(request.filter) if request.HasField("filter") else None,
            with_vectors="vector" in fields,
        )
        page = await self._cache.list_entries(request.cache, query)
        return pb.ListEntriesResponse(
            entries=[encode_entry(entry, fields) for entry in page.entries],
            next_page_token=page.next_cursor or "",
        )

    async def report_hit(
        self, request: pb.ReportHitRequest, caller: Caller
    ) -> pb.ReportHitResponse:
        """Note whether an entry was the right answer."""
        quarantined = await self._quality.report_hit(
            request.cache, request.entry_id, request.prompt, decode_verdict(request)
        )
        return pb.ReportHitResponse(quarantined=quarantined)


def _read(request: Any) -> Access:
    return Access(scopes=(Scope.READ,), cache=request.cache)


def _write(request: Any) -> Access:
    return Access(scopes=(Scope.WRITE,), cache=request.cache)


def _read_all(request: pb.BatchSearchRequest) -> Access:
    return replace(_read(request), cost=max(1, len(request.requests)))


def _write_all(request: pb.BatchStoreRequest) -> Access:
    return replace(_write(request), cost=max(1, len(request.requests)))


def _decode_items(
    cache: str, items: Iterable[ItemT], decode: Callable[[ItemT], DecodedT]
) -> list[DecodedT | InvalidArgumentError]:
    """The items of a batch, each decoded or what is wrong with it."""
    return [_decode_item(cache, item, decode) for item in items]


def _decode_item(
    cache: str, item: ItemT, decode: Callable[[ItemT], DecodedT]
) -> DecodedT | InvalidArgumentError:
    try:
        if item.cache not in ("", cache):
            raise invalid("cache", f"is not {cache[:80]!r}, the cache of the batch")
        return decode(item)
    except InvalidArgumentError as error:
        return error


def _encode_outcome(request: pb.SearchRequest, outcome: Hit | Miss) -> pb.SearchResponse:
    return encode_outcome(outcome, decode_read_mask(request.read_mask))


def _batch_search_result(
    request: pb.SearchRequest, outcome: Hit | Miss | NearhitError
) -> pb.BatchSearchResult:
    if isinstance(outcome, NearhitError):
        return pb.BatchSearchResult(error=to_item_error(outcome))
    return pb.BatchSearchResult(response=_encode_outcome(request, outcome))


def _batch_store_result(outcome: Stored | NearhitError) -> pb.BatchStoreResult:
    if isinstance(outcome, NearhitError):
        return pb.BatchStoreResult(error=to_item_error(outcome))
    return pb.BatchStoreResult(response=encode_stored(outcome))
