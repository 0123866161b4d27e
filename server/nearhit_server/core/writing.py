"""The store and update flows: check, embed, keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from nearhit_server.core.caches import CacheSpec, LongPrompts
from nearhit_server.core.embedding.embedder import Embedding
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.entries import (
    Entry,
    EntryChange,
    LifetimeChange,
    MetadataChange,
    PromptChange,
    canonical_prompt,
    entry_id_of,
)
from nearhit_server.core.errors import NearhitError, entry_not_found
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
from nearhit_server.core.request_checks import check_new_entry, check_update
from nearhit_server.core.vectors import FloatVector, normalized


@dataclass(frozen=True)
class _Indexed:
    """The vector that a prompt is kept with, or why it has none."""

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

    async def _store(self, spec: CacheSpec, accepted: Sequence[NewEntry]) -> list[Stored]:
        indexed = await self._index(spec, [(new.prompt, new.vector) for new in accepted])
        entries = [
            self._entry(spec, new, index.vector)
            for new, index in zip(accepted, indexed, strict=True)
        ]
        created = await self._entries.put(spec, entries)
        return [
            Stored(entry.entry_id, is_new, index.exact_only_reason)
            for entry, is_new, index in zip(entries, created, indexed, strict=True)
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
        prompt_change, reason = await self._prompt_change(spec, entry_id, update)
        now = self._clock.now()
        change = EntryChange(
            prompt=prompt_change,
            response=update.response if UpdateField.RESPONSE in update.fields else None,
            attributes=(
                dict(update.attributes) if UpdateField.ATTRIBUTES in update.fields else None
            ),
            metadata=(
                MetadataChange(update.metadata_json)
                if UpdateField.METADATA in update.fields
                else None
            ),
            lifetime=await self._lifetime_change(spec, entry_id, update),
            updated_at=now if update.fields else None,
        )
        entry = await self._entries.update(spec, entry_id, change)
        if entry is None:
            raise entry_not_found(spec.cache_id, entry_id)
        return Updated(entry, reason)

    async def _prompt_change(
        self, spec: CacheSpec, entry_id: str, update: EntryUpdate
    ) -> tuple[PromptChange | None, ExactOnlyReason | None]:
        if not update.fields & {UpdateField.PROMPT, UpdateField.VECTOR}:
            return None, None
        if UpdateField.PROMPT in update.fields:
            prompt = update.prompt or ""
        else:
            # Written back with the vector, so that the two belong together even if another
            # Update changes the prompt meanwhile.
            prompt = (await self._existing(spec, entry_id)).prompt
        vector = update.vector if UpdateField.VECTOR in update.fields else None
        (index,) = await self._index(spec, [(prompt, vector)])
        return PromptChange(prompt, index.vector), index.exact_only_reason

    async def _lifetime_change(
        self, spec: CacheSpec, entry_id: str, update: EntryUpdate
    ) -> LifetimeChange | None:
        if UpdateField.TTL in update.fields:
            ttl = update.ttl
        elif update.fields:
            return None
        else:
            ttl = (await self._existing(spec, entry_id)).ttl
        return LifetimeChange(ttl, spec.expiry(ttl, now=self._clock.now()))

    async def _existing(self, spec: CacheSpec, entry_id: str) -> Entry:
        entry = await self._entries.get(spec, entry_id)
        if entry is None:
            raise entry_not_found(spec.cache_id, entry_id)
        return entry

    async def _index(
        self, spec: CacheSpec, prompts: Sequence[tuple[str, FloatVector | None]]
    ) -> list[_Indexed]:
        """The vectors to keep prompts with: the caller's, or the model's."""
        if not spec.semantic:
            return [_Indexed(None, ExactOnlyReason.CACHE_STRATEGIES) for _ in prompts]
        texts = [canonical_prompt(prompt) for prompt, vector in prompts if vector is None]
        embeddings = iter(await self._embed(spec, texts) if texts else [])
        return [
            _Indexed(normalized(vector)) if vector is not None else _indexed(next(embeddings))
            for _, vector in prompts
        ]

    async def _embed(self, spec: CacheSpec, texts: Sequence[str]) -> list[Embedding]:
        embedder = await self._models.of_cache(spec)
        return await embedder.embed(texts, truncate=spec.long_prompts is LongPrompts.TRUNCATE)


def _indexed(embedding: Embedding) -> _Indexed:
    if embedding.vector is None:
        return _Indexed(None, ExactOnlyReason.PROMPT_EXCEEDS_WINDOW)
    return _Indexed(embedding.vector)
