"""The settings that a SemanticCache needs of its cache."""

from collections.abc import Mapping
from dataclasses import dataclass

from nearhit.choices import AttributeType, Strategy
from nearhit.inputs import UNSET
from nearhit.integrations.redisvl.dtypes import fields_of, remembered, remembering
from nearhit.integrations.redisvl.vectorizers import Vectorizer
from nearhit.results import Cache
from nearhit.sync import Client


@dataclass(frozen=True)
class Wanted:
    """What is needed. Without a vectorizer the server embeds, with one the cache has no model."""

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

    def has_indexes_of(self, cache: Cache) -> bool:
        """Whether the server can change the cache without removing its entries."""
        return self.has_vectors_of(cache) and ranges(cache.attributes) == ranges(self.attributes)

    def applied(self, client: Client, cache: Cache, *, allow_flush: bool = False) -> Cache:
        """The client's cache, changed to what is wanted."""
        keep_model = self.has_vectors_of(cache)
        return client.update_cache(
            client.cache,
            model=UNSET if keep_model else "",
            dimension=UNSET if keep_model else self.dimension,
            ttl_refresh_on_hit=True,
            strategies=(Strategy.EXACT, Strategy.SEMANTIC),
            attributes=self.attributes,
            allow_flush=allow_flush,
        )


def ranges(attributes: Mapping[str, AttributeType]) -> dict[str, AttributeType]:
    """What the server has indexes for: all but plain tags."""
    return {name: kind for name, kind in attributes.items() if kind is not AttributeType.TAG}


def _named(attributes: Mapping[str, AttributeType]) -> str:
    return ", ".join(f"{name} ({kind.value})" for name, kind in attributes.items()) or "none"
