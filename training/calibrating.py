"""From figures of pairs to the weights by which the server turns them into a confidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression

from nearhit_server.core.quality.false_hits import rate
from nearhit_server.core.verification.calibration import (
    Calibration,
    OperatingPoint,
    Weights,
    nearness,
)
from nearhit_server.core.verification.guard import find_conflict
from nearhit_server.core.verification.plain_wording import say_the_same
from nearhit_server.core.verification.wording import overlap_of, wording_of
from training.pairs import Pair

_FEWEST_HITS: Final = 50
_POINTS: Final = 60
_CAUTIOUS_DEVIATIONS: Final = 0.8416
"""The bound holds with a probability of 80 %."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """What is known of pairs that the model was not trained on."""

    pairs: Sequence[Pair]
    similarities: Floats
    logits: Floats


def calibrate(figures: Figures, *, labelled: Sequence[Pair], encoder_identity: str) -> Calibration:
    """Logistic models of the equivalence of pairs that the guard lets pass. `labelled` are all
    pairs there are, for what no model has to be kept away from."""
    figures = _passing(figures)
    labels = np.array([pair.equivalent for pair in figures.pairs])
    near = np.array([[nearness(similarity)] for similarity in figures.similarities])
    overlap = np.array(
        [overlap_of(wording_of(p.first), wording_of(p.second)).features for p in figures.pairs]
    )
    logits = figures.logits[:, None]
    by_similarity = _fit(near, labels)
    unverified = _fit(np.hstack([near, overlap]), labels)
    verified = _fit(np.hstack([near, overlap, logits]), labels)
    confidences = verified.predict_proba(np.hstack([near, overlap, logits]))[:, 1]
    return Calibration(
        encoder_identity=encoder_identity,
        by_similarity=_weights(by_similarity, overlaps=0),
        unverified=_weights(unverified, overlaps=overlap.shape[1]),
        verified=_weights(verified, overlaps=overlap.shape[1]),
        highest_logit=float(np.quantile(figures.logits, 0.999)),
        same_wording=_same_wording(labelled),
        least_similarity=_least_similarity(figures.similarities, labels),
        operating_points=_operating_points(confidences, labels),
    )


def _passing(figures: Figures) -> Figures:
    passing = [find_conflict(pair.first, pair.second) is None for pair in figures.pairs]
    return Figures(
        pairs=[pair for pair, passes in zip(figures.pairs, passing, strict=True) if passes],
        similarities=figures.similarities[passing],
        logits=figures.logits[passing],
    )


def _fit(features: Floats, labels: npt.NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(max_iter=5_000).fit(features, labels)


def _weights(model: LogisticRegression, *, overlaps: int) -> Weights:
    near, *rest = (float(weight) for weight in model.coef_[0])
    return Weights(
        bias=float(model.intercept_[0]),
        nearness=near,
        overlap=tuple(rest[:overlaps]),
        logit=rest[overlaps] if len(rest) > overlaps else 0.0,
    )


def _same_wording(pairs: Sequence[Pair]) -> float:
    """How often pairs that differ in punctuation alone are equivalent, by Laplace's rule."""
    same = [pair.equivalent for pair in pairs if say_the_same(pair.first, pair.second)]
    return (sum(same) + 1) / (len(same) + 2)


def _operating_points(
    confidences: Floats, labels: npt.NDArray[np.bool_]
) -> tuple[OperatingPoint, ...]:
    """For each of some confidences the share of wrong hits among those at least as sure.

    The upper bound of an interval, not the share itself: of the surest few, none may be wrong by
    chance.
    """
    order = np.argsort(-confidences)
    wrong = np.cumsum(~labels[order])
    points: list[OperatingPoint] = []
    for count in np.unique(
        np.geomspace(min(_FEWEST_HITS, len(order)), len(order), _POINTS).astype(int)
    ):
        bound = rate(int(wrong[count - 1]), int(count), deviations=_CAUTIOUS_DEVIATIONS)
        assert bound is not None
        points.append(OperatingPoint(float(confidences[order[count - 1]]), bound.high))
    return tuple(points)


def _least_similarity(similarities: Floats, labels: npt.NDArray[np.bool_]) -> float:
    """Above this lie 95 of 100 equivalent pairs."""
    return round(float(np.quantile(similarities[labels], 0.05)), 2)
