"""An endpoint that answers again: nobody sends texts to a server that is not ready, so a trial has
to show it, whatever the calls from before still wait for."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from core.embedding.stages import Notes
from encoders.openai_encoders import opened
from encoders.openai_server import embed, hang, refuse
from nearhit_server.core.embedding import batch_runs, batching
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.errors import UnavailableError
from polling import until


@asynccontextmanager
async def stage_over(endpoint):
    """One batch at a time, in a model that takes two requests."""
    async with (
        opened(endpoint) as encoder,
        BatchingStage(
            encoder,
            model="small",
            max_batch_tokens=1_000,
            max_waiting_texts=10,
            max_waiting_seconds=60,
            observer=Notes(),
        ) as stage,
    ):
        yield stage, await encoder.tokenize(["a text"])


async def test_check_recovers_while_a_batch_still_hangs(endpoint, monkeypatch):
    monkeypatch.setattr(batch_runs, "_LONGEST_BATCH_SECONDS", 0.0)
    endpoint.always = hang
    async with stage_over(endpoint) as (stage, texts):
        hanging = asyncio.create_task(stage.encode(texts))
        await until(lambda: bool(endpoint.requests))
        assert not stage.healthy
        endpoint.always = embed

        await stage.check()

        assert not hanging.done()
        hanging.cancel()


async def test_check_recovers_after_a_trial_that_hung(endpoint, monkeypatch):
    monkeypatch.setattr(batching, "_TRIAL_SECONDS", 0.1)
    endpoint.always = refuse(401)
    async with stage_over(endpoint) as (stage, texts):
        with pytest.raises(UnavailableError):
            await stage.encode(texts)
        endpoint.always = hang
        for _ in range(3):
            with pytest.raises(UnavailableError, match="'small' gives no vectors"):
                await stage.check()
        endpoint.always = embed
        monkeypatch.undo()

        await stage.check()

        assert stage.healthy
        # A model that works is not asked.
        asked = len(endpoint.requests)
        await stage.check()
        assert len(endpoint.requests) == asked
