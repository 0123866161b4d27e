"""An Encoder over a model that runs in this process."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np

from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.local.facts import ModelFacts
from nearhit_server.encoders.local.runtime import ModelRuntime
from nearhit_server.encoders.local.text_tokenizer import TextTokenizer

_SHORT_CHARACTERS: Final = 128
"""Tokenized on the spot, in about 0.1 ms at most. The way to a thread and back costs as much:
without it a server under load does 8 % more searches."""


class LocalEncoder:
    """Runs the model in one thread and tokenizes in another, but for short texts. Both let go of
    the interpreter while they work, so the event loop is never blocked."""

    def __init__(
        self,
        runtime: ModelRuntime,
        facts: ModelFacts,
        *,
        identity: str,
        model_thread: ThreadPoolExecutor,
        tokenizer_thread: ThreadPoolExecutor,
    ) -> None:
        self._runtime = runtime
        self._tokenizer = TextTokenizer(facts)
        self._model_thread = model_thread
        self._tokenizer_thread = tokenizer_thread
        self.identity = identity
        self.dimension = facts.dimension
        self.on_cpu = runtime.on_cpu
        self.pads = runtime.pads

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The texts as token ids, in order, each with the model's own prefix if it has one."""
        if sum(map(len, texts)) <= _SHORT_CHARACTERS:
            return self._tokenizer.tokenize(texts)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._tokenizer_thread, self._tokenizer.tokenize, texts)

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vectors of the texts, of length 1, shape (len(batch), dimension)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._model_thread, self._encode, batch)

    def _encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        matrix = self._runtime.run([text.token_ids for text in batch])
        lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
        if not (np.isfinite(lengths).all() and lengths.all()):
            raise ArithmeticError("the model gave a vector that has no direction")
        normalized: FloatMatrix = matrix / lengths
        return normalized
