"""Which of the nearest entries are served."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from nearhit_server.core.caches import CacheSpec, Strategy, Verification
from nearhit_server.core.entries import Neighbour
from nearhit_server.core.quality.operating_point import OperatingPoints
from nearhit_server.core.queries import Candidate, Match, RefusalReason
from nearhit_server.core.vectors import similarity
from nearhit_server.core.verification.assessment import Assessment, Assessor, Doubt, Pair

_WORTH_IT: Final = 2 / 3
"""What the verifier has to find where a threshold decides: a wrong hit does as much harm as two
misses."""

_STRICT_SIMILARITY: Final = 0.97
"""Asked of prompts that the verifier cannot read. Of the question pairs that are this near, 95 %
are equivalent."""

_MORE_CANDIDATES: Final = 3
"""Looked at behind those that are wanted: where "disable 2FA" is refused, "enable 2FA" may come
next."""

_Refusal = tuple[RefusalReason, str]


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the entries are to answer. `asked` is "" if only a vector was given; `deadline` is of
    time.monotonic()."""

    asked: str
    threshold: float | None
    max_results: int
    deadline: float | None = None


@dataclass(frozen=True)
class Judged:
    """The entries to serve, nearest first, and the nearest one that is refused."""

    matches: tuple[Match, ...]
    refused: Candidate | None


class Judge:
    """Serves what is likely enough to be right, by the cache's settings."""

    def __init__(self, assessor: Assessor, operating_points: OperatingPoints) -> None:
        self._assessor = assessor
        self._operating_points = operating_points

    def neighbours_wanted(self, spec: CacheSpec, max_results: int) -> int:
        """How many of the nearest entries to look at."""
        unverified = spec.verification is Verification.OFF
        return max_results if unverified else max_results + _MORE_CANDIDATES

    async def judge(
        self, spec: CacheSpec, question: Question, neighbours: Sequence[Neighbour]
    ) -> Judged:
        """The neighbours, nearest first, that answer the question."""
        bar = await self._bar(spec)
        matches: list[Match] = []
        refused: Candidate | None = None
        # Mostly the nearest will do; if not, those behind it are looked at together.
        for wave in (neighbours[: question.max_results], neighbours[question.max_results :]):
            if len(matches) == question.max_results:
                # Verifying is most of what such a search costs.
                break
            assessments = await self._assess(spec, question, wave, bar)
            for neighbour, assessment in zip(wave, assessments, strict=True):
                refusal = self._refusal(spec, question, assessment, bar)
                if refusal is None:
                    matches.append(_match(spec, question, neighbour, assessment))
                elif refused is None:
                    refused = _candidate(spec, neighbour, assessment, refusal)
        return Judged(tuple(matches[: question.max_results]), refused)

    async def _bar(self, spec: CacheSpec) -> float | None:
        """The least confidence to serve with, None where only the threshold and rules count."""
        if spec.verification is Verification.OFF:
            return None
        if spec.max_false_hit_rate is not None:
            return await self._operating_points.of_cache(spec)
        return _WORTH_IT if self._assessor.verifies(spec) else None

    async def _assess(
        self,
        spec: CacheSpec,
        question: Question,
        neighbours: Sequence[Neighbour],
        bar: float | None,
    ) -> list[Assessment]:
        pairs = [
            Pair(
                asked=question.asked,
                stored=neighbour.entry.prompt,
                similarity=similarity(neighbour.cosine),
            )
            for neighbour in neighbours
        ]
        floor = self._floor(spec, question)
        assessments = [self._at_once(spec, pair, floor) for pair in pairs]
        if bar is None or not question.asked or not self._assessor.verifies(spec):
            return assessments
        doubtful = [
            index
            for index, (pair, assessment) in enumerate(zip(pairs, assessments, strict=True))
            if not assessment.verified
            and pair.similarity >= floor
            and self._assessor.can_reach(pair, bar)
        ]
        if doubtful:
            verified = await self._assessor.verify(
                [pairs[index] for index in doubtful],
                [assessments[index] for index in doubtful],
                deadline=question.deadline,
            )
            for index, assessment in zip(doubtful, verified, strict=True):
                assessments[index] = assessment
        return assessments

    def _at_once(self, spec: CacheSpec, pair: Pair, floor: float) -> Assessment:
        if spec.verification is Verification.OFF or pair.similarity < floor or not pair.asked:
            return self._assessor.by_similarity(pair.similarity)
        return self._assessor.at_once(pair)

    def _floor(self, spec: CacheSpec, question: Question) -> float:
        """The least similarity. A cache that serves by confidence has one all the same, and what
        a call asks for can only raise it."""
        asked = question.threshold
        if spec.max_false_hit_rate is None:
            return spec.similarity_threshold if asked is None else asked
        return max(
            spec.similarity_threshold,
            self._assessor.least_similarity,
            -1.0 if asked is None else asked,
        )

    def _refusal(
        self, spec: CacheSpec, question: Question, assessment: Assessment, bar: float | None
    ) -> _Refusal | None:
        if assessment.similarity < (floor := self._floor(spec, question)):
            return RefusalReason.BELOW_THRESHOLD, f"similarity is under {floor:g}"
        if assessment.conflict is not None:
            return RefusalReason.GUARD, assessment.detail
        if assessment.doubt is Doubt.UNAVAILABLE:
            return RefusalReason.NOT_VERIFIED, assessment.detail
        if assessment.doubt is Doubt.UNREADABLE:
            return _unless_strict(spec, assessment)
        if not question.asked and spec.max_false_hit_rate is None:
            # A vector without a text: there is nothing to verify.
            return None
        if bar is not None and assessment.confidence < bar:
            return RefusalReason.LOW_CONFIDENCE, f"confidence is under {bar:.3f}"
        return None


def _unless_strict(spec: CacheSpec, assessment: Assessment) -> _Refusal | None:
    if spec.max_false_hit_rate is not None:
        detail = "and without it no false-hit rate can be kept"
    elif assessment.similarity < _STRICT_SIMILARITY:
        detail = f"and without it similarity has to be {_STRICT_SIMILARITY:g}"
    else:
        return None
    return RefusalReason.NOT_VERIFIABLE, f"{assessment.detail}, {detail}"


def _match(
    spec: CacheSpec, question: Question, neighbour: Neighbour, assessment: Assessment
) -> Match:
    known = spec.verification is not Verification.OFF and bool(question.asked)
    return Match(
        neighbour.entry,
        assessment.similarity,
        Strategy.SEMANTIC,
        assessment.confidence if known else None,
    )


def _candidate(
    spec: CacheSpec, neighbour: Neighbour, assessment: Assessment, refusal: _Refusal
) -> Candidate:
    reason, detail = refusal
    known = (
        spec.verification is not Verification.OFF and reason is not RefusalReason.BELOW_THRESHOLD
    )
    return Candidate(
        entry=neighbour.entry,
        similarity=assessment.similarity,
        confidence=assessment.confidence if known else None,
        reason=reason,
        detail=detail,
    )
