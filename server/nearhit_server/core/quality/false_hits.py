"""How often hits are wrong, as far as reports tell."""

import math
from dataclasses import dataclass
from typing import Final

_DEVIATIONS: Final = 1.959964
"""The normal distribution has 95 % of its mass within so many standard deviations."""


@dataclass(frozen=True)
class Rate:
    """A share, 0 to 1, with the interval that contains the true one in 95 of 100 cases."""

    value: float
    low: float
    high: float


def rate(part: int, whole: int, *, deviations: float = _DEVIATIONS) -> Rate | None:
    """The share that `part` is of `whole` as a sample shows it, None without a sample.

    The interval is Wilson's score interval (1927), which stays sensible for shares near 0, where
    ours are. It reaches as far as so many standard deviations.
    """
    if whole < 1:
        return None
    share = part / whole
    scale = 1 + deviations**2 / whole
    middle = (share + deviations**2 / (2 * whole)) / scale
    reach = (
        deviations / scale * math.sqrt(share * (1 - share) / whole + deviations**2 / (4 * whole**2))
    )
    # Where the sample has none or all, rounding would leave the bounds a hair off.
    low = 0.0 if part <= 0 else middle - reach
    high = 1.0 if part >= whole else middle + reach
    return Rate(share, low, high)
