"""A text that the model refuses fails its own caller alone."""

import asyncio

import pytest

from core.embedding.stages import batching_stage, occupied, settled
from gated_encoder import GatedEncoder, tokens
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.errors import Reason, UnavailableError

REFUSED = tokens(13)


class ParticularEncoder(GatedEncoder):
    """Refuses every batch that holds a certain text."""

    async def encode(self, batch):
        vectors = await super().encode(batch)
        if REFUSED in batch:
            raise RefusedTextError("refused")
        return vectors


@pytest.fixture
def encoder():
    return ParticularEncoder()


async def test_refused_text_fails_only_its_caller(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    texts = [tokens(1), tokens(2), REFUSED, tokens(3)]
    calls = [asyncio.create_task(stage.encode([text])) for text in texts]
    await settled()
    encoder.gate.set()
    first, second, refused, third = await asyncio.gather(*calls, return_exceptions=True)
    await busy

    assert [vector[0] for (vector,) in (first, second, third)] == [1, 2, 3]
    assert isinstance(refused, UnavailableError)
    assert refused.reason is Reason.EMBEDDING_FAILED
    assert refused.message == "the model refuses this text"
    assert notes.failures == ["gated"]


async def test_refused_batch_is_not_asked_again_for_those_who_have_gone(stage, encoder):
    calls = [asyncio.create_task(stage.encode([text])) for text in (REFUSED, tokens(1))]
    encoder.gate.clear()
    await encoder.started.acquire()
    calls[0].cancel()
    await settled()
    encoder.gate.set()
    (vector,) = await calls[1]

    assert vector[0] == 1
    assert encoder.batches == [[REFUSED, tokens(1)], [tokens(1)]]


async def test_closing_fails_those_whose_batch_is_being_divided(encoder, notes):
    encoder.gate.clear()
    async with batching_stage(encoder, notes) as stage:
        calls = [asyncio.create_task(stage.encode([text])) for text in (tokens(1), REFUSED)]
        await encoder.started.acquire()
        # Lets go the whole batch, and holds its first half.
        encoder.gate.set()
        encoder.gate.clear()
        async with asyncio.timeout(10):
            await encoder.started.acquire()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert encoder.batches == [[tokens(1), REFUSED], [tokens(1)]]
    assert [outcome.reason for outcome in outcomes] == [Reason.SHUTTING_DOWN] * 2
