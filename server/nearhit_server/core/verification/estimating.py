"""The figures of an asked prompt and an entry, computed again for a report."""

from dataclasses import dataclass

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.reading import tolerated_by
from nearhit_server.core.entries import Entry, PromptKey, canonical_prompt
from nearhit_server.core.errors import FailedPreconditionError, NearhitError
from nearhit_server.core.vectors import similarity
from nearhit_server.core.verification.assessment import Assessor, Pair


@dataclass(frozen=True)
class Estimate:
    """A similarity and a confidence, None where they cannot be computed."""

    similarity: float | None
    confidence: float | None


_NONE = Estimate(None, None)


class Estimator:
    """Estimates what a search for a prompt finds of an entry."""

    def __init__(self, models: Models, assessor: Assessor) -> None:
        self._models = models
        self._assessor = assessor

    async def estimate(self, spec: CacheSpec, prompt: str, entry: Entry) -> Estimate:
        """The figures of a prompt and an entry. The cache's model reads both prompts, also if the
        entry was stored with a vector of its own."""
        if PromptKey.of(prompt).folded == PromptKey.of(entry.prompt).folded:
            # Found by EXACT: that says nothing about confidences.
            return Estimate(1.0, None)
        try:
            embedder = await self._models.of_cache(spec)
            asked, stored = await embedder.embed(
                [canonical_prompt(prompt), canonical_prompt(entry.prompt)],
                tolerated=tolerated_by(spec),
            )
        except FailedPreconditionError:
            # The cache has no model, or not this one any more.
            return _NONE
        if isinstance(asked, NearhitError) or isinstance(stored, NearhitError):
            return _NONE
        if asked.vector is None or stored.vector is None:
            return _NONE
        near = similarity(float(asked.vector @ stored.vector))
        pair = Pair(asked=prompt, stored=entry.prompt, similarity=near)
        assessment = self._assessor.at_once(pair)
        if not assessment.verified and self._assessor.verifies(spec):
            (assessment,) = await self._assessor.verify([pair], [assessment], deadline=None)
            if assessment.doubt is not None:
                return Estimate(near, None)
        return Estimate(near, assessment.confidence)
