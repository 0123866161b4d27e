"""A stage whose model works when a test lets it."""

import pytest

from core.embedding.stages import Notes, batching_stage
from gated_encoder import GatedEncoder


@pytest.fixture
def encoder():
    return GatedEncoder()


@pytest.fixture
def notes():
    return Notes()


@pytest.fixture
async def stage(encoder, notes):
    async with batching_stage(encoder, notes) as stage:
        yield stage
        encoder.gate.set()
