"""Percentile curves of latencies, small enough for a JSON file."""

from collections.abc import Sequence

import numpy as np

_POINTS = 100


def percentile_curve(milliseconds: Sequence[float]) -> dict[str, list[float]]:
    """One call in `one_in` took at least `milliseconds`; drawn out where it is slowest."""
    one_in = np.geomspace(1, len(milliseconds), _POINTS)
    values = np.quantile(milliseconds, 1 - 1 / one_in)
    return {"one_in": one_in.round(3).tolist(), "milliseconds": values.round(4).tolist()}
