"""Caches, entries and API keys for tests of stores."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import numpy as np

from clocks import ManualClock
from nearhit_server.core.access.callers import Grant, Scope
from nearhit_server.core.access.keys import ApiKey, SecretHash
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, EntryUse, entry_id_of
from nearhit_server.core.vectors import FloatVector, normalized

DIMENSION = 8


def vector(*components: float) -> FloatVector:
    """A vector of length 1; components that are not given are 0."""
    padded = [*components, *[0.0] * (DIMENSION - len(components))]
    return normalized(np.array(padded, np.float32))


def angled(cosine: float) -> FloatVector:
    """A vector whose cosine to `vector(1)` is `cosine`."""
    return vector(cosine, (1 - cosine**2) ** 0.5)


def used(entry: Entry) -> EntryUse:
    """A use that leaves the entry's expiry as it is."""
    return EntryUse.of(entry, expires_at=entry.expires_at)


def prompts(entries: Iterable[Entry]) -> list[str]:
    return [entry.prompt for entry in entries]


class Sample:
    """Makes caches, entries and API keys at a clock's time."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def spec(self, cache_id: str = "cache", **settings: Any) -> CacheSpec:
        now = self._clock.now()
        fields = {"model": None, "dimension": DIMENSION, "similarity_threshold": 0.9} | settings
        return CacheSpec(cache_id=cache_id, created_at=now, updated_at=now, **fields)

    def entry(self, prompt: str, *, ttl: timedelta | None = None, **fields: Any) -> Entry:
        now = self._clock.now()
        attributes = fields.get("attributes", {})
        defaults = {
            "entry_id": entry_id_of(prompt, attributes),
            "response": f"response to {prompt}",
            "attributes": attributes,
            "metadata_json": None,
            "vector": vector(1),
            "created_at": now,
            "updated_at": now,
            "expires_at": None if ttl is None else now + ttl,
        }
        return Entry(prompt=prompt, ttl=ttl, **(defaults | fields))

    def numbered(self, number: int) -> Entry:
        """An entry that depends on `number` alone and whose vector no other's is equal to."""
        components = np.random.default_rng(number).standard_normal(DIMENSION)
        return self.entry(f"prompt {number}", vector=vector(*components.tolist()))

    def key(self, key_id: str = "00000000000000aa", **fields: Any) -> ApiKey:
        """An API key that nothing is left out of, not even its end."""
        now = self._clock.now()
        defaults = {
            "display_name": "billing, 'quoted' \"twice\" größe",
            "scopes": frozenset({Scope.READ, Scope.ADMIN}),
            "caches": Grant.of(["faq", "other"]),
            "namespaces": Grant.of(["", "own"]),
            "secrets": (
                SecretHash("a" * 64),
                SecretHash("b" * 64, now + timedelta(microseconds=1)),
            ),
            "created_at": now,
            "expires_at": now + timedelta(days=365),
            "revoked_at": now + timedelta(days=1),
        }
        return ApiKey(key_id=key_id, **(defaults | fields))
