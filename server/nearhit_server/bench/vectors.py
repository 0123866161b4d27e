"""Random vectors to search for; the same seed gives the same."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatMatrix: TypeAlias = NDArray[np.float32]


def random_vectors(count: int, dimension: int, *, seed: int) -> FloatMatrix:
    """Unit vectors of all directions, shape (count, dimension): nothing is near anything."""
    random = np.random.default_rng(seed)
    return unit(random.standard_normal((count, dimension), np.float32))


def reworded(
    vectors: FloatMatrix, count: int, *, low: float, high: float, random: np.random.Generator
) -> FloatMatrix:
    """Vectors whose cosines to `count` of the given ones lie between `low` and `high`: what
    asking a stored question in other words gives."""
    stored = vectors[random.choice(len(vectors), count, replace=len(vectors) < count)]
    noise = random.standard_normal(stored.shape, np.float32)
    noise -= np.sum(noise * stored, axis=1, keepdims=True) * stored
    cosines = random.uniform(low, high, (count, 1)).astype(np.float32)
    return unit(cosines * stored + np.sqrt(1 - cosines**2) * unit(noise))


def unit(vectors: NDArray[np.floating[Any]]) -> FloatMatrix:
    """The vectors, each of length 1."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)
