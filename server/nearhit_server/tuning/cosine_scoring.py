"""Scores by the similarity alone."""

from collections.abc import Sequence

from nearhit_server.core.embedding.batch_forming import form_batch
from nearhit_server.core.embedding.reading import unread_of
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.entries import canonical_prompt
from nearhit_server.core.errors import NearhitError
from nearhit_server.core.ports import Encoder, TokenizedText
from nearhit_server.core.vectors import FloatVector, similarity
from nearhit_server.tuning.scoring import PairScore, ScoringError


class CosineScorer:
    """A PairScorer over a model, with batches of up to `batch_tokens`."""

    def __init__(self, encoder: Encoder, *, batch_tokens: int) -> None:
        self._encoder = encoder
        self._batch_tokens = batch_tokens

    def min_confidence(self, max_false_hit_rate: float) -> float | None:
        """None: there are no confidences."""
        return None

    async def score(self, pairs: Sequence[tuple[str, str]]) -> list[PairScore]:
        """The similarity of each pair."""
        texts = list(dict.fromkeys(canonical_prompt(text) for pair in pairs for text in pair))
        tokens = dict(zip(texts, await self._encoder.tokenize(texts), strict=True))
        vectors = await self._vectors(
            {text: each for text, each in tokens.items() if unread_of(each) is None}
        )
        return [_score(*(vectors.get(canonical_prompt(text)) for text in pair)) for pair in pairs]

    async def _vectors(self, tokens: dict[str, TokenizedText]) -> dict[str, FloatVector]:
        vectors: dict[str, FloatVector] = {}
        waiting = sorted(tokens, key=lambda text: len(tokens[text].token_ids))
        while waiting:
            lengths = [len(tokens[text].token_ids) for text in waiting]
            chosen = form_batch(lengths, max_tokens=self._batch_tokens, pads=self._encoder.pads)
            batch = [waiting[index] for index in chosen]
            try:
                matrix = await self._encoder.encode([tokens[text] for text in batch])
            except NearhitError as error:
                raise ScoringError(str(error)) from error
            except RefusedTextError as error:
                raise ScoringError("the model refuses one of the prompts") from error
            vectors |= zip(batch, matrix, strict=True)
            waiting = [text for text in waiting if text not in vectors]
        return vectors


def _score(first: FloatVector | None, second: FloatVector | None) -> PairScore:
    if first is None or second is None:
        return PairScore(None)
    return PairScore(similarity(float(first @ second)))
