"""Vectors as stores keep them: float32, little-endian, nothing else."""

from typing import Final

import numpy as np

from nearhit_server.core.vectors import FloatVector

_STORED: Final = np.dtype("<f4")


def to_blob(vector: FloatVector) -> bytes:
    """The components of `vector`, four bytes each, bit for bit."""
    return vector.astype(_STORED, copy=False).tobytes()


def from_blob(blob: bytes) -> FloatVector:
    """The reverse of `to_blob`. The vector is read-only and shares the blob's memory.

    Raises ValueError for a blob that is not a whole number of components.
    """
    return np.frombuffer(blob, dtype=_STORED).astype(np.float32, copy=False)
