"""Search, one prompt or many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from nearhit.calls import Batches, Call, Timeout, long_call, short_call
from nearhit.choices import Strategy
from nearhit.errors import NearhitError
from nearhit.filters import Filter
from nearhit.inputs import Query
from nearhit.messages import outcomes, requests, responses
from nearhit.operations.scope import Scope
from nearhit.results import Hit, Miss
from nearhit.v1.semantic_cache_pb2 import BatchSearchRequest, SearchRequest
from nearhit.vectors import VectorLike


class SearchOperations(Scope):
    """The searches."""

    def search(
        self,
        prompt: str | None = None,
        *,
        vector: VectorLike | None = None,
        strategies: Sequence[Strategy] | None = None,
        similarity_threshold: float | None = None,
        attributes: Mapping[str, str] | None = None,
        filter: Filter | None = None,
        max_results: int | None = None,
        context: Sequence[str] | None = None,
        with_vectors: bool = False,
        timeout: Timeout = None,
    ) -> Call[Hit | Miss]:
        """Looks for entries that answer a prompt. Finding none is a Miss, not an error.

        Args:
            prompt: the prompt; needed unless a vector is given, and for Strategy.EXACT.
            vector: its embedding, shape (dimension,), if you have it; then nothing is
                embedded.
            strategies: tried in this order, the first with a match answers alone. None:
                the cache's.
            similarity_threshold: the least cosine similarity that counts, -1 to 1,
                inclusive. None: the cache's.
            attributes: only entries that carry all of these.
            filter: only entries that this selects, in addition to `attributes`.
            max_results: at most this many matches. None: 1.
            context: earlier turns of the conversation, oldest first.
            with_vectors: return the entries' vectors too.
            timeout: seconds or a timedelta. None: the client's.

        Raises NearhitError: InvalidArgumentError; NotFoundError if there is no such cache;
        FailedPreconditionError if the vector has another dimension than the cache, or the
        cache has no model and no vector is given; and what every call can raise.
        """
        query = Query(
            prompt,
            vector=vector,
            strategies=strategies,
            similarity_threshold=similarity_threshold,
            attributes=attributes,
            filter=filter,
            max_results=max_results,
            context=context,
            with_vectors=with_vectors,
        )
        request = requests.search(query, cache=self.cache)
        return short_call(lambda stubs: stubs.semantic.Search, request, responses.searched, timeout)

    def search_many(
        self, queries: Iterable[Query | str], *, timeout: Timeout = None
    ) -> Batches[Hit | Miss | NearhitError]:
        """Runs many searches, a prompt or a Query each, and returns their outcomes in order.

        A search that fails alone has its NearhitError as outcome, which is not raised.
        Searches travel 1,000 to a call, one call after the other, and are read from
        `queries` as they are sent. `timeout` is for each call, 30 s if None.

        Raises NearhitError if a call fails as a whole.
        """
        for batch in requests.batches(_searches(queries), size_bytes=SearchRequest.ByteSize):
            request = BatchSearchRequest(cache=self.cache, requests=batch)
            reader = partial(outcomes.batch_searched, count=len(batch))
            yield long_call(lambda stubs: stubs.semantic.BatchSearch, request, reader, timeout)


def _searches(queries: Iterable[Query | str]) -> Iterator[SearchRequest]:
    if isinstance(queries, str):
        raise TypeError("search_many takes several queries; use search for one prompt")
    for query in queries:
        yield requests.search(query if isinstance(query, Query) else Query(query))
