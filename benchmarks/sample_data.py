"""Vectors and entries to measure with; the same seed gives the same."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import numpy as np

from nearhit_server.bench import vectors
from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, entry_id_of
from nearhit_server.core.vectors import FloatMatrix

DIMENSION: Final = 384
RESPONSE: Final = "an answer of 500 bytes ".ljust(500, ".")
ATTRIBUTES: Final = {"lang": "en", "tenant": "tenant-17", "model": "large-2"}

_ENTRIES_A_TOPIC: Final = 50


def random_vectors(count: int, *, seed: int = 1) -> FloatMatrix:
    """Unit vectors of all directions, shape (count, DIMENSION): nothing is near anything."""
    return vectors.random_vectors(count, DIMENSION, seed=seed)


def topic_vectors(count: int, *, seed: int = 1) -> FloatMatrix:
    """Unit vectors in topics of about 50, shape (count, DIMENSION). Two of one topic have a
    cosine of about 0.5, as questions about one thing have."""
    topics = random_vectors(max(1, count // _ENTRIES_A_TOPIC), seed=seed + 1)
    chosen = np.random.default_rng(seed + 2).integers(len(topics), size=count)
    return vectors.unit(topics[chosen] + random_vectors(count, seed=seed))


def reworded(
    stored: FloatMatrix, count: int, *, low: float = 0.8, high: float = 0.95, seed: int = 9
) -> FloatMatrix:
    """Vectors whose cosines to `count` of the given ones lie between `low` and `high`: what
    asking a stored question in other words gives."""
    random = np.random.default_rng(seed)
    return vectors.reworded(stored, count, low=low, high=high, random=random)


def cache_spec(cache_id: str) -> CacheSpec:
    """A cache of callers who bring vectors."""
    now = datetime.now(UTC)
    return CacheSpec(
        cache_id=cache_id,
        model=None,
        dimension=DIMENSION,
        similarity_threshold=0.8,
        created_at=now,
        updated_at=now,
    )


def prompt(number: int) -> str:
    """A prompt of 60 bytes."""
    return f"prompt {number} of the benchmark ".ljust(60, "?")


def entries(
    unit_vectors: FloatMatrix, *, attributes: Mapping[str, str] | None = None
) -> Iterator[Entry]:
    """An entry for each vector: a prompt of 60 bytes and a response of 500."""
    now = datetime.now(UTC)
    named = dict(attributes or {})
    for number, vector in enumerate(unit_vectors):
        yield Entry(
            entry_id=entry_id_of(prompt(number), named),
            prompt=prompt(number),
            response=RESPONSE,
            attributes=named,
            metadata_json=None,
            vector=vector,
            ttl=None,
            created_at=now,
            updated_at=now,
            expires_at=None,
        )
