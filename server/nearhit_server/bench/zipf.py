"""Draws from a Zipf distribution over a finite population."""

from collections.abc import Iterator
from typing import Final

import numpy as np

_BATCH: Final = 1_024


def ranks(population: int, exponent: float, random: np.random.Generator) -> Iterator[int]:
    """Ranks from 0 on without end, rank r with a probability proportional to 1 / (r + 1) **
    exponent; 0 makes all alike.

    NumPy's own `zipf` has no end of ranks, and needs an exponent over 1.
    """
    weights = np.arange(1, population + 1, dtype=np.float64) ** -exponent
    cumulated = np.cumsum(weights)
    while True:
        drawn = random.random(_BATCH) * cumulated[-1]
        # Rounding can put a draw onto the very end.
        found = np.minimum(np.searchsorted(cumulated, drawn, side="right"), population - 1)
        yield from found.tolist()
