"""Latencies as HDR histograms: three significant digits, and they can be added."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

Histogram: TypeAlias = HdrHistogram
"""Of microseconds."""

_MOST_MICROSECONDS: Final = 3_600_000_000
_SIGNIFICANT_DIGITS: Final = 3
_PERCENTILES: Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p99.9": 99.9, "p99.99": 99.99}


def new_histogram() -> Histogram:
    """An empty one."""
    return HdrHistogram(1, _MOST_MICROSECONDS, _SIGNIFICANT_DIGITS)


def record(histogram: Histogram, seconds: float) -> None:
    """Count one duration; a negative one, of a clock's last digit, counts as 0."""
    histogram.record_value(min(max(0, round(seconds * 1e6)), _MOST_MICROSECONDS))


def encoded(histogram: Histogram) -> str:
    """In the format that all HdrHistogram libraries read: compressed V2, base64."""
    return bytes(histogram.encode()).decode()


def merged(parts: Sequence[str | Histogram]) -> Histogram:
    """The sum of histograms, encoded or not. Raises ValueError for what is none."""
    total = new_histogram()
    for part in parts:
        if isinstance(part, str):
            _add_encoded(total, part)
        else:
            total.add(part)
    return total


def _add_encoded(total: Histogram, part: str) -> None:
    try:
        total.decode_and_add(part.encode())
    # The library has exceptions of its own for each way to be broken, and lets zlib's through.
    except Exception as error:
        raise ValueError(f"a histogram cannot be read: {error}") from error


def milliseconds(histogram: Histogram) -> dict[str, Any]:
    """Count, mean, percentiles and maximum. A percentile that too few calls were made for is
    None: of 500 calls the slowest says nothing about one in 10,000."""
    count = histogram.get_total_count()
    telling = [percent for percent in _PERCENTILES.values() if count * (100 - percent) >= 100]
    values = histogram.get_percentile_to_value_dict(telling) if telling else {}
    found = {
        name: values[percent] / 1_000 if percent in values else None
        for name, percent in _PERCENTILES.items()
    }
    mean = histogram.get_mean_value() / 1_000 if count else None
    longest = histogram.get_max_value() / 1_000 if count else None
    return {"count": count, "mean": mean, **found, "max": longest}


def quantiles(histogram: Histogram, shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The milliseconds within which these shares of the calls, 0 to 1, ended."""
    # The iterator yields one object again and again.
    recorded = [
        (step.value_iterated_to / 1_000, step.total_count_to_this_value)
        for step in histogram.get_recorded_iterator()
    ]
    ends, cumulated = np.array(recorded).T
    wanted = np.searchsorted(cumulated, shares * cumulated[-1], side="left")
    return np.asarray(ends[wanted])
