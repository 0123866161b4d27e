"""Vectors and the similarity between them."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatVector = NDArray[np.float32]
"""One embedding: shape (dimension,), float32."""

FloatMatrix = NDArray[np.float32]
"""Several embeddings: shape (count, dimension), float32, C order."""

SIMILARITY_DECIMALS: Final = 6
"""Engines answer 1.0000001 and 0.9999999 for identical vectors; past this they are equal."""

_ROUNDING: Final = 2e-7
"""How far from 1 the length of a normalised float32 vector can be."""


def normalized(vector: FloatVector) -> FloatVector:
    """`vector` scaled to length 1. It must be finite and not all zeros."""
    # The length in double precision: squares of float32 overflow at 1.8e19.
    wide = vector.astype(np.float64)
    length = float(np.linalg.norm(wide))
    if abs(length - 1) <= _ROUNDING:
        # As it was: a vector that is read and stored again must not drift.
        return vector
    return (wide / length).astype(np.float32)


def similarity(cosine: float) -> float:
    """A computed cosine as the similarity that is compared and shown, -1..1."""
    return min(1.0, max(-1.0, round(cosine, SIMILARITY_DECIMALS)))
