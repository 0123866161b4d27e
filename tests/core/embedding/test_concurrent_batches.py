"""A model that works elsewhere and takes several batches at once."""

import asyncio

import pytest

from core.embedding.stages import Notes, settled
from gated_encoder import GatedEncoder, tokens
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.errors import Reason, UnavailableError


def two_at_once(encoder, *, max_waiting_seconds=60):
    return BatchingStage(
        encoder,
        model="gated",
        max_batch_tokens=1_000_000,
        max_waiting_texts=100,
        max_waiting_seconds=max_waiting_seconds,
        concurrent_batches=2,
        observer=Notes(),
    )


async def begin(stage, *numbers):
    """A call for each number, each given time to get as far as it can."""
    calls = []
    for number in numbers:
        calls.append(asyncio.create_task(stage.encode([tokens(number)])))
        await settled()
    return calls


async def test_batches_leave_at_once_until_there_are_as_many_as_the_model_takes():
    encoder = GatedEncoder()
    async with two_at_once(encoder) as stage:
        encoder.gate.clear()
        calls = await begin(stage, 1, 2, 3, 4)
        assert encoder.batches == [[tokens(1)], [tokens(2)]]
        encoder.gate.set()
        vectors = await asyncio.gather(*calls)

    assert [vector[0] for (vector,) in vectors] == [1, 2, 3, 4]
    assert encoder.batches[2:] == [[tokens(3), tokens(4)]]


async def test_text_in_flight_is_encoded_once_whichever_batch_it_is_in():
    encoder = GatedEncoder()
    async with two_at_once(encoder) as stage:
        encoder.gate.clear()
        calls = await begin(stage, 1, 2, 2, 1)
        encoder.gate.set()
        await asyncio.gather(*calls)

    assert encoder.batches == [[tokens(1)], [tokens(2)]]


async def test_failed_batch_leaves_the_others_alone():
    encoder = GatedEncoder()
    async with two_at_once(encoder) as stage:
        encoder.failure = RuntimeError("on purpose")
        with pytest.raises(UnavailableError):
            await stage.encode([tokens(1)])
        assert not stage.healthy
        encoder.failure = None
        await stage.encode([tokens(2)])
        assert stage.healthy


async def test_slow_lone_text_does_not_make_the_queue_look_long():
    encoder = GatedEncoder()
    async with two_at_once(encoder, max_waiting_seconds=0.01) as stage:
        encoder.gate.clear()
        (slow,) = await begin(stage, 1)
        # What an endpoint far away takes, whatever the number of texts.
        await asyncio.sleep(0.1)
        encoder.gate.set()
        await slow
        encoder.gate.clear()
        calls = await begin(stage, *range(2, 20))
        encoder.gate.set()
        assert len(await asyncio.gather(*calls)) == 18


async def test_closing_fails_those_who_wait_for_any_batch():
    encoder = GatedEncoder()
    async with two_at_once(encoder) as stage:
        encoder.gate.clear()
        calls = await begin(stage, 1, 2, 3)
    for call in calls:
        with pytest.raises(UnavailableError) as stopped:
            await call
        assert stopped.value.reason is Reason.SHUTTING_DOWN
