"""Encoders over the stand-in endpoint."""

import numpy as np

from encoders.openai_server import DIMENSION, vector_of
from nearhit_server.encoders.openai import EndpointOptions, open_openai

KEY = "sk-a-secret"
TEXTS = ["how do i reset my password", "naïve 日本語 🎉", "a third"]


def options(endpoint, **changes):
    """Options that suit tests."""
    defaults = {
        "base_url": endpoint.base_url,
        "api_key": KEY,
        "dimensions": DIMENSION,
        "max_input_tokens": 64,
        "max_request_texts": 2,
        "max_concurrent_requests": 2,
        "timeout_seconds": 20,
    }
    return EndpointOptions(**defaults | changes)


def opened(endpoint, *, model="small", **changes):
    """An encoder, as a context."""
    return open_openai(model, options(endpoint, **changes))


async def encode(encoder, texts):
    """The vectors of texts."""
    return await encoder.encode(await encoder.tokenize(texts))


def expected(texts):
    """The vectors that the texts should have."""
    vectors = np.stack([vector_of(text) for text in texts])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
