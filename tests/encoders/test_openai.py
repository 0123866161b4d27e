"""The encoder over an OpenAI-compatible endpoint."""

import asyncio
import base64

import numpy as np
import pytest

from encoders.openai_encoders import KEY, TEXTS, encode, expected, opened
from encoders.openai_server import DIMENSION, embed, give, refuse
from polling import until


async def test_vectors_are_those_of_the_endpoint_normalized_and_in_order(endpoint):
    endpoint.always = give(lambda items: items[::-1])
    async with opened(endpoint) as encoder:
        vectors = await encode(encoder, TEXTS)

    assert vectors == pytest.approx(expected(TEXTS), abs=1e-6)
    assert (vectors.dtype, vectors.shape) == (np.float32, (3, encoder.dimension))
    assert endpoint.inputs() == [TEXTS[:2], TEXTS[2:]]
    request = endpoint.requests[0]
    assert request.path == "/v1/embeddings"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert (request.body["model"], request.body["dimensions"]) == ("small", DIMENSION)
    assert request.body["encoding_format"] == "base64"


async def test_dimension_is_asked_for_when_it_is_not_set(endpoint):
    async with opened(endpoint, dimensions=None, api_key=None) as encoder:
        assert encoder.dimension == DIMENSION

    (request,) = endpoint.requests
    assert "dimensions" not in request.body
    assert "authorization" not in request.headers


async def test_nothing_is_asked_when_the_dimension_is_set(endpoint):
    async with opened(endpoint):
        pass
    assert endpoint.requests == []


async def test_floats_are_asked_for_when_base64_is_refused(endpoint):
    async def no_base64(request):
        if request.body["encoding_format"] == "base64":
            return await refuse(422)(request)
        return await embed(request)

    endpoint.always = no_base64
    async with opened(endpoint) as encoder:
        assert await encode(encoder, TEXTS[:1]) == pytest.approx(expected(TEXTS[:1]), abs=1e-6)
        await encode(encoder, TEXTS[:1])

    formats = [request.body["encoding_format"] for request in endpoint.requests]
    assert formats == ["base64", "float", "float"]


async def test_lists_are_read_when_the_endpoint_ignores_the_format(endpoint):
    def decoded(items):
        for item in items:
            item["embedding"] = np.frombuffer(base64.b64decode(item["embedding"]), "<f4").tolist()
        return items

    endpoint.always = give(decoded)
    async with opened(endpoint) as encoder:
        assert await encode(encoder, TEXTS) == pytest.approx(expected(TEXTS), abs=1e-6)


async def test_requests_go_side_by_side_but_not_too_many(endpoint):
    gate = asyncio.Event()

    async def gated(request):
        await gate.wait()
        return await embed(request)

    endpoint.always = gated
    texts = [f"text {number}" for number in range(9)]
    async with opened(endpoint) as encoder, asyncio.timeout(20):
        task = asyncio.create_task(encode(encoder, texts))
        await until(lambda: endpoint.at_once == 2)
        # A chance for more to come, if they do not wait.
        await asyncio.sleep(0.2)
        assert len(endpoint.requests) == 2
        gate.set()
        assert await task == pytest.approx(expected(texts), abs=1e-6)

    assert endpoint.most_at_once == 2
    assert len(endpoint.requests) == 5


async def test_text_over_the_window_is_cut_between_characters(endpoint):
    async with opened(endpoint, max_input_tokens=4) as encoder:
        fitting, cut, between = await encoder.tokenize(["four", "fours", "abc日"])
        vectors = await encoder.encode([cut])

    assert (fitting.exceeds_window, cut.exceeds_window, between.exceeds_window) == (
        False,
        True,
        True,
    )
    assert (bytes(cut.token_ids), bytes(between.token_ids)) == (b"four", b"abc")
    assert vectors == pytest.approx(expected(["four"]), abs=1e-6)


async def test_identity_tells_endpoints_models_and_dimensions_apart(endpoint):
    async with opened(endpoint) as one, opened(endpoint, api_key="another") as same:
        assert one.identity == same.identity
        assert len(one.identity) == 64
        async with (
            opened(endpoint, base_url="http://127.0.0.1:1/v1") as elsewhere,
            opened(endpoint, dimensions=4) as shorter,
            opened(endpoint, model="large") as larger,
        ):
            identities = {e.identity for e in (one, elsewhere, shorter, larger)}
    assert len(identities) == 4
