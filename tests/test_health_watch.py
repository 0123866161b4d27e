"""Health follows the store and the model, each for those who need it."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gated_encoder import GatedEncoder
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.embedding.embedder import Embedder
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.embedding.vector_lru import VectorLru
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.health import Health
from nearhit_server.health_watch import watched_health

WELL = Health(store=True, model=True)


@asynccontextmanager
async def models_of(encoder):
    """The registry over the one model, loaded."""

    @asynccontextmanager
    async def open_embedder():
        async with BatchingStage(
            encoder, model="gated", max_batch_tokens=8, max_waiting_texts=8, max_waiting_seconds=60
        ) as stage:
            yield Embedder(
                name="gated",
                encoder=encoder,
                stage=stage,
                memory=VectorLru(max_bytes=0),
                shared=None,
            )

    async with Models({"gated": open_embedder}, default_name="gated") as models:
        await models.embedder("gated")
        yield models


class Announcements:
    """The states that were announced, in order."""

    def __init__(self):
        self._states = asyncio.Queue()

    async def put(self, health):
        self._states.put_nowait(replace(health))

    async def next(self):
        async with asyncio.timeout(10):
            return await self._states.get()


async def fine():
    """A check that finds nothing wrong."""


@pytest.fixture
def announced():
    return Announcements()


async def test_model_that_fails_turns_its_own_health_until_it_works_again(announced):
    encoder = GatedEncoder()
    async with (
        models_of(encoder) as models,
        watched_health(Health(), store=fine, model=models.check, announce=announced.put),
    ):
        assert await announced.next() == WELL
        encoder.failure = RuntimeError("the model is broken")
        with pytest.raises(UnavailableError):
            await (await models.embedder("gated")).embed(["some text"])
        assert await announced.next() == Health(store=True, model=False)
        # Nobody asks a server that is not ready: it has to find out by itself.
        encoder.failure = None
        assert await announced.next() == WELL


async def test_model_that_failed_on_one_text_only_stays_healthy():
    encoder = GatedEncoder()
    async with models_of(encoder) as models:
        encoder.failure = RuntimeError("on this text")
        with pytest.raises(UnavailableError):
            await (await models.embedder("gated")).embed(["some text"])
        encoder.failure = None
        await models.check()


async def test_store_that_is_away_turns_health_until_it_is_back(announced):
    away = UnavailableError("away", reason=Reason.STORE_UNAVAILABLE)
    failures = iter([away, RuntimeError("a fault of ours"), None])

    async def check():
        failure = next(failures, None)
        if failure is not None:
            raise failure

    async with watched_health(Health(), store=check, model=fine, announce=announced.put):
        assert await announced.next() == WELL
        assert await announced.next() == Health(store=False, model=True)
        assert await announced.next() == WELL
