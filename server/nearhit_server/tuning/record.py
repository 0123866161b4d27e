"""A tuning as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np

from nearhit_server.core.quality.false_hits import Rate
from nearhit_server.tuning.curves import Curve, Point
from nearhit_server.tuning.tune import Half, TunedWay, Tuning

SCHEMA: Final = "nearhit-tune/1"

_CURVE_POINTS: Final = 200


def record(tuning: Tuning) -> dict[str, Any]:
    """All that was found. What could not be is null."""
    subject = tuning.subject
    return {
        "schema": SCHEMA,
        **asdict(subject),
        "tuned_on": _half(tuning.tuned_on),
        "held_out": _half(tuning.held_out),
        "unread_pairs": tuning.unread,
        "ways": [_way(each, subject.max_false_hit_rate) for each in tuning.ways],
    }


def _half(half: Half) -> dict[str, int]:
    return {"pairs": half.pairs, "equivalent": half.equivalent, "different": half.different}


def _way(tuned: TunedWay, max_false_hit_rate: float) -> dict[str, Any]:
    point, best = tuned.recommended, tuned.best.held_out
    return {
        "name": tuned.way.name,
        "scale": tuned.way.scale.value,
        "recommended": None
        if point is None
        else {"settings": tuned.way.settings(point.threshold, max_false_hit_rate), **_point(point)},
        "best": None if best is None else _point(best),
        "obstacle": tuned.best.obstacle or None,
        "operating_points": [
            {
                "wanted_recall": each.wanted_recall,
                "held_out": None if each.held_out is None else _point(each.held_out),
            }
            for each in tuned.operating_points
        ],
        "curve": _curve(tuned.curve),
        "worst": [asdict(each) for each in tuned.worst],
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "threshold": point.threshold,
        "right": point.right,
        "wrong": point.wrong,
        "recall": _rate(point.recall),
        "false_positive_rate": _rate(point.false_positive_rate),
        "false_hit_rate": _rate(point.false_hit_rate),
    }


def _rate(rate: Rate | None) -> dict[str, float] | None:
    return None if rate is None else asdict(rate)


def _curve(curve: Curve) -> dict[str, Sequence[float]]:
    """The curve at evenly spaced ranks: a file may have a million pairs."""
    ranks = np.unique(np.linspace(0, len(curve) - 1, _CURVE_POINTS).round().astype(int))
    chosen = ranks if len(curve) else np.array([], int)
    return {
        "threshold": curve.thresholds[chosen].tolist(),
        "recall": curve.recalls[chosen].tolist(),
        "false_positive_rate": curve.false_positive_rates[chosen].tolist(),
        "false_hit_rate": curve.false_hit_rates[chosen].tolist(),
    }
