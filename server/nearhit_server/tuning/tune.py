"""Labelled pairs and their scores, and what follows from them for the settings of a cache."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from nearhit_server.tuning.curves import UNSERVED, Curve, Point
from nearhit_server.tuning.operating_points import (
    BestPoint,
    OperatingPoint,
    best_point,
    operating_points,
)
from nearhit_server.tuning.pairs import Pair, PairsError
from nearhit_server.tuning.scoring import PairScore
from nearhit_server.tuning.splitting import halves
from nearhit_server.tuning.ways import Scale, Way, ways_of

_WORST: Final = 10
_SIMILARITY_DECIMALS: Final = 4
"""Of a threshold that somebody has to copy."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is tuned, and how."""

    source: str
    """A file's name, or a cache's."""
    from_reports: bool
    model: str
    seed: int
    max_false_hit_rate: float


@dataclass(frozen=True)
class Half:
    """How many pairs of each kind there are in a half."""

    equivalent: int
    different: int

    @property
    def pairs(self) -> int:
        """All of them."""
        return self.equivalent + self.different


@dataclass(frozen=True)
class WrongPair:
    """A different pair that would hit before most others."""

    score: float
    similarity: float
    first: str
    second: str


@dataclass(frozen=True)
class TunedWay:
    """What one way of deciding comes to. The curve is that of the held-out half."""

    way: Way
    curve: Curve
    operating_points: Sequence[OperatingPoint]
    best: BestPoint
    start: Point | None
    """What the held-out half comes to where a cache begins that is set to the false-hit rate; None
    where the threshold decides."""
    worst: Sequence[WrongPair]

    @property
    def recommended(self) -> Point | None:
        """What the settings of this way come to, None if there are none to recommend."""
        return self.best.held_out if self.start is None else self.start


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """What pairs say about the settings of a cache."""

    subject: Subject
    tuned_on: Half
    held_out: Half
    unread: int
    """Pairs of which the model does not read all; only exact search finds those."""
    ways: Sequence[TunedWay]


def held_out_half(pairs: Sequence[Pair], subject: Subject) -> list[bool]:
    """For each pair whether it is held out. Raises PairsError if a half would lack either kind."""
    held_out = halves(pairs, seed=subject.seed)
    kinds = {(held, pair.equivalent) for held, pair in zip(held_out, pairs, strict=True)}
    if len(kinds) < 4:
        raise PairsError(
            f"{subject.source}: so many pairs have prompts in common that they cannot be split "
            "into halves with equivalent and different pairs in each"
        )
    return held_out


def tune(
    pairs: Sequence[Pair],
    scores: Sequence[PairScore],
    held_out: Sequence[bool],
    subject: Subject,
    *,
    min_confidence: float | None,
) -> Tuning:
    """Every way of deciding, tuned on one half of the pairs and measured on the other.

    `min_confidence` is where a cache begins, as PairScorer says.
    """
    labels, held = np.array([pair.equivalent for pair in pairs]), np.array(held_out)

    def tuned(way: Way) -> TunedWay:
        values = np.array(way.scores)
        tuning, test = Curve.of(values[~held], labels[~held]), Curve.of(values[held], labels[held])
        return TunedWay(
            way=way,
            curve=test,
            operating_points=operating_points(tuning, test),
            best=best_point(
                tuning,
                test,
                subject.max_false_hit_rate,
                decimals=_SIMILARITY_DECIMALS if way.scale is Scale.SIMILARITY else None,
            ),
            start=_start(way, test, min_confidence),
            worst=_worst(pairs, scores, way),
        )

    return Tuning(
        subject=subject,
        tuned_on=Half(int(labels[~held].sum()), int((~labels[~held]).sum())),
        held_out=Half(int(labels[held].sum()), int((~labels[held]).sum())),
        unread=sum(score.similarity is None for score in scores),
        ways=[tuned(way) for way in ways_of(scores)],
    )


def _start(way: Way, held_out: Curve, min_confidence: float | None) -> Point | None:
    if way.scale is Scale.SIMILARITY or min_confidence is None:
        return None
    return held_out.at_threshold(min_confidence)


def _worst(pairs: Sequence[Pair], scores: Sequence[PairScore], way: Way) -> list[WrongPair]:
    wrong = (
        WrongPair(value, score.similarity, pair.first, pair.second)
        for pair, score, value in zip(pairs, scores, way.scores, strict=True)
        if not pair.equivalent and value > UNSERVED and score.similarity is not None
    )
    return sorted(wrong, key=lambda each: -each.score)[:_WORST]
