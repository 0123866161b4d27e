"""How alike the prompts of a pair are, and how likely one answer serves both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from nearhit_server.tuning.pairs import Pair

_CHUNK: Final = 512
"""Pairs between two signs of life: a second or so on a CPU."""


class ScoringError(Exception):
    """Pairs cannot be scored; the message is one plain sentence."""


@dataclass(frozen=True)
class PairScore:
    """What a cache makes of a prompt and a stored one.

    `similarity` is -1..1, None if the model does not read all of either, which is then found by
    exact search only. `confidence` is the probability that one answer serves both, None if
    nothing estimates it. `refused_by` names what refuses the pair whatever the settings.
    """

    similarity: float | None
    confidence: float | None = None
    refused_by: str | None = None


class PairScorer(Protocol):
    """Does with pairs what a search does with a prompt and the nearest entry."""

    def min_confidence(self, max_false_hit_rate: float) -> float | None:
        """Where a cache begins that is set to a false-hit rate: the least confidence that it serves
        before there are reports; None if nothing estimates confidences."""

    async def score(self, pairs: Sequence[tuple[str, str]]) -> list[PairScore]:
        """A score for each pair of an asked and a stored prompt, in order. Raises ScoringError."""


async def scored(
    scorer: PairScorer, pairs: Sequence[Pair], *, progress: Callable[[int], None]
) -> list[PairScore]:
    """The scores of pairs, in order; `progress` hears how many are done. Raises ScoringError."""
    scores: list[PairScore] = []
    for start in range(0, len(pairs), _CHUNK):
        chunk = pairs[start : start + _CHUNK]
        scores += await scorer.score([(pair.first, pair.second) for pair in chunk])
        progress(len(scores))
    return scores
