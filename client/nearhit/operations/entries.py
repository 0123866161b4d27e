"""What changes and removes entries."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from nearhit.calls import Call, Timeout, long_call, short_call
from nearhit.filters import Filter
from nearhit.inputs import UNSET, Unset
from nearhit.messages import requests, responses
from nearhit.operations.scope import Scope
from nearhit.results import Entry
from nearhit.v1.semantic_cache_pb2 import FlushRequest
from nearhit.vectors import VectorLike


class EntryOperations(Scope):
    """What is done to entries that exist."""

    def update(
        self,
        entry_id: str,
        *,
        prompt: str | Unset = UNSET,
        response: str | Unset = UNSET,
        metadata: Mapping[str, Any] | Unset | None = UNSET,
        attributes: Mapping[str, str] | Unset = UNSET,
        merge_attributes: Mapping[str, str | None] | Unset = UNSET,
        vector: VectorLike | Unset | None = UNSET,
        ttl: timedelta | Unset | None = UNSET,
        timeout: Timeout = None,
    ) -> Call[Entry]:
        """Changes the given fields of an entry, which keeps its id, and returns it.

        Args:
            entry_id: the entry's id.
            prompt: embedded anew unless a vector comes with it.
            response: the new response.
            metadata: the new metadata; None removes them.
            attributes: these replace all attributes.
            merge_attributes: these are set, and those that are None removed; others stay.
            vector: the prompt's embedding, shape (dimension,); None: embedded anew.
            ttl: starts now; None: the cache's default applies.
            timeout: seconds or a timedelta. None: the client's.

        Raises NearhitError: InvalidArgumentError; NotFoundError if there is no such cache
        or entry; FailedPreconditionError as for search; and what every call can raise.
        TypeError for attributes given both ways.
        """
        request = requests.update(
            self.cache,
            entry_id,
            prompt=prompt,
            response=response,
            metadata_json=metadata,
            attributes=attributes,
            merge_attributes=merge_attributes,
            vector=vector,
            ttl=ttl,
        )
        return short_call(lambda stubs: stubs.semantic.Update, request, responses.updated, timeout)

    def refresh_ttl(self, entry_id: str, *, timeout: Timeout = None) -> Call[Entry]:
        """Starts an entry's time to live again: its own, or the cache's default.

        Raises NearhitError: NotFoundError if there is no such cache or entry; and what
        every call can raise.
        """
        return self.update(entry_id, timeout=timeout)

    def delete(
        self,
        *,
        entry_ids: Iterable[str] | None = None,
        attributes: Mapping[str, str] | None = None,
        filter: Filter | None = None,
        timeout: Timeout = None,
    ) -> Call[int]:
        """Removes entries by one of three selectors and returns how many there were.

        Deleting what is not there is no error. `attributes` selects the entries that carry
        all of them. `timeout` is 30 s if None.

        Raises NearhitError: InvalidArgumentError, also for an empty selector;
        NotFoundError if there is no such cache; and what every call can raise. TypeError
        if not exactly one selector is given.
        """
        request = requests.delete(
            self.cache, entry_ids=entry_ids, attributes=attributes, filter=filter
        )
        return long_call(lambda stubs: stubs.semantic.Delete, request, responses.deleted, timeout)

    def flush(self, *, timeout: Timeout = None) -> Call[int]:
        """Removes every entry of the cache and returns how many there were.

        `timeout` is 30 s if None. Raises NearhitError: NotFoundError if there is no such
        cache; and what every call can raise.
        """
        request = FlushRequest(cache=self.cache)
        return long_call(lambda stubs: stubs.semantic.Flush, request, responses.deleted, timeout)
