"""What the batching stage tells of its work."""

import asyncio

import pytest

from core.embedding.stages import occupied, settled
from gated_encoder import tokens
from nearhit_server.core.embedding import batch_runs
from nearhit_server.core.errors import UnavailableError
from nearhit_server.core.observing import Stage


async def test_report_of_a_batch_has_its_padding_and_the_wait_of_each_text(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    waiting = [asyncio.create_task(stage.encode([text])) for text in (tokens(1, 1), tokens(2))]
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, *waiting)
    report = notes.reports[1]
    assert (report.model, report.texts, report.tokens, report.padded_tokens) == ("gated", 2, 3, 4)
    assert len(report.waits) == 2
    assert all(wait > 0 for wait in report.waits)


async def test_waiting_texts_are_told_as_they_come_and_go(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    waiting = asyncio.create_task(stage.encode([tokens(1), tokens(2), tokens(2)]))
    await settled()
    assert notes.waiting[-1] == 2
    encoder.gate.set()
    await asyncio.gather(busy, waiting)
    assert notes.waiting[-1] == 0


async def test_stages_are_told_by_the_call_that_waited(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    calls = [asyncio.create_task(stage.encode([tokens(1), tokens(2)]), name=name) for name in "ab"]
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, *calls)
    for name in "ab":
        queue, model = (told for told in notes.stages if told[0] == name)
        assert (queue[1], model[1]) == (Stage.EMBED_QUEUE, Stage.EMBED_MODEL)
        assert queue[2] < queue[3] == model[2] < model[3]


async def test_call_that_joins_a_running_batch_has_not_queued(stage, encoder, notes):
    busy = await occupied(stage, encoder)
    joined = asyncio.create_task(stage.encode([tokens(99)]), name="joined")
    await settled()
    encoder.gate.set()
    await asyncio.gather(busy, joined)
    (queue, _) = (told for told in notes.stages if told[0] == "joined")
    assert queue[2] == queue[3]


async def test_stage_is_unhealthy_from_a_failed_batch_to_the_next_good_one(stage, encoder, notes):
    assert stage.healthy
    encoder.failure = RuntimeError("out of memory")
    with pytest.raises(UnavailableError):
        await stage.encode([tokens(1)])
    assert not stage.healthy
    assert notes.failures == ["gated"]
    encoder.failure = None
    await stage.encode([tokens(1)])
    assert stage.healthy


async def test_stage_is_unhealthy_while_a_batch_takes_for_ever(stage, encoder, monkeypatch):
    busy = await occupied(stage, encoder)
    assert stage.healthy
    monkeypatch.setattr(batch_runs, "_LONGEST_BATCH_SECONDS", 0.0)
    assert not stage.healthy
    encoder.gate.set()
    await busy
    assert stage.healthy
