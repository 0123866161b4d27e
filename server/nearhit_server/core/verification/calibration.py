"""From what is known of a pair of prompts to the probability that one answer serves both."""

import math
from dataclasses import dataclass
from typing import Final

from nearhit_server.core.verification.wording import Overlap

_NEAREST: Final = 0.001
"""Cosines nearer to 1 than this say no more than how a model rounds."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """A logistic model of a pair. Its log-odds are the weighted sum of the figures."""

    bias: float
    nearness: float = 0.0
    """Of -log(1 - cosine), which grows by the same for each halving of the distance."""
    logit: float = 0.0
    """Of the verifier's logit."""
    overlap: tuple[float, ...] = ()
    """Of Overlap.features."""

    def log_odds(
        self, *, similarity: float, overlap: Overlap | None = None, logit: float = 0.0
    ) -> float:
        """The log-odds of the prompts' being equivalent."""
        total = self.bias + self.nearness * nearness(similarity) + self.logit * logit
        if overlap is not None and self.overlap:
            total += sum(
                weight * figure
                for weight, figure in zip(self.overlap, overlap.features, strict=True)
            )
        return total


@dataclass(frozen=True)
class OperatingPoint:
    """What came of serving with at least a confidence: the share of hits that were wrong."""

    min_confidence: float
    false_hit_rate: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How figures become a confidence: fitted by `training/` on pairs kept out of training."""

    encoder_identity: str
    """Of the encoder whose similarities the weights are for."""
    by_similarity: Weights
    """Where there is no text to compare."""
    unverified: Weights
    verified: Weights
    highest_logit: float
    """The verifier's logits lie below, but for one in a thousand."""
    same_wording: float
    """How often prompts that differ in punctuation alone were called equivalent. Not always: one
    answer does not serve everybody who asks for his birth chart."""
    least_similarity: float
    """Under this, an entry is hardly ever an answer, and is not worth the verifier's time."""
    operating_points: tuple[OperatingPoint, ...]
    """The surest first."""

    def min_confidence(self, max_false_hit_rate: float) -> float:
        """The least confidence to serve with, so that no more than such a share of hits is wrong
        where traffic is like the pairs. Above 1 if that cannot be had."""
        allowed = [
            point.min_confidence
            for point in self.operating_points
            if point.false_hit_rate <= max_false_hit_rate
        ]
        return min(allowed, default=_NEVER)


_NEVER: Final = 1.01


def probability(log_odds: float) -> float:
    """The probability whose log-odds they are."""
    return 1 / (1 + math.exp(-max(-30.0, log_odds)))


def nearness(similarity: float) -> float:
    """-log(1 - similarity), of a cosine similarity."""
    return -math.log(max(_NEAREST, 1 - similarity))
