"""The verifier behind its stage: loading, deadlines, failures."""

import asyncio
import time
from contextlib import asynccontextmanager

import numpy as np
import pytest

from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.errors import ModelError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.verification.verifier import (
    LoadedVerifier,
    Verifier,
    VerifierUnavailableError,
)

PAIR = ("reset password", "change password")


class Reader:
    """A pair reader whose model waits for a gate, or fails."""

    identity = "f" * 64
    dimension = 1
    pads = False

    def __init__(self):
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure = None
        self.opened = 0

    async def tokenize(self, texts):
        return self.tokenize_pairs([(text, text) for text in texts])

    def tokenize_pairs(self, pairs):
        return [TokenizedText((101, len(a), len(b)), exceeds_window=False) for a, b in pairs]

    async def encode(self, batch):
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return np.array([[float(text.token_ids[1])] for text in batch])


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def verifier(reader):
    @asynccontextmanager
    async def opened():
        reader.opened += 1
        if reader.opened == 1 and isinstance(reader.failure, ModelError):
            raise reader.failure
        stage = BatchingStage(
            reader,
            model="verifier",
            max_batch_tokens=512,
            max_waiting_texts=3,
            max_waiting_seconds=1.0,
        )
        async with stage:
            yield LoadedVerifier(reader, stage)

    return Verifier(opened)


async def logits(verifier, *pairs, deadline=None):
    tokens = await verifier.tokenize(pairs, deadline=deadline)
    return await verifier.logits(tokens, deadline=deadline)


async def test_logits_come_in_order_and_the_model_is_loaded_once(reader, verifier):
    async with verifier:
        found = await asyncio.gather(
            logits(verifier, ("one", "two"), ("three", "four")), logits(verifier, PAIR)
        )
    assert found == [[3.0, 5.0], [14.0]]
    assert reader.opened == 1


async def test_deadline_that_has_passed_is_told_at_once(reader, verifier):
    reader.gate.clear()
    async with verifier:
        with pytest.raises(VerifierUnavailableError, match="deadline"):
            await logits(verifier, PAIR, deadline=time.monotonic() + 0.001)


async def test_verdict_that_takes_too_long_is_not_waited_for(reader, verifier):
    reader.gate.clear()
    async with verifier:
        await verifier.load()
        with pytest.raises(VerifierUnavailableError, match="deadline"):
            await logits(verifier, PAIR, deadline=time.monotonic() + 0.05)
        reader.gate.set()
        assert await logits(verifier, PAIR) == [14.0]


async def test_model_that_fails_gives_no_verdict(reader, verifier):
    reader.failure = RuntimeError("broken")
    async with verifier:
        with pytest.raises(VerifierUnavailableError, match="no verdict"):
            await logits(verifier, PAIR)


async def test_more_pairs_than_may_wait_get_no_verdict(verifier):
    async with verifier:
        with pytest.raises(VerifierUnavailableError, match="no verdict"):
            await logits(verifier, *[(str(number) * number, "x") for number in range(1, 9)])


async def test_model_that_cannot_be_loaded_is_tried_again(reader, verifier):
    reader.failure = ModelError("the verifier cannot be loaded")
    async with verifier:
        with pytest.raises(VerifierUnavailableError, match="cannot be loaded"):
            await logits(verifier, PAIR)
        reader.failure = None
        assert await logits(verifier, PAIR) == [14.0]
    assert reader.opened == 2
