"""Changes what the server changes in an empty cache only, and puts the entries back.

The server empties a cache in the same moment as it changes its indexes. So the entries are first
copied to a cache of their own, which has the new indexes from the start. As long as the two have
different ones, no entry has been removed; once they have the same, the copy has them all, and if
they were not put back, they are when the cache is opened with overwrite=True again.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from nearhit.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NearhitError,
    NotFoundError,
    PermissionDeniedError,
)
from nearhit.inputs import NewEntry
from nearhit.integrations.redisvl.vectorizers import Vectorizer
from nearhit.integrations.redisvl.wanted import Wanted, ranges
from nearhit.results import Cache, Entry
from nearhit.sync import Client
from nearhit.vectors import VectorLike


@dataclass(frozen=True)
class Refill:
    """Refills the cache of `client`, with the entries safe in that of `copy`."""

    client: Client
    copy: Client

    def refilled(self, cache: Cache, wanted: Wanted) -> Cache:
        """The cache as it is wanted. Raises InvalidArgumentError if an entry cannot be in it."""
        keep_vectors = wanted.has_vectors_of(cache)
        entries = self.client.list_entries(with_vectors=keep_vectors)
        embedder = None if keep_vectors else wanted.vectorizer
        again = list(_stored_again(entries, embedder))
        self._make_copy(cache, wanted)
        try:
            _store(self.copy, again)
        except (InvalidArgumentError, FailedPreconditionError):
            self._remove_copy()
            raise
        changed = wanted.applied(self.client, cache, allow_flush=True)
        _store(self.client, again)
        self._remove_copy()
        return changed

    def finish_interrupted(self, cache: Cache) -> None:
        """Puts back what is missing since a refill was interrupted, if one was."""
        try:
            copied = self.copy.get_cache()
        except (NotFoundError, PermissionDeniedError):
            # Who may not see it has not made it.
            return
        # A cache that was made after the copy is another one, of the same name.
        if _indexes(copied) == _indexes(cache) and cache.created_at < copied.created_at:
            there = {entry.entry_id for entry in self.client.list_entries()}
            entries = self.copy.list_entries(with_vectors=True)
            missing = (entry for entry in entries if entry.entry_id not in there)
            _store(self.client, _stored_again(missing, None))
        self._remove_copy()

    def _make_copy(self, cache: Cache, wanted: Wanted) -> None:
        keep_vectors = wanted.has_vectors_of(cache)
        # Whatever refuses an entry has to do so here, where nothing is removed yet.
        self.copy.create_cache(
            self.copy.cache,
            model=cache.model if keep_vectors else "",
            dimension=cache.dimension if keep_vectors else wanted.dimension,
            long_prompts=cache.long_prompts,
            attributes=wanted.attributes,
            restrict_attributes=cache.restrict_attributes,
        )

    def _remove_copy(self) -> None:
        with suppress(NotFoundError):
            self.copy.delete_cache(self.copy.cache)


def _stored_again(entries: Iterable[Entry], vectorizer: Vectorizer | None) -> Iterator[NewEntry]:
    """The entries to store, with the vectors that they have or the vectorizer's."""
    for entry in entries:
        vector: VectorLike | None = entry.vector
        if vectorizer is not None:
            vector = vectorizer.embed(entry.prompt)
        yield NewEntry(
            entry.prompt,
            entry.response,
            vector=vector,
            attributes=entry.attributes,
            metadata=entry.metadata,
            ttl=entry.ttl,
        )


def _store(client: Client, entries: Iterable[NewEntry]) -> None:
    for outcome in client.store_many(entries):
        if isinstance(outcome, NearhitError):
            raise outcome


def _indexes(cache: Cache) -> tuple[Any, ...]:
    """What two caches have in common that can have the same entries."""
    return cache.model, cache.dimension, ranges(cache.attributes)
