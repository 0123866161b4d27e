"""Store, one entry or many."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from nearhit.calls import Batches, Call, Timeout, long_call, short_call
from nearhit.errors import NearhitError
from nearhit.inputs import NewEntry
from nearhit.messages import outcomes, requests, responses
from nearhit.operations.scope import Scope
from nearhit.results import Stored
from nearhit.v1.semantic_cache_pb2 import BatchStoreRequest, StoreRequest
from nearhit.vectors import VectorLike


class StoreOperations(Scope):
    """What makes entries."""

    def store(
        self,
        prompt: str,
        response: str,
        *,
        vector: VectorLike | None = None,
        attributes: Mapping[str, str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        ttl: timedelta | None = None,
        timeout: Timeout = None,
    ) -> Call[Stored]:
        """Keeps a response for a prompt. Once it returns, the entry survives a crash.

        Repeating it is safe: the same prompt with the same attributes replaces the entry,
        and nothing of the old one is left.

        Args:
            prompt: the prompt.
            response: the response to keep for it.
            vector: the prompt's embedding, shape (dimension,). None: the server computes it.
            attributes: names and values that searches and deletes can select by.
            metadata: a JSON object to return with the entry.
            ttl: how long the entry lives. None: the cache's default.
            timeout: seconds or a timedelta. None: the client's.

        Raises NearhitError: InvalidArgumentError; NotFoundError if there is no such cache;
        FailedPreconditionError as for search; and what every call can raise. TypeError or
        ValueError if the metadata are no JSON.
        """
        entry = NewEntry(
            prompt, response, vector=vector, attributes=attributes, metadata=metadata, ttl=ttl
        )
        request = requests.store(entry, cache=self.cache)
        return short_call(lambda stubs: stubs.semantic.Store, request, responses.stored, timeout)

    def store_many(
        self, entries: Iterable[NewEntry], *, timeout: Timeout = None
    ) -> Batches[Stored | NearhitError]:
        """Stores many entries and returns what became of each, in order.

        An entry that fails alone has its NearhitError as outcome, which is not raised.
        Entries travel at most 1,000 to a call, one call after the other, and are read from
        `entries` as they are sent. `timeout` is for each call, 30 s if None.

        Raises NearhitError if a call fails as a whole; what earlier calls stored stays, and
        storing all of it again is safe.
        """
        for batch in requests.batches(_stores(entries), size_bytes=StoreRequest.ByteSize):
            request = BatchStoreRequest(cache=self.cache, requests=batch)
            reader = partial(outcomes.batch_stored, count=len(batch))
            yield long_call(lambda stubs: stubs.semantic.BatchStore, request, reader, timeout)


def _stores(entries: Iterable[NewEntry]) -> Iterator[StoreRequest]:
    for entry in entries:
        if not isinstance(entry, NewEntry):
            raise TypeError(f"each entry must be a NewEntry, not {type(entry).__name__}")
        yield requests.store(entry)
