import asyncio
from datetime import timedelta

import pytest

from core.embedding.stages import batching_stage, occupied, settled
from gated_encoder import GatedEncoder, tokens
from nearhit_server.core.errors import Reason, ResourceExhaustedError, UnavailableError


def first_tokens(vectors):
    return [vector[0] for vector in vectors]


async def test_encode_returns_vectors_in_the_order_asked(stage):
    vectors = await stage.encode([tokens(3), tokens(1, 1), tokens(2)])
    assert first_tokens(vectors) == [3, 1, 2]


async def test_encode_returns_vectors_that_nobody_can_change(stage):
    (vector,) = await stage.encode([tokens(1)])
    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 2


async def test_lone_text_leaves_at_once_when_the_model_is_idle(stage, encoder):
    encoder.gate.clear()
    task = asyncio.create_task(stage.encode([tokens(1)]))
    # No timer runs: a few turns of the loop are enough for the batch to be under way.
    await settled()
    assert encoder.batches == [[tokens(1)]]
    encoder.gate.set()
    await task


async def test_texts_that_come_while_the_model_is_busy_leave_together(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    waiting = [asyncio.create_task(stage.encode([tokens(n)])) for n in (1, 2, 3)]
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, *waiting)
    assert [len(batch) for batch in encoder.batches] == [1, 3]
    assert [report.texts for report in notes.reports] == [1, 3]


async def test_batches_are_limited_by_padded_tokens(stage, encoder):
    busy = await occupied(stage, encoder)
    texts = [tokens(1, 1, 1, 1, 1), tokens(2), tokens(3), tokens(4)]
    waiting = asyncio.create_task(stage.encode(texts))
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, waiting)
    assert [len(batch) for batch in encoder.batches] == [1, 1, 3]


async def test_identical_texts_in_flight_are_encoded_once(stage, encoder):
    busy = await occupied(stage, encoder)
    waiting = [asyncio.create_task(stage.encode([tokens(1), tokens(1)])) for _ in range(5)]
    joined = asyncio.create_task(stage.encode([tokens(99)]))
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, joined, *waiting)
    assert encoder.batches == [[tokens(99)], [tokens(1)]]


async def test_cancelled_call_costs_no_embedding(stage, encoder):
    busy = await occupied(stage, encoder)
    cancelled = asyncio.create_task(stage.encode([tokens(1)]))
    kept = asyncio.create_task(stage.encode([tokens(2)]))
    await settled()
    cancelled.cancel()
    encoder.gate.set()
    assert first_tokens(await kept) == [2]
    await busy
    assert [tokens(1)] not in encoder.batches
    assert encoder.batches == [[tokens(99)], [tokens(2)]]


async def test_text_is_encoded_when_only_one_of_its_callers_goes_away(stage, encoder):
    busy = await occupied(stage, encoder)
    cancelled = asyncio.create_task(stage.encode([tokens(1)]))
    kept = asyncio.create_task(stage.encode([tokens(1)]))
    await settled()
    cancelled.cancel()
    await settled()
    encoder.gate.set()
    assert first_tokens(await kept) == [1]
    await busy


async def test_caller_gone_during_its_batch_does_not_disturb_the_others(stage, encoder):
    encoder.gate.clear()
    gone = asyncio.create_task(stage.encode([tokens(1)]))
    await encoder.started.acquire()
    joined = asyncio.create_task(stage.encode([tokens(1)]))
    await settled()
    gone.cancel()
    encoder.gate.set()
    assert first_tokens(await joined) == [1]


async def test_full_queue_admits_all_of_a_calls_texts_or_none(stage, encoder):
    busy = await occupied(stage, encoder)
    waiting = asyncio.create_task(stage.encode([tokens(1), tokens(2), tokens(3)]))
    await settled()
    with pytest.raises(ResourceExhaustedError) as refused:
        await stage.encode([tokens(4), tokens(5)])
    assert refused.value.reason is Reason.EMBEDDING_QUEUE_FULL
    assert refused.value.retry_delay is not None
    assert refused.value.retry_delay > timedelta(0)
    fitting = asyncio.create_task(stage.encode([tokens(6), tokens(1)]))
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, waiting, fitting)
    assert not any(tokens(4) in batch or tokens(5) in batch for batch in encoder.batches)


async def test_call_that_would_wait_too_long_is_turned_away_however_few_wait(encoder, notes):
    async with batching_stage(encoder, notes, max_waiting_seconds=1e-9) as stage:
        # Tells the stage how long a token takes: it is half of a full batch.
        await stage.encode([tokens(1, 1, 1, 1)])
        await encoder.started.acquire()
        busy = await occupied(stage, encoder)
        # Nobody is before it, so that its own size does not matter.
        large = asyncio.create_task(stage.encode([tokens(n) for n in (2, 3, 4)]))
        await settled()
        with pytest.raises(ResourceExhaustedError) as refused:
            await stage.encode([tokens(5)])
        assert refused.value.reason is Reason.EMBEDDING_QUEUE_FULL
        # What is on its way already costs no time.
        joined = asyncio.create_task(stage.encode([tokens(3)]))
        await settled()
        encoder.gate.set()
        assert first_tokens(await joined) == [3]
        await asyncio.gather(busy, large)
        # And in the end there is time again.
        assert first_tokens(await stage.encode([tokens(5)])) == [5]


async def test_queue_has_room_again_when_waiting_callers_have_gone(stage, encoder):
    busy = await occupied(stage, encoder)
    gone = asyncio.create_task(stage.encode([tokens(n) for n in (1, 2, 3, 4)]))
    await settled()
    gone.cancel()
    await settled()
    admitted = asyncio.create_task(stage.encode([tokens(5)]))
    await settled()
    encoder.gate.set()
    assert first_tokens(await admitted) == [5]
    await busy


async def test_failed_batch_fails_each_of_its_callers_and_the_next_one_succeeds(stage, encoder):
    encoder.gate.clear()
    encoder.failure = RuntimeError("out of memory")
    failing = [asyncio.create_task(stage.encode([tokens(1)])) for _ in range(2)]
    await encoder.started.acquire()
    encoder.gate.set()
    errors = await asyncio.gather(*failing, return_exceptions=True)
    assert [type(error) for error in errors] == [UnavailableError, UnavailableError]
    assert errors[0] is not errors[1]
    assert all(error.reason is Reason.EMBEDDING_FAILED for error in errors)
    # It may not be the text's fault.
    assert not any("text" in error.message for error in errors)
    encoder.failure = None
    assert first_tokens(await stage.encode([tokens(1)])) == [1]


async def test_wrong_number_of_vectors_fails_the_batch(stage, encoder, monkeypatch):
    async def encode_too_few(batch):
        return (await GatedEncoder().encode(batch))[1:]

    monkeypatch.setattr(encoder, "encode", encode_too_few)
    with pytest.raises(UnavailableError):
        await stage.encode([tokens(1), tokens(2)])


async def test_closing_fails_those_who_wait_and_those_who_come(encoder, notes):
    encoder.gate.clear()
    async with batching_stage(encoder, notes) as stage:
        running = asyncio.create_task(stage.encode([tokens(1)]))
        await encoder.started.acquire()
        waiting = asyncio.create_task(stage.encode([tokens(2)]))
        await settled()
    for task in (running, waiting):
        with pytest.raises(UnavailableError) as stopped:
            await task
        assert stopped.value.reason is Reason.SHUTTING_DOWN
    with pytest.raises(UnavailableError):
        await stage.encode([tokens(3)])
    assert notes.waiting[-1] == 0


async def test_every_call_ends_when_half_of_them_are_cancelled(stage, encoder):
    busy = await occupied(stage, encoder)
    calls = [asyncio.create_task(stage.encode([tokens(n)])) for n in (1, 2, 3, 4)]
    await settled()
    for call in calls[::2]:
        call.cancel()
    encoder.gate.set()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(e, asyncio.CancelledError) for e in ended] == [True, False, True, False]
    assert [ended[1][0][0], ended[3][0][0]] == [2, 4]
    await busy
