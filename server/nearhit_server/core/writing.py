"""The store and update flows: check, embed, keep."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.embedding.embedder import Embedding
from nearhit_server.core.embedding.models import Models, vector_required
from nearhit_server.core.embedding.reading import EXACT_ONLY_REASONS, tolerated_by
from nearhit_server.core.entries import (
    Entry,
    EntryChange,
    LifetimeChange,
    MetadataChange,
    PromptChange,
    canonical_prompt,
    entry_id_of,
)
from nearhit_server.core.errors import (
    EntryChangedError,
    NearhitError,
    UnavailableError,
    entry_not_found,
)
from nearhit_server.core.limits import Limits
from nearhit_server.core.ports import Clock, EntryStore
from nearhit_server.core.queries import (
    EntryUpdate,
    ExactOnlyReason,
    NewEntry,
    Stored,
    Updated,
    UpdateField,
)
from nearhit_server.core.request_checks import check_new_entry, check_update, merged_attributes
from nearhit_server.core.vectors import FloatVector, normalized

T = TypeVar("T")


@dataclass(frozen=True)
class _Indexed:
    """A prompt, and the vector that it is kept with or why it has none."""

    prompt: str
    vector: FloatVector | None
    exact_only_reason: ExactOnlyReason | None = None


class Writer:
    """Stores and updates entries in one cache."""

    def __init__(
        self, *, entries: EntryStore, models: Models, clock: Clock, limits: Limits
    ) -> None:
        self._entries = entries
        self._models = models
        self._clock = clock
        self._limits = limits
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def store(
        self, spec: CacheSpec, entries: Sequence[NewEntry | NearhitError]
    ) -> list[Stored | NearhitError]:
        """What became of each entry, in order; what is wrong with one is its outcome."""
        checked = [self._checked(spec, new) for new in entries]
        accepted = [new for new in checked if isinstance(new, NewEntry)]
        stored = iter(await self._store(spec, accepted) if accepted else [])
        return [next(stored) if isinstance(new, NewEntry) else new for new in checked]

    def _checked(self, spec: CacheSpec, new: NewEntry | NearhitError) -> NewEntry | NearhitError:
        if isinstance(new, NearhitError):
            return new
        try:
            check_new_entry(new, spec, self._limits)
        except NearhitError as error:
            return error
        return new

    async def _store(
        self, spec: CacheSpec, accepted: Sequence[NewEntry]
    ) -> list[Stored | NearhitError]:
        indexed = await self._index(spec, [(new.prompt, new.vector) for new in accepted])
        entries = [
            self._entry(spec, new, index.vector)
            for new, index in zip(accepted, indexed, strict=True)
            if isinstance(index, _Indexed)
        ]
        created = await self._entries.put(spec, entries) if entries else []
        put = zip(entries, created, strict=True)
        return [
            _stored(*next(put), index) if isinstance(index, _Indexed) else index
            for index in indexed
        ]

    def _entry(self, spec: CacheSpec, new: NewEntry, vector: FloatVector | None) -> Entry:
        now = self._clock.now()
        return Entry(
            entry_id=entry_id_of(new.prompt, new.attributes),
            prompt=new.prompt,
            response=new.response,
            attributes=dict(new.attributes),
            metadata_json=new.metadata_json,
            vector=vector,
            ttl=new.ttl,
            created_at=now,
            updated_at=now,
            expires_at=spec.expiry(new.ttl, now=now),
        )

    async def update(self, spec: CacheSpec, entry_id: str, update: EntryUpdate) -> Updated:
        """Change an entry. Raises InvalidArgumentError, NotFoundError, FailedPreconditionError."""
        check_update(update, spec, self._limits)
        if not _needs_reading(update):
            return await self._update(spec, entry_id, update)
        # Of a thousand at once on one entry, each would have to repeat for all before it.
        async with self._turns.setdefault((spec.cache_id, entry_id), asyncio.Lock()):
            while True:
                try:
                    return await self._update(spec, entry_id, update)
                except EntryChangedError:
                    # Another kind of update, or another server's, is done: this is no race that
                    # nobody wins, and the call's deadline is the end of it.
                    continue

    async def _update(self, spec: CacheSpec, entry_id: str, update: EntryUpdate) -> Updated:
        # What is computed from the entry as it is must meet the entry as it was.
        read = await self._existing(spec, entry_id) if _needs_reading(update) else None
        index = await self._new_index(spec, update, read)
        entry = await self._entries.update(
            spec, entry_id, self._change(spec, update, read=read, index=index)
        )
        if entry is None:
            raise entry_not_found(spec.cache_id, entry_id)
        return Updated(entry, None if index is None else index.exact_only_reason)

    def _change(
        self, spec: CacheSpec, update: EntryUpdate, *, read: Entry | None, index: _Indexed | None
    ) -> EntryChange:
        now = self._clock.now()
        ttl = update.ttl if read is None or UpdateField.TTL in update.fields else read.ttl
        renews = UpdateField.TTL in update.fields or update.names_nothing
        return EntryChange(
            prompt=None if index is None else PromptChange(index.prompt, index.vector),
            response=update.response if UpdateField.RESPONSE in update.fields else None,
            attributes=_new_attributes(update, read),
            metadata=_named(update, UpdateField.METADATA, MetadataChange(update.metadata_json)),
            lifetime=LifetimeChange(ttl, spec.expiry(ttl, now=now)) if renews else None,
            updated_at=None if update.names_nothing else now,
            if_updated_at=None if read is None else read.updated_at,
            # The clocks of two servers may give one time twice.
            if_attributes=None if read is None else read.attributes,
        )

    async def _new_index(
        self, spec: CacheSpec, update: EntryUpdate, read: Entry | None
    ) -> _Indexed | None:
        """The prompt and vector to write, None if the update names neither."""
        if not update.fields & {UpdateField.PROMPT, UpdateField.VECTOR}:
            return None
        prompt = update.prompt or ""
        if read is not None and UpdateField.PROMPT not in update.fields:
            prompt = read.prompt
        vector = update.vector if UpdateField.VECTOR in update.fields else None
        if vector is None and spec.semantic and spec.model is None:
            raise vector_required(spec)
        (index,) = await self._index(spec, [(prompt, vector)])
        if isinstance(index, NearhitError):
            raise index
        return index

    async def _existing(self, spec: CacheSpec, entry_id: str) -> Entry:
        entry = await self._entries.get(spec, entry_id)
        if entry is None:
            raise entry_not_found(spec.cache_id, entry_id)
        return entry

    async def _index(
        self, spec: CacheSpec, prompts: Sequence[tuple[str, FloatVector | None]]
    ) -> list[_Indexed | NearhitError]:
        """The vectors to keep prompts with, the caller's or the model's, or why there are none."""
        if not spec.semantic:
            reason = ExactOnlyReason.CACHE_STRATEGIES
            return [_Indexed(prompt, None, reason) for prompt, _ in prompts]
        texts = [canonical_prompt(prompt) for prompt, vector in prompts if vector is None]
        embeddings = iter(await self._embed(spec, texts) if texts else [])
        return [
            _indexed(prompt, next(embeddings))
            if vector is None
            else _Indexed(prompt, normalized(vector))
            for prompt, vector in prompts
        ]

    async def _embed(
        self, spec: CacheSpec, texts: Sequence[str]
    ) -> list[Embedding | UnavailableError]:
        embedder = await self._models.of_cache(spec)
        return await embedder.embed(texts, tolerated=tolerated_by(spec))


def _stored(entry: Entry, created: bool, index: _Indexed) -> Stored:
    return Stored(entry.entry_id, created, index.exact_only_reason)


def _indexed(prompt: str, embedding: Embedding | UnavailableError) -> _Indexed | UnavailableError:
    if isinstance(embedding, UnavailableError):
        return embedding
    if embedding.vector is None and embedding.unread is not None:
        return _Indexed(prompt, None, EXACT_ONLY_REASONS[embedding.unread])
    return _Indexed(prompt, embedding.vector)


def _needs_reading(update: EntryUpdate) -> bool:
    """Whether what is written depends on what the entry says now: its prompt, for a vector to
    belong to, its other attributes, or its own time to live, to start again."""
    of_prompt = update.fields & {UpdateField.PROMPT, UpdateField.VECTOR} == {UpdateField.VECTOR}
    return of_prompt or bool(update.attribute_changes) or update.names_nothing


def _new_attributes(update: EntryUpdate, read: Entry | None) -> dict[str, str] | None:
    if read is None or not update.attribute_changes:
        return _named(update, UpdateField.ATTRIBUTES, dict(update.attributes))
    return merged_attributes(read.attributes, update.attribute_changes)


def _named(update: EntryUpdate, field: UpdateField, value: T) -> T | None:
    return value if field in update.fields else None
