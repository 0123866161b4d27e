"""Scores by all that a cache with verification FULL goes by."""

from collections.abc import Sequence

from nearhit_server.core.quality.operating_point import min_confidence
from nearhit_server.core.verification.assessment import Assessment, Assessor, Doubt, Pair
from nearhit_server.core.verification.calibration import Calibration
from nearhit_server.tuning.cosine_scoring import CosineScorer
from nearhit_server.tuning.scoring import PairScore, ScoringError


class VerifiedScorer:
    """A PairScorer over similarities, the guard and the verifier."""

    def __init__(
        self, similarities: CosineScorer, assessor: Assessor, calibration: Calibration
    ) -> None:
        self._similarities = similarities
        self._assessor = assessor
        self._calibration = calibration

    def min_confidence(self, max_false_hit_rate: float) -> float | None:
        """Where a cache begins that is set to the rate."""
        return min_confidence(self._calibration, max_false_hit_rate, tallies={})

    async def score(self, pairs: Sequence[tuple[str, str]]) -> list[PairScore]:
        """The similarity and the confidence of each pair."""
        scores = await self._similarities.score(pairs)
        compared = {
            index: Pair(asked=asked, stored=stored, similarity=score.similarity)
            for index, ((asked, stored), score) in enumerate(zip(pairs, scores, strict=True))
            if score.similarity is not None
        }
        for index, assessment in (await self._assessments(compared)).items():
            scores[index] = _score(assessment)
        return scores

    async def _assessments(self, pairs: dict[int, Pair]) -> dict[int, Assessment]:
        found = {index: self._assessor.at_once(pair) for index, pair in pairs.items()}
        doubtful = [index for index, assessment in found.items() if not assessment.verified]
        if doubtful:
            verified = await self._assessor.verify(
                [pairs[index] for index in doubtful],
                [found[index] for index in doubtful],
                deadline=None,
            )
            found |= dict(zip(doubtful, verified, strict=True))
        return found


def _score(assessment: Assessment) -> PairScore:
    if assessment.doubt is Doubt.UNAVAILABLE:
        raise ScoringError(assessment.detail)
    conflict = assessment.conflict
    return PairScore(
        assessment.similarity,
        assessment.confidence,
        None if conflict is None else conflict.kind.value,
    )
