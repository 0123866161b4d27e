"""How many pairs of different questions would hit, at thresholds that let equal recalls through."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.goals import Goal
from benchmarks.nearhit_process import CONVERTED_MODELS
from nearhit_server.app.pair_scoring import open_pair_scorer
from nearhit_server.settings import Settings
from nearhit_server.tuning.curves import Curve
from nearhit_server.tuning.operating_points import RECALLS
from nearhit_server.tuning.pairs import Pair
from nearhit_server.tuning.scoring import scored
from nearhit_server.tuning.ways import ways_of

Curves = dict[str, Curve]
"""The curve of each way of deciding, the threshold alone first."""


async def curves_of(pairs: Sequence[Pair]) -> Curves:
    """Score pairs with the default model and what verifies it."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), model_cache_dir=CONVERTED_MODELS)
        async with open_pair_scorer(settings) as scorer:
            scores = await scored(scorer, pairs, progress=lambda _: None)
    labels = [pair.equivalent for pair in pairs]
    return {way.name: Curve.of(way.scores, labels) for way in ways_of(scores)}


def rows(curves: Curves) -> list[dict[str, Any]]:
    """The false-positive rates at each recall, in percent."""
    return [
        {
            "recall": f"{recall:.0%}",
            **{f"{name}, %": _percent(curve, recall) for name, curve in curves.items()},
            **{f"{name}, 95 %": _interval(curve, recall) for name, curve in curves.items()},
        }
        for recall in RECALLS
    ]


def goals(title: str, curves: Curves, limits: dict[float, float]) -> list[Goal]:
    """What shall be reached by verified hits: at most so many percent at a recall, and never more
    than the threshold alone lets through. None if nothing is verified."""
    alone, *others = curves.values()
    return [
        Goal(
            what=f"{title}: false positives at {recall:.0%} recall, %",
            measured=_percent(verified, recall),
            at_most=min(limits.get(recall, 100.0), _percent(alone, recall)),
        )
        for verified in others
        for recall in RECALLS
    ]


def _percent(curve: Curve, recall: float) -> float:
    """100 % where a recall cannot be reached: no threshold lets so much through."""
    point = curve.at_recall(recall)
    rate = None if point is None else point.false_positive_rate
    return 100.0 if rate is None else 100 * rate.value


def _interval(curve: Curve, recall: float) -> str:
    point = curve.at_recall(recall)
    rate = None if point is None else point.false_positive_rate
    return "not reached" if rate is None else f"{100 * rate.low:.1f}-{100 * rate.high:.1f}"
