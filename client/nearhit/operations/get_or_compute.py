"""Search, and on a miss compute the response and store it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

from nearhit.calls import Call, Timeout, timeout_seconds
from nearhit.choices import Strategy
from nearhit.get_or_compute import Compute, GetOrCompute, OnError
from nearhit.operations.search import SearchOperations
from nearhit.operations.store import StoreOperations
from nearhit.results import Hit, Miss, Stored
from nearhit.vectors import VectorLike

_ON_ERROR: Final = get_args(OnError)


class GetOrComputeOperations(SearchOperations, StoreOperations):
    """What makes a cache of a function."""

    def get_or_compute(
        self,
        prompt: str,
        compute: Compute,
        *,
        vector: VectorLike | None = None,
        strategies: Sequence[Strategy] | None = None,
        similarity_threshold: float | None = None,
        attributes: Mapping[str, str] | None = None,
        context: Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        ttl: timedelta | None = None,
        on_error: OnError = "miss",
        timeout: Timeout = None,
    ) -> GetOrCompute:
        """The response to a prompt: from the cache, else computed and then stored.

        It fails open. If the cache is down or late the response is computed, and nothing is
        stored; a response that could not be stored is returned all the same. Either is a
        warning of the logger `nearhit`. What `compute` raises is raised, and stores nothing.

        Args:
            prompt: the prompt.
            compute: called with the prompt on a miss; returns the response. With an
                AsyncClient it may be an async function, and should be if it takes time.
            vector: the prompt's embedding, as for search and store.
            strategies: as for search.
            similarity_threshold: as for search.
            attributes: search entries that carry all of these; store with them.
            context: as for search; the effective prompt is what is stored.
            metadata: a JSON object to store with a computed response.
            ttl: how long a computed response lives. None: the cache's default.
            on_error: "miss", or "raise": a search that fails raises its NearhitError, and
                nothing is computed.
            timeout: what the cache may take in all, search and store together, `compute` not
                counted; seconds or a timedelta. None: the client's.

        Raises TypeError for arguments of a wrong type, ValueError for another `on_error` and
        for metadata that are no JSON; RuntimeError for an AsyncClient of another event loop.
        """
        if on_error not in _ON_ERROR:
            raise ValueError(f"on_error must be 'miss' or 'raise', not {on_error!r}")
        # What no store could be made of is an error now, not after each miss: a trial of it.
        self.store("", "", metadata=metadata, ttl=ttl)

        def search(seconds: float) -> Call[Hit | Miss]:
            return self.search(
                prompt,
                vector=vector,
                strategies=strategies,
                similarity_threshold=similarity_threshold,
                attributes=attributes,
                context=context,
                timeout=seconds,
            )

        def store(effective_prompt: str, response: str, seconds: float) -> Call[Stored]:
            return self.store(
                effective_prompt,
                response,
                vector=vector,
                attributes=attributes,
                metadata=metadata,
                ttl=ttl,
                timeout=seconds,
            )

        return GetOrCompute(prompt, compute, search, store, on_error, timeout_seconds(timeout))
