"""The verifier as something that the batching stage can run."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.runtime import ModelRuntime
from nearhit_server.encoders.verifier.pair_tokenizer import PairTokenizer


class PairEncoder:
    """A PairReader: turns pairs of prompts into vectors of one component, a logit."""

    dimension = 1

    def __init__(
        self,
        runtime: ModelRuntime,
        facts: ModelFacts,
        *,
        identity: str,
        thread: ThreadPoolExecutor,
    ) -> None:
        self.identity = identity
        self.pads = runtime.pads
        self.on_cpu = runtime.on_cpu
        self._runtime = runtime
        self._tokenizer = PairTokenizer(facts)
        self._thread = thread

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """Each text as a pair with itself."""
        return self.tokenize_pairs([(text, text) for text in texts])

    def tokenize_pairs(self, pairs: Sequence[tuple[str, str]]) -> list[TokenizedText]:
        """The pairs as token ids, in order: on the spot, because what is too long to be verified
        is not asked about."""
        return self._tokenizer.tokenize(pairs)

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The logits, shape (len(batch), 1)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._encode, batch)

    def _encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        matrix = self._runtime.run([pair.token_ids for pair in batch])
        if not np.isfinite(matrix).all():
            raise ArithmeticError("the verifier gave a logit that is no number")
        return matrix
