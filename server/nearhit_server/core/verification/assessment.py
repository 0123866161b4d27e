"""How far an entry can be trusted to answer a prompt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from nearhit_server.core.caches import CacheSpec, Verification
from nearhit_server.core.verification.calibration import Calibration, probability
from nearhit_server.core.verification.guard import Conflict, find_conflict
from nearhit_server.core.verification.plain_wording import say_the_same
from nearhit_server.core.verification.readability import is_readable
from nearhit_server.core.verification.verifier import Verifier, VerifierUnavailableError
from nearhit_server.core.verification.wording import Overlap, Wording, overlap_of, wording_of


class Doubt(Enum):
    """Why a confidence is less than verified."""

    UNREADABLE = "the verifier cannot read these prompts"
    UNAVAILABLE = "it could not be verified"


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An asked prompt and that of an entry near it."""

    asked: str
    stored: str
    similarity: float


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What was found out about a pair.

    `confidence` is the probability that the entry answers the prompt; `verified` says whether
    the verifier has read it, or need not.
    """

    similarity: float
    confidence: float
    verified: bool = False
    conflict: Conflict | None = None
    doubt: Doubt | None = None
    detail: str = ""


class Assessor:
    """Compares prompts, by rules and figures at once, and by the verifier where that matters."""

    def __init__(self, calibration: Calibration, verifier: Verifier) -> None:
        self._calibration = calibration
        self._verifier = verifier

    @property
    def least_similarity(self) -> float:
        """Under this, an entry is hardly ever an answer."""
        return self._calibration.least_similarity

    def verifies(self, spec: CacheSpec) -> bool:
        """Whether the cache's entries are judged by the verifier."""
        return (
            spec.verification is Verification.FULL
            and spec.model is not None
            and spec.model.encoder_identity == self._calibration.encoder_identity
        )

    def by_similarity(self, similarity: float) -> Assessment:
        """What the similarity alone tells."""
        log_odds = self._calibration.by_similarity.log_odds(similarity=similarity)
        return Assessment(similarity=similarity, confidence=probability(log_odds))

    def at_once(self, pair: Pair) -> Assessment:
        """What rules and figures tell."""
        conflict = find_conflict(pair.asked, pair.stored)
        if conflict is not None:
            return Assessment(
                similarity=pair.similarity,
                confidence=0.0,
                verified=True,
                conflict=conflict,
                detail=conflict.detail,
            )
        calibration = self._calibration
        if say_the_same(pair.asked, pair.stored):
            return Assessment(
                similarity=pair.similarity, confidence=calibration.same_wording, verified=True
            )
        log_odds = calibration.unverified.log_odds(
            similarity=pair.similarity, overlap=_overlap(pair)
        )
        return Assessment(similarity=pair.similarity, confidence=probability(log_odds))

    def can_reach(self, pair: Pair, confidence: float) -> bool:
        """Whether the verifier could give the pair this confidence."""
        highest = self._verified(pair, self._calibration.highest_logit)
        return highest >= confidence

    async def verify(
        self, pairs: Sequence[Pair], first: Sequence[Assessment], *, deadline: float | None
    ) -> list[Assessment]:
        """What the verifier tells of pairs that `at_once` left unverified, as `first`. Does not
        raise: what it cannot tell is doubt."""
        try:
            tokens = await self._verifier.tokenize(
                [(pair.asked, pair.stored) for pair in pairs], deadline=deadline
            )
            readable = [
                index
                for index, (pair, read) in enumerate(zip(pairs, tokens, strict=True))
                if not (read.exceeds_window or read.has_unknown)
                and is_readable(
                    [(text, wording_of(text)) for text in (pair.asked, pair.stored)],
                    tokens=len(read.token_ids) - 3,
                )
            ]
            logits = await self._verifier.logits(
                [tokens[index] for index in readable], deadline=deadline
            )
        except VerifierUnavailableError as error:
            return [replace(each, doubt=Doubt.UNAVAILABLE, detail=str(error)) for each in first]
        found = [
            replace(each, doubt=Doubt.UNREADABLE, detail=Doubt.UNREADABLE.value) for each in first
        ]
        for index, logit in zip(readable, logits, strict=True):
            found[index] = Assessment(
                similarity=pairs[index].similarity,
                confidence=self._verified(pairs[index], logit),
                verified=True,
            )
        return found

    def _verified(self, pair: Pair, logit: float) -> float:
        log_odds = self._calibration.verified.log_odds(
            similarity=pair.similarity, overlap=_overlap(pair), logit=logit
        )
        return probability(log_odds)


def _overlap(pair: Pair) -> Overlap:
    return overlap_of(*_wordings(pair))


def _wordings(pair: Pair) -> tuple[Wording, Wording]:
    return wording_of(pair.asked), wording_of(pair.stored)
