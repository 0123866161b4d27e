"""Models behind an OpenAI-compatible `/v1/embeddings` endpoint."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx
import numpy as np

from nearhit_server.core.concurrency import together
from nearhit_server.core.errors import ModelError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatMatrix
from nearhit_server.encoders.openai_endpoint import EmbeddingsEndpoint
from nearhit_server.encoders.openai_failures import EndpointError
from nearhit_server.encoders.openai_response import read_embeddings

_TRIAL_TEXT: Final = "how many components has a vector"
_KEEPALIVE_SECONDS: Final = 60.0


@dataclass(frozen=True, kw_only=True)
class EndpointOptions:
    """Where the endpoint is, and what it takes. `dimensions` None: as many as the model has."""

    base_url: str
    api_key: str | None = field(default=None, repr=False)
    dimensions: int | None = None
    max_input_tokens: int
    max_request_texts: int
    max_concurrent_requests: int
    timeout_seconds: float


@asynccontextmanager
async def open_openai(model: str, options: EndpointOptions) -> AsyncIterator["OpenAIEncoder"]:
    """Connect to a model, which is asked for a vector if `options` do not say how long they are.

    Raises ModelError.
    """
    headers = {"Content-Type": "application/json"}
    if options.api_key is not None:
        headers["Authorization"] = f"Bearer {options.api_key}"
    client = httpx.AsyncClient(
        base_url=options.base_url,
        headers=headers,
        # Half of the time, so that an attempt that hangs leaves some for another.
        timeout=options.timeout_seconds / 2,
        limits=httpx.Limits(
            max_keepalive_connections=options.max_concurrent_requests,
            keepalive_expiry=_KEEPALIVE_SECONDS,
        ),
    )
    async with client:
        endpoint = EmbeddingsEndpoint(
            client,
            model=model,
            dimensions=options.dimensions,
            max_concurrent_requests=options.max_concurrent_requests,
            timeout_seconds=options.timeout_seconds,
        )
        dimension = options.dimensions
        if dimension is None:
            dimension = await _ask_dimension(endpoint, model)
        yield OpenAIEncoder(endpoint, model=model, dimension=dimension, options=options)


async def _ask_dimension(endpoint: EmbeddingsEndpoint, model: str) -> int:
    try:
        content = await endpoint.post([_TRIAL_TEXT])
        return int(read_embeddings(content, count=1, dimension=None).shape[1])
    except EndpointError as error:
        raise ModelError(f"model {model!r}: {error}") from error


class OpenAIEncoder:
    """An Encoder over an embeddings endpoint. A batch may take several requests, side by side.

    There is no tokenizer here, so a token is a byte of UTF-8: byte-level tokenizers, as of
    OpenAI's models, never need more tokens than that and have none for "unknown".
    """

    pads = False

    def __init__(
        self,
        endpoint: EmbeddingsEndpoint,
        *,
        model: str,
        dimension: int,
        options: EndpointOptions,
    ) -> None:
        self._endpoint = endpoint
        self._window = options.max_input_tokens
        self._max_request_texts = options.max_request_texts
        self.identity = _identity(model, options)
        self.dimension = dimension

    async def tokenize(self, texts: Sequence[str]) -> list[TokenizedText]:
        """The bytes of the texts, in order, cut to the window between two characters."""
        return await asyncio.to_thread(lambda: [self._tokenize(text) for text in texts])

    async def encode(self, batch: Sequence[TokenizedText]) -> FloatMatrix:
        """The vectors of the texts, of length 1, shape (len(batch), dimension).

        Raises EndpointError, which is a RefusedTextError if it may be for one of the texts.
        """
        texts = [bytes(text.token_ids).decode() for text in batch]
        size = self._max_request_texts
        requests = [texts[start : start + size] for start in range(0, len(texts), size)]
        return np.concatenate(await together(map(self._request, requests)))

    def _tokenize(self, text: str) -> TokenizedText:
        whole = text.encode()
        read = whole[: self._window].decode(errors="ignore").encode()
        return TokenizedText(tuple(read), exceeds_window=len(whole) > self._window)

    async def _request(self, texts: Sequence[str]) -> FloatMatrix:
        content = await self._endpoint.post(texts)
        # In a thread: a megabyte of JSON takes milliseconds.
        return await asyncio.to_thread(
            read_embeddings, content, count=len(texts), dimension=self.dimension
        )


def _identity(model: str, options: EndpointOptions) -> str:
    """What can be known from outside of what decides the vectors: a new model under an old name
    is not."""
    known = json.dumps([options.base_url.rstrip("/"), model, options.dimensions])
    return hashlib.sha256(known.encode()).hexdigest()
