"""Thresholds chosen on one half of the pairs, and what they do on the other."""

import math
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Final

from nearhit_server.tuning.curves import Curve, Point

RECALLS: Final = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)

_Z: Final = 1.281552
"""Nine of ten samples show less than so many standard deviations too little. Without a margin the
threshold that happens to look best would be chosen, and do worse on other pairs."""


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold for a recall, and what it does on the held-out half; None if no threshold lets
    so many equivalent pairs through."""

    wanted_recall: float
    held_out: Point | None


@dataclass(frozen=True)
class BestPoint:
    """The threshold for a false-hit rate with the most recall, and what it does on the held-out
    half; None if there is none, and then `obstacle` says why."""

    held_out: Point | None
    obstacle: str = ""


def operating_points(tuning: Curve, held_out: Curve) -> list[OperatingPoint]:
    """The thresholds for RECALLS."""
    found = ((recall, tuning.at_recall(recall)) for recall in RECALLS)
    return [
        OperatingPoint(recall, None if point is None else held_out.at_threshold(point.threshold))
        for recall, point in found
    ]


def best_point(
    tuning: Curve, held_out: Curve, max_false_hit_rate: float, *, decimals: int | None
) -> BestPoint:
    """The threshold that lets most through and in all likelihood keeps to a false-hit rate.

    With `decimals` it is rounded, upwards, as whoever copies it needs it.
    """
    point = tuning.best_within(max_false_hit_rate, z=_Z)
    if point is None:
        return BestPoint(None, _obstacle(tuning, max_false_hit_rate))
    threshold = point.threshold if decimals is None else _rounded_up(point.threshold, decimals)
    return BestPoint(held_out.at_threshold(threshold))


def hits_needed(max_false_hit_rate: float) -> int:
    """So many hits, none of them wrong, show that a false-hit rate is kept to."""
    # Wilson's upper bound of no wrong hit among n is z² / (n + z²).
    return math.ceil(_Z**2 * (1 - max_false_hit_rate) / max_false_hit_rate)


def _rounded_up(threshold: float, decimals: int) -> float:
    # Through its decimal notation: 0.9 is a hair above itself times 10,000 otherwise.
    return float(Decimal(repr(threshold)).quantize(Decimal(1).scaleb(-decimals), ROUND_CEILING))


def _obstacle(tuning: Curve, max_false_hit_rate: float) -> str:
    needed = hits_needed(max_false_hit_rate)
    if tuning.equivalent < needed:
        return (
            f"too few pairs: {needed:,} hits without a wrong one would show it, and the half that "
            f"is tuned on has {tuning.equivalent:,} equivalent pairs"
        )
    bounds = tuning.upper_false_hit_rates(z=_Z)
    if not len(bounds):
        return "every pair is refused"
    best = int(bounds.argmin())
    point = tuning.point(best)
    return (
        f"no threshold keeps to it: at best, {point.wrong:,} of {point.right + point.wrong:,} hits "
        f"are wrong, at {point.threshold:.4f}"
    )
