"""The ways in which a cache can decide: by the threshold alone, or verified."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nearhit_server.core.caches import Verification
from nearhit_server.tuning.curves import UNSERVED
from nearhit_server.tuning.scoring import PairScore


class Scale(Enum):
    """What a threshold is compared with."""

    SIMILARITY = "similarity"
    CONFIDENCE = "confidence"


@dataclass(frozen=True)
class Way:
    """A setting of a cache, and what it orders pairs by: a number for each, UNSERVED for those
    that are refused whatever the threshold."""

    name: str
    verification: Verification
    scale: Scale
    scores: Sequence[float]

    def settings(self, threshold: float, max_false_hit_rate: float) -> dict[str, Any]:
        """The settings of a cache that decides so.

        Where confidences decide it is the cache that finds the least to serve, for the rate.
        """
        settings: dict[str, Any] = {"verification": self.verification.value}
        if self.scale is Scale.CONFIDENCE:
            return settings | {"max_false_hit_rate": max_false_hit_rate}
        return settings | {"similarity_threshold": threshold}


def ways_of(scores: Sequence[PairScore]) -> list[Way]:
    """The ways that can be compared: the threshold alone, and verified if anything verifies.

    A verified pair counts by its confidence or, where nothing estimates that, by its similarity.
    """
    ways = [
        Way(
            "threshold only",
            Verification.OFF,
            Scale.SIMILARITY,
            [_or_unserved(each.similarity) for each in scores],
        )
    ]
    if any(each.confidence is not None for each in scores):
        verified = [UNSERVED if _is_refused(s) else _or_unserved(s.confidence) for s in scores]
        ways.append(Way("verified", Verification.FULL, Scale.CONFIDENCE, verified))
    elif any(each.refused_by is not None for each in scores):
        guarded = [UNSERVED if _is_refused(s) else _or_unserved(s.similarity) for s in scores]
        ways.append(Way("guarded", Verification.GUARD, Scale.SIMILARITY, guarded))
    return ways


def _is_refused(score: PairScore) -> bool:
    # What the model does not read, no search by similarity finds.
    return score.refused_by is not None or score.similarity is None


def _or_unserved(score: float | None) -> float:
    return UNSERVED if score is None else score
