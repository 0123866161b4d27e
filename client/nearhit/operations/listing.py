"""Reading all entries, page by page."""

from nearhit.calls import Call, Pages, Timeout, short_call
from nearhit.filters import Filter
from nearhit.messages import requests, responses
from nearhit.operations.scope import Scope
from nearhit.results import Entry, EntryPage


class ListingOperations(Scope):
    """What lists entries."""

    def list_entries(
        self,
        *,
        page_size: int | None = None,
        filter: Filter | None = None,
        with_vectors: bool = False,
        timeout: Timeout = None,
    ) -> Pages[Entry]:
        """Iterates over the cache's entries, the longest unchanged first.

        An entry that changes meanwhile is seen again. Pages are read as they are needed,
        `page_size` entries at most (None: 100); `timeout` is for each of them. To be able
        to go on after a failure use `list_entries_page`.

        Raises NearhitError, while iterating: InvalidArgumentError; NotFoundError if there
        is no such cache; and what every call can raise.
        """
        return Pages(
            lambda page_token: self.list_entries_page(
                page_token,
                page_size=page_size,
                filter=filter,
                with_vectors=with_vectors,
                timeout=timeout,
            )
        )

    def list_entries_page(
        self,
        page_token: str = "",
        *,
        page_size: int | None = None,
        filter: Filter | None = None,
        with_vectors: bool = False,
        timeout: Timeout = None,
    ) -> Call[EntryPage]:
        """One page of the cache's entries, the longest unchanged first.

        Args:
            page_token: `next_page_token` of the page before; "" for the first page.
            page_size: at most this many entries, 1 to 1,000. None: 100.
            filter: only entries that this selects; the same for all pages.
            with_vectors: return the entries' vectors too.
            timeout: seconds or a timedelta. None: the client's.

        Raises NearhitError: InvalidArgumentError, also for a token of another cache or
        from before a flush; NotFoundError if there is no such cache; and what every call
        can raise.
        """
        request = requests.list_entries(
            self.cache,
            page_token=page_token,
            page_size=page_size,
            filter=filter,
            with_vectors=with_vectors,
        )
        return short_call(
            lambda stubs: stubs.semantic.ListEntries, request, responses.listed, timeout
        )
