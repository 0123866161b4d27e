"""What each threshold on a score would let through, of pairs whose labels are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhit_server.core.quality.false_hits import Rate, rate

UNSERVED = -np.inf
"""The score of a pair that no threshold lets through."""


@dataclass(frozen=True)
class Point:
    """A threshold, and how many pairs score at least that: `right` of the `equivalent` ones and
    `wrong` of the `different` ones."""

    threshold: float
    right: int
    wrong: int
    equivalent: int
    different: int

    @property
    def recall(self) -> Rate | None:
        """The share of equivalent pairs that hit, None without any."""
        return rate(self.right, self.equivalent)

    @property
    def false_positive_rate(self) -> Rate | None:
        """The share of different pairs that hit, None without any."""
        return rate(self.wrong, self.different)

    @property
    def false_hit_rate(self) -> Rate | None:
        """The share of hits that are wrong, None without any."""
        return rate(self.wrong, self.right + self.wrong)


@dataclass(frozen=True, eq=False)
class Curve:
    """The points of all thresholds that make a difference, the highest first."""

    thresholds: NDArray[np.float64]
    right: NDArray[np.int64]
    wrong: NDArray[np.int64]
    equivalent: int
    different: int

    @classmethod
    def of(cls, scores: Sequence[float], equivalent: Sequence[bool]) -> "Curve":
        """The curve of pairs by score and label. One with UNSERVED only counts among all."""
        score, label = np.asarray(scores, np.float64), np.asarray(equivalent, bool)
        served = np.flatnonzero(score > UNSERVED)
        order = served[np.argsort(-score[served], kind="stable")]
        # Pairs of the same score come together or not at all.
        last = np.flatnonzero(np.diff(score[order], append=UNSERVED))
        return cls(
            thresholds=score[order][last],
            right=np.cumsum(label[order], dtype=np.int64)[last],
            wrong=np.cumsum(~label[order], dtype=np.int64)[last],
            equivalent=int(label.sum()),
            different=int((~label).sum()),
        )

    def __len__(self) -> int:
        return len(self.thresholds)

    @property
    def recalls(self) -> NDArray[np.float64]:
        """The share of equivalent pairs that each threshold lets through."""
        return self.right / max(self.equivalent, 1)

    @property
    def false_positive_rates(self) -> NDArray[np.float64]:
        """The share of different pairs that each threshold lets through."""
        return self.wrong / max(self.different, 1)

    @property
    def false_hit_rates(self) -> NDArray[np.float64]:
        """The share of wrong ones in what each threshold lets through."""
        return self.wrong / (self.right + self.wrong)

    def point(self, index: int) -> Point:
        """The point of one threshold, 0 for the highest."""
        return self._point(
            float(self.thresholds[index]), int(self.right[index]), int(self.wrong[index])
        )

    def at_threshold(self, threshold: float) -> Point:
        """What scores at least `threshold`, whether or not a pair scores just that."""
        hits = int(np.searchsorted(-self.thresholds, -threshold, side="right"))
        if not hits:
            return self._point(threshold, 0, 0)
        return self._point(threshold, int(self.right[hits - 1]), int(self.wrong[hits - 1]))

    def at_recall(self, recall: float) -> Point | None:
        """The highest threshold that lets such a share of the equivalent pairs through, None if
        none does."""
        # The least count that is such a share; a product like 0.6 * 5 may be a hair above 3.
        wanted = int(np.ceil(recall * self.equivalent - 1e-9))
        index = int(np.searchsorted(self.right, max(wanted, 1)))
        return self.point(index) if index < len(self) else None

    def best_within(self, false_hit_rate: float, *, z: float) -> Point | None:
        """The highest threshold that lets most equivalent pairs through while the upper bound of
        its false-hit rate is at most that; None if there is none."""
        within = np.flatnonzero(self.upper_false_hit_rates(z=z) <= false_hit_rate)
        if not len(within):
            return None
        right = self.right[within]
        return self.point(int(within[np.searchsorted(right, right[-1])]))

    def upper_false_hit_rates(self, *, z: float) -> NDArray[np.float64]:
        """Upper bounds of the thresholds' false-hit rates: Wilson's, at `z` standard deviations
        (0: the rates as measured)."""
        hits = self.right + self.wrong
        share = self.wrong / hits
        reach = z * np.sqrt(share * (1 - share) / hits + z**2 / (4 * hits**2))
        bounds: NDArray[np.float64] = (share + z**2 / (2 * hits) + reach) / (1 + z**2 / hits)
        return bounds

    def _point(self, threshold: float, right: int, wrong: int) -> Point:
        return Point(threshold, right, wrong, self.equivalent, self.different)
