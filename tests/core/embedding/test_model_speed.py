"""What the wait is estimated from: the model's speed under load."""

import asyncio

import pytest

from core.embedding.stages import Notes
from gated_encoder import GatedEncoder, tokens
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.model_speed import ModelSpeed
from nearhit_server.core.errors import Reason, ResourceExhaustedError


class SlowEncoder(GatedEncoder):
    """Takes a fixed time for a batch, and some for each token."""

    def __init__(self, *, seconds_a_batch, seconds_a_token):
        super().__init__()
        self.seconds_a_batch = seconds_a_batch
        self.seconds_a_token = seconds_a_token

    async def encode(self, batch):
        count = sum(len(text.token_ids) for text in batch)
        await asyncio.sleep(self.seconds_a_batch + count * self.seconds_a_token)
        return await super().encode(batch)


def stage_of(encoder, *, max_batch_tokens, max_waiting_seconds):
    return BatchingStage(
        encoder,
        model="slow",
        max_batch_tokens=max_batch_tokens,
        max_waiting_texts=10_000,
        max_waiting_seconds=max_waiting_seconds,
        observer=Notes(),
    )


def speed_of(*, concurrent_batches=1):
    return ModelSpeed(max_batch_tokens=100, concurrent_batches=concurrent_batches)


async def test_many_texts_are_let_in_after_slow_lone_ones():
    encoder = SlowEncoder(seconds_a_batch=0.05, seconds_a_token=0.0001)
    async with stage_of(encoder, max_batch_tokens=512, max_waiting_seconds=1) as stage:
        for number in range(5):
            await stage.encode([tokens(number)])
        texts = [tokens(number, *range(9)) for number in range(256)]
        vectors = await asyncio.gather(*(stage.encode([text]) for text in texts))

    assert len(vectors) == 256


async def test_calls_are_turned_away_soon_when_more_comes_than_the_model_can_do():
    encoder = SlowEncoder(seconds_a_batch=0.002, seconds_a_token=0.001)
    calls = []
    async with stage_of(encoder, max_batch_tokens=8, max_waiting_seconds=0.1) as stage:
        for number in range(20):
            # Three full batches for each that gets done.
            calls.append(asyncio.create_task(stage.encode([tokens(number, n) for n in range(12)])))
            await encoder.started.acquire()
            if any(call.done() and call.exception() for call in calls):
                break
    outcomes = await asyncio.gather(*calls, return_exceptions=True)

    assert 1 < len(calls) < 20
    assert isinstance(outcomes[-1], ResourceExhaustedError)
    assert outcomes[-1].reason is Reason.EMBEDDING_QUEUE_FULL


def test_small_batch_does_not_make_the_model_look_slow():
    speed = speed_of()
    speed.learn(padded_tokens=49, seconds=10)
    assert speed.seconds_for(1_000) == 0


def test_large_batches_tell_the_speed():
    speed = speed_of()
    for _ in range(50):
        speed.learn(padded_tokens=50, seconds=1)
    assert speed.seconds_for(100) == pytest.approx(2, rel=0.01)


def test_model_that_looked_slow_recovers_by_small_batches():
    speed = speed_of()
    speed.learn(padded_tokens=100, seconds=600)
    for _ in range(50):
        speed.learn(padded_tokens=10, seconds=0.01)
    assert speed.seconds_for(100) == pytest.approx(0.1, rel=0.1)


def test_batch_elsewhere_counts_as_a_full_one():
    speed = speed_of(concurrent_batches=4)
    for _ in range(50):
        speed.learn(padded_tokens=1, seconds=1)
    assert speed.seconds_for(400) == pytest.approx(1, rel=0.01)
