"""A text that the endpoint refuses, among others."""

import asyncio

import pytest

from core.embedding.stages import Notes
from encoders.openai_encoders import TEXTS, expected, opened
from encoders.openai_server import embed, refuse
from nearhit_server.core.embedding.batching import BatchingStage
from nearhit_server.core.errors import UnavailableError

BAD = "a bad text"


@pytest.mark.parametrize("status", [400, 422])
async def test_refused_text_fails_alone(endpoint, status):
    async def particular(request):
        behave = refuse(status) if BAD in request.body["input"] else embed
        return await behave(request)

    endpoint.always = particular
    async with (
        opened(endpoint, max_request_texts=10) as encoder,
        BatchingStage(
            encoder,
            model="small",
            max_batch_tokens=1_000,
            max_waiting_texts=10,
            max_waiting_seconds=60,
            observer=Notes(),
        ) as stage,
    ):
        texts = await encoder.tokenize([BAD, *TEXTS])
        calls = await asyncio.gather(stage.encode(texts[:2]), stage.encode(texts[2:]))

    refused, *good = [outcome for call in calls for outcome in call]
    assert endpoint.inputs()[0] == [BAD, *TEXTS]
    assert isinstance(refused, UnavailableError)
    assert refused.message == "the model refuses this text"
    assert good == pytest.approx(expected(TEXTS), abs=1e-6)
