"""An OpenAI-compatible endpoint that fails: what is repeated, what is said, and what ends."""

import asyncio
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from encoders.openai_encoders import KEY, TEXTS, encode, expected, opened, options
from encoders.openai_server import embed, hang, hang_up, refuse
from nearhit_server.core.embedding.refused_text import RefusedTextError
from nearhit_server.core.errors import ModelError
from nearhit_server.encoders.openai_failures import EndpointError, pause_seconds
from polling import until


@pytest.mark.parametrize(
    "fault",
    [refuse(429), refuse(500), refuse(503), refuse(429, retry_after="0"), hang_up],
    ids=["429", "500", "503", "retry-after", "closed"],
)
async def test_request_is_repeated_when_the_fault_may_pass(endpoint, fault):
    endpoint.behaviours = [fault, fault]
    async with opened(endpoint) as encoder:
        assert await encode(encoder, TEXTS[:1]) == pytest.approx(expected(TEXTS[:1]), abs=1e-6)

    assert endpoint.inputs() == [TEXTS[:1]] * 3


async def test_request_fails_when_its_attempts_are_used_up(endpoint):
    endpoint.always = refuse(503)
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError, match="503"):
            await encode(encoder, TEXTS[:1])
    assert len(endpoint.requests) == 4


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 501])
async def test_request_is_not_repeated_when_it_was_refused_for_good(endpoint, status):
    async with opened(endpoint) as encoder:
        await encode(encoder, TEXTS[:1])
        endpoint.always = refuse(status)
        with pytest.raises(EndpointError, match=str(status)):
            await encode(encoder, TEXTS[:1])
    assert len(endpoint.requests) == 2


async def test_answer_that_cannot_be_decoded_is_not_asked_for_again(endpoint):
    async def misname(request):
        answer = await embed(request)
        return replace(answer, headers={"content-encoding": "gzip"})

    endpoint.always = misname
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError, match="cannot be decoded"):
            await encode(encoder, TEXTS[:1])
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(("status", "refuses_text"), [(400, True), (422, True), (401, False)])
async def test_bad_request_may_be_for_a_text(endpoint, status, refuses_text):
    endpoint.always = refuse(status)
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError) as refused:
            await encode(encoder, TEXTS)
    assert isinstance(refused.value, RefusedTextError) is refuses_text


async def test_request_is_not_repeated_when_it_would_be_too_late(endpoint):
    endpoint.always = refuse(429, retry_after="3600")
    async with opened(endpoint) as encoder, asyncio.timeout(10):
        with pytest.raises(EndpointError, match="429"):
            await encode(encoder, TEXTS[:1])
    assert len(endpoint.requests) == 1


async def test_another_attempt_follows_one_that_hangs(endpoint):
    endpoint.behaviours = [hang]
    async with opened(endpoint, timeout_seconds=2) as encoder:
        assert await encode(encoder, TEXTS[:1]) == pytest.approx(expected(TEXTS[:1]), abs=1e-6)


async def test_request_ends_when_the_endpoint_never_answers(endpoint):
    endpoint.always = hang
    async with opened(endpoint, timeout_seconds=0.2) as encoder, asyncio.timeout(10):
        with pytest.raises(EndpointError):
            await encode(encoder, TEXTS)


async def test_request_ends_when_the_caller_goes_away(endpoint):
    endpoint.always = hang
    async with opened(endpoint) as encoder:
        task = asyncio.create_task(encode(encoder, TEXTS))
        await until(lambda: bool(endpoint.requests))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        endpoint.always = embed
        # Its places are free again.
        assert len(await encode(encoder, TEXTS)) == 3


async def test_neither_key_nor_texts_are_in_what_is_said(endpoint, capsys, caplog):
    quoted = {"code": "invalid_api_key", "message": f"wrong key {KEY} for {TEXTS[0]}"}
    endpoint.always = refuse(401, quoted)
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError, match=r"401 \(invalid_api_key\)") as refused:
            await encode(encoder, TEXTS[:1])
        endpoint.always = refuse(503, {"code": f"{KEY}"})
        with pytest.raises(EndpointError) as unavailable:
            await encode(encoder, TEXTS[:1])

    output = capsys.readouterr()
    told = [
        *("".join(traceback.format_exception(error.value)) for error in (refused, unavailable)),
        *(output.out, output.err, caplog.text, repr(encoder)),
        repr(options(endpoint)),
    ]
    assert "asked for again" in output.out
    assert not any(KEY in text or TEXTS[0] in text for text in told)


async def test_endpoint_that_cannot_be_reached_is_said_in_one_sentence(endpoint):
    endpoint.always = refuse(401, {"code": "invalid_api_key"})
    with pytest.raises(ModelError, match=r"'small'.*401 \(invalid_api_key\)") as failed:
        async with opened(endpoint, dimensions=None):
            pass
    assert "\n" not in str(failed.value)


NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("retry_after", "least"),
    [
        ("2", 2),
        (" 1.5 ", 1.5),
        (format_datetime(NOW + timedelta(seconds=7), usegmt=True), 7),
        (format_datetime(NOW - timedelta(seconds=7), usegmt=True), 0),
        ("", 0),
        ("soon", 0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 0),
        ("-1", 0),
        ("nan", 0),
    ],
)
def test_pause_is_what_the_endpoint_asks_for_and_a_random_time(retry_after, least):
    pauses = {pause_seconds(0, retry_after=retry_after, now=NOW) for _ in range(20)}

    assert all(least <= pause <= least + 0.25 for pause in pauses)
    assert len(pauses) > 1


def test_pause_grows_with_the_attempts_within_bounds():
    longest = [
        max(pause_seconds(attempt, retry_after="") for _ in range(200)) for attempt in (0, 2, 20)
    ]
    assert longest[0] < 0.25 < longest[1] < 1 < longest[2] < 4
