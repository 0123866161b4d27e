"""Finds or makes the cache behind a SemanticCache, with the settings that it needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nearhit.choices import AttributeType, Strategy
from nearhit.errors import AlreadyExistsError, NearhitError, NotFoundError
from nearhit.inputs import UNSET, NewEntry
from nearhit.integrations.redisvl.dtypes import fields_of, remembered, remembering
from nearhit.integrations.redisvl.vectorizers import Vectorizer
from nearhit.results import Cache, Entry
from nearhit.sync import Client
from nearhit.vectors import VectorLike


@dataclass(frozen=True)
class Wanted:
    """The settings that a SemanticCache needs of its cache.

    Without a vectorizer the server embeds, with a vectorizer the cache has no model.
    """

    vectorizer: Vectorizer | None
    fields: Mapping[str, AttributeType]
    dtype: str

    @property
    def attributes(self) -> dict[str, AttributeType]:
        return remembering(self.fields, self.dtype)

    @property
    def dimension(self) -> int:
        return 0 if self.vectorizer is None else self.vectorizer.dimension

    def differences(self, cache: Cache) -> list[str]:
        """What about the cache is otherwise, for people."""
        found = []
        if not self.has_vectors_of(cache):
            here = f"vectors of {self.dimension} components" if self.vectorizer else "a model"
            there = f"model {cache.model}" if cache.model else f"{cache.dimension} components"
            found.append(f"it has {there}, not {here}")
        if (dtype := remembered(cache.attributes)) != self.dtype:
            found.append(f"its dtype is {dtype}, not {self.dtype}")
        if (fields := fields_of(cache.attributes)) != dict(self.fields):
            found.append(f"its fields are {_named(fields)}")
        if not cache.ttl_refresh_on_hit:
            found.append("its hits do not refresh the time to live")
        if set(cache.strategies) != {Strategy.EXACT, Strategy.SEMANTIC}:
            found.append("it does not search both exactly and by similarity")
        return found

    def has_vectors_of(self, cache: Cache) -> bool:
        """Whether the cache's vectors are such as are wanted."""
        if self.vectorizer is None:
            return cache.model != ""
        return cache.model == "" and cache.dimension == self.dimension


def open_cache(client: Client, wanted: Wanted, *, overwrite: bool) -> Cache:
    """The client's cache, made if there is none, and changed to what is wanted if `overwrite`.

    Raises ValueError if it has other settings and must not be changed.
    """
    cache = _existing_or_new(client, wanted)
    if not (differences := wanted.differences(cache)):
        return cache
    if not overwrite:
        raise ValueError(
            f"cache {cache.cache_id!r} has other settings: {'; '.join(differences)}. "
            "Give another name, or overwrite=True to change them and keep the entries"
        )
    if wanted.has_vectors_of(cache) and _ranges(cache.attributes) == _ranges(wanted.attributes):
        return _changed(client, cache, wanted, allow_flush=False)
    return _refilled(client, cache, wanted)


def _existing_or_new(client: Client, wanted: Wanted) -> Cache:
    try:
        return client.get_cache()
    except NotFoundError:
        pass
    try:
        return client.create_cache(
            client.cache,
            dimension=wanted.dimension,
            ttl_refresh_on_hit=True,
            attributes=wanted.attributes,
        )
    except AlreadyExistsError:
        # Somebody else was quicker.
        return client.get_cache()


def _changed(client: Client, cache: Cache, wanted: Wanted, *, allow_flush: bool) -> Cache:
    keep_model = wanted.has_vectors_of(cache)
    return client.update_cache(
        client.cache,
        model=UNSET if keep_model else "",
        dimension=UNSET if keep_model else wanted.dimension,
        ttl_refresh_on_hit=True,
        strategies=(Strategy.EXACT, Strategy.SEMANTIC),
        attributes=wanted.attributes,
        allow_flush=allow_flush,
    )


def _refilled(client: Client, cache: Cache, wanted: Wanted) -> Cache:
    """Changes what the server changes in an empty cache only, and stores the entries again."""
    keep_vectors = wanted.has_vectors_of(cache)
    entries = list(client.list_entries(with_vectors=keep_vectors))
    _check_numbers(entries, wanted.attributes)
    # Embedded before anything is removed: it can fail.
    again = list(_stored_again(entries, wanted.vectorizer, keep_vectors=keep_vectors))
    changed = _changed(client, cache, wanted, allow_flush=True)
    for outcome in client.store_many(again):
        if isinstance(outcome, NearhitError):
            raise outcome
    return changed


def _stored_again(
    entries: Sequence[Entry], vectorizer: Vectorizer | None, *, keep_vectors: bool
) -> Iterator[NewEntry]:
    for entry in entries:
        vector: VectorLike | None = entry.vector
        if vectorizer is not None and not keep_vectors:
            vector = vectorizer.embed(entry.prompt)
        yield NewEntry(
            entry.prompt,
            entry.response,
            vector=vector,
            attributes=entry.attributes,
            metadata=entry.metadata,
            ttl=entry.ttl,
        )


def _check_numbers(entries: Sequence[Entry], attributes: Mapping[str, AttributeType]) -> None:
    numeric = [name for name, kind in attributes.items() if kind is AttributeType.NUMERIC]
    for entry in entries:
        for name in numeric:
            try:
                float(entry.attributes.get(name, "0"))
            except ValueError:
                raise ValueError(
                    f"field {name} cannot become numeric: entry {entry.entry_id} "
                    f"has {entry.attributes[name]!r} there"
                ) from None


def _ranges(attributes: Mapping[str, AttributeType]) -> dict[str, AttributeType]:
    """What the server has indexes for: all but plain tags."""
    return {name: kind for name, kind in attributes.items() if kind is not AttributeType.TAG}


def _named(attributes: Mapping[str, AttributeType]) -> str:
    return ", ".join(f"{name} ({kind.value})" for name, kind in attributes.items()) or "none"
