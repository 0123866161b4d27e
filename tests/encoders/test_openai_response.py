"""Responses that are not what was asked for."""

import base64
import json

import numpy as np
import pytest

from encoders.openai_encoders import TEXTS, encode, opened
from encoders.openai_server import DIMENSION, give
from nearhit_server.encoders.openai_failures import EndpointError
from nearhit_server.encoders.openai_response import read_embeddings


def with_embedding(embedding):
    return lambda items: [item | {"embedding": embedding} for item in items]


@pytest.mark.parametrize(
    "change",
    [
        lambda items: items[:-1],
        lambda items: [*items, *items],
        lambda items: [item | {"index": 0} for item in items],
        lambda items: [item | {"index": item["index"] + 1} for item in items],
        lambda items: [item | {"index": bool(item["index"])} for item in items],
        lambda items: [{"embedding": item["embedding"]} for item in items],
        lambda items: None,
        with_embedding([0.0] * DIMENSION),
        with_embedding([1.0] * (DIMENSION - 1)),
        with_embedding([float("nan")] + [1.0] * (DIMENSION - 1)),
        with_embedding([1e300] * DIMENSION),
        with_embedding(["1.0"] * DIMENSION),
        with_embedding([True] * DIMENSION),
        with_embedding([[1.0] * DIMENSION]),
        with_embedding([[1.0], [1.0, 2.0]]),
        with_embedding(None),
        with_embedding("not base64!"),
        with_embedding(base64.b64encode(b"12345").decode()),
        with_embedding(base64.b64encode(np.full(DIMENSION, np.inf, "<f4").tobytes()).decode()),
        with_embedding(""),
        with_embedding([]),
    ],
)
async def test_response_with_wrong_vectors_is_refused(endpoint, change):
    endpoint.always = give(change)
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError):
            await encode(encoder, TEXTS[:2])


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"{}", b'{"data": 1}', b'{"data": ["a"]}', b"[" * 200_000]
)
def test_response_that_is_no_list_of_embeddings_is_refused(content):
    with pytest.raises(EndpointError):
        read_embeddings(content, count=1, dimension=None)


def test_nested_vector_is_refused_when_any_dimension_will_do():
    content = json.dumps({"data": [{"index": 0, "embedding": [[1.0, 2.0]]}]}).encode()
    with pytest.raises(EndpointError):
        read_embeddings(content, count=1, dimension=None)


async def test_base64_with_other_characters_in_it_is_refused(endpoint):
    def spoiled(items):
        return [item | {"embedding": "!" + item["embedding"]} for item in items]

    endpoint.always = give(spoiled)
    async with opened(endpoint) as encoder:
        with pytest.raises(EndpointError):
            await encode(encoder, TEXTS[:1])
