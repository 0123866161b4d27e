"""What can be done with the entries of a cache."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nearhit_server.core import limits
from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import EntryPage
from nearhit_server.core.errors import NearhitError
from nearhit_server.core.filter_validation import check_filter
from nearhit_server.core.filters import Filter, carrying
from nearhit_server.core.ports import EntryStore
from nearhit_server.core.queries import (
    EntryUpdate,
    Hit,
    Miss,
    NewEntry,
    SearchQuery,
    Stored,
    Updated,
)
from nearhit_server.core.request_checks import check_selection
from nearhit_server.core.search import Outcome, Searcher
from nearhit_server.core.validation import (
    check_cache_id,
    check_entry_id,
    check_page_size,
    invalid,
)
from nearhit_server.core.writing import Writer

_DEFAULT_PAGE_SIZE: Final = 100


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """Which page of entries. `page_size` 0 and `page_token` "" mean that none was named."""

    page_size: int = 0
    page_token: str = ""
    filter: Filter | None = None
    with_vectors: bool = False


class SemanticCache:
    """Search, store, update, delete, flush and list, in the cache that each call names.

    Every method raises InvalidArgumentError for a request that breaks the contract,
    NotFoundError if there is no such cache, FailedPreconditionError if the cache is not made
    for the request, ResourceExhaustedError if too many texts wait for the model, and
    UnavailableError if the store or the model is out of reach.
    """

    def __init__(
        self, *, directory: CacheDirectory, entries: EntryStore, searcher: Searcher, writer: Writer
    ) -> None:
        self._directory = directory
        self._entries = entries
        self._searcher = searcher
        self._writer = writer

    async def search(self, cache_id: str, query: SearchQuery) -> Hit | Miss:
        """Look for entries that answer a prompt."""
        (outcome,) = await self._search(cache_id, [query])
        if isinstance(outcome, NearhitError):
            raise outcome
        return outcome

    async def search_many(
        self, cache_id: str, queries: Sequence[SearchQuery | NearhitError]
    ) -> Sequence[Hit | Miss | NearhitError]:
        """The outcome of each query, in order; an error is that query's alone. A query that
        could not even be read is given as its error, which is then its outcome."""
        _check_batch_size(len(queries))
        return await self._search(cache_id, queries)

    async def _search(
        self, cache_id: str, queries: Sequence[SearchQuery | NearhitError]
    ) -> list[Outcome]:
        check_cache_id(cache_id)
        return await self._directory.use(cache_id, lambda spec: self._searcher.run(spec, queries))

    async def store(self, cache_id: str, new: NewEntry) -> Stored:
        """Keep a response for a prompt; on return it is durable."""
        (outcome,) = await self._store(cache_id, [new])
        if isinstance(outcome, NearhitError):
            raise outcome
        return outcome

    async def store_many(
        self, cache_id: str, entries: Sequence[NewEntry | NearhitError]
    ) -> Sequence[Stored | NearhitError]:
        """What became of each entry, in order; an error is that entry's alone. An entry that
        could not even be read is given as its error, which is then its outcome."""
        _check_batch_size(len(entries))
        return await self._store(cache_id, entries)

    async def _store(
        self, cache_id: str, entries: Sequence[NewEntry | NearhitError]
    ) -> list[Stored | NearhitError]:
        check_cache_id(cache_id)
        return await self._directory.use(cache_id, lambda spec: self._writer.store(spec, entries))

    async def update(self, cache_id: str, entry_id: str, update: EntryUpdate) -> Updated:
        """Change the named fields of an entry, or, if none is named, start its time to live
        again. Raises NotFoundError if there is no such entry."""
        check_cache_id(cache_id)
        check_entry_id(entry_id)
        return await self._directory.use(
            cache_id, lambda spec: self._writer.update(spec, entry_id, update)
        )

    async def delete(self, cache_id: str, entry_ids: Sequence[str]) -> int:
        """Remove entries by id; returns how many there were."""
        check_cache_id(cache_id)
        if not 1 <= len(entry_ids) <= limits.MAX_ENTRY_IDS:
            raise invalid(
                "entry_ids.ids",
                f"has {len(entry_ids)} ids, not 1 to {limits.MAX_ENTRY_IDS}; "
                "Flush removes every entry",
            )
        for index, entry_id in enumerate(entry_ids):
            check_entry_id(entry_id, field=f"entry_ids.ids[{index}]")
        return await self._directory.use(
            cache_id, lambda spec: self._entries.delete(spec, entry_ids)
        )

    async def delete_carrying(self, cache_id: str, attributes: Mapping[str, str]) -> int:
        """Remove the entries that carry all of the attributes; returns how many there were."""
        check_cache_id(cache_id)
        where = carrying(attributes)
        if where is None:
            raise invalid("attributes.values", "is empty; Flush removes every entry")

        async def delete(spec: CacheSpec) -> int:
            check_selection(attributes, spec)
            return await self._entries.delete_where(spec, where)

        return await self._directory.use(cache_id, delete)

    async def delete_where(self, cache_id: str, where: Filter) -> int:
        """Remove the entries that the filter selects; returns how many there were."""
        check_cache_id(cache_id)

        async def delete(spec: CacheSpec) -> int:
            check_filter(where, spec)
            return await self._entries.delete_where(spec, where)

        return await self._directory.use(cache_id, delete)

    async def flush(self, cache_id: str) -> int:
        """Remove every entry; returns how many there were."""
        check_cache_id(cache_id)
        return await self._directory.use(cache_id, self._entries.flush)

    async def list_entries(self, cache_id: str, query: ListQuery) -> EntryPage:
        """A page of entries, the longest unchanged first."""
        check_cache_id(cache_id)
        check_page_size(query.page_size)

        async def list_page(spec: CacheSpec) -> EntryPage:
            if query.filter is not None:
                check_filter(query.filter, spec)
            try:
                return await self._entries.list_entries(
                    spec,
                    where=query.filter,
                    cursor=query.page_token or None,
                    limit=query.page_size or _DEFAULT_PAGE_SIZE,
                    with_vectors=query.with_vectors,
                )
            except ValueError as error:
                raise invalid("page_token", "is not one that this list gave out") from error

        return await self._directory.use(cache_id, list_page)


def _check_batch_size(count: int) -> None:
    if not 1 <= count <= limits.MAX_BATCH_ITEMS:
        raise invalid("requests", f"has {count} items, not 1 to {limits.MAX_BATCH_ITEMS}")
