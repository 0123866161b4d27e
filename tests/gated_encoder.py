"""An encoder that works when a test lets it, for faults and timing that no real model gives."""

import asyncio
from collections.abc import Sequence

import numpy as np

from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatMatrix


def tokens(*token_ids: int) -> TokenizedText:
    """A text of these tokens."""
    return TokenizedText(token_ids, exceeds_window=False)


class GatedEncoder:
    """Records each batch, and holds it until `gate` is set. Vectors tell their first token."""

    identity = "gated"
    dimension = 2
    pads = True

    def __init__(self) -> None:
        self.batches: list[list[TokenizedText]] = []
        self.started = asyncio.Semaphore(0)
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """One token a word, by its length; more than 8 words exceed the window."""
        words = [text.split() for text in texts]
        return [
            TokenizedText(tuple(len(word) for word in some[:8]), exceeds_window=len(some) > 8)
            for some in words
        ]

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vector (first token, number of tokens) of each text, or the set failure."""
        self.batches.append(list(batch))
        self.started.release()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return np.array([[t.token_ids[0], len(t.token_ids)] for t in batch], dtype=np.float32)
