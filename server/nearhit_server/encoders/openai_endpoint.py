"""Requests to an OpenAI-compatible embeddings endpoint."""

import asyncio
import json
from collections.abc import Sequence
from typing import Final

import httpx
import structlog

from nearhit_server.encoders.openai_failures import (
    BadRequestError,
    EndpointError,
    pause_seconds,
    refusal,
)

_log = structlog.get_logger()

_MAX_ATTEMPTS: Final = 4


class EmbeddingsEndpoint:
    """Posts texts and returns the response's body. Repeats what may succeed the second time."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        *,
        model: str,
        dimensions: int | None,
        max_concurrent_requests: int,
        timeout_seconds: float,
    ) -> None:
        self._client = client
        self._parameters = {"model": model} | ({"dimensions": dimensions} if dimensions else {})
        self._slots = asyncio.Semaphore(max_concurrent_requests)
        self._timeout_seconds = timeout_seconds
        # A third of the size of decimals, and read in a fraction of the time.
        self._encoding_format = "base64"
        self._format_known = False

    async def post(self, texts: Sequence[str]) -> bytes:
        """The body of the response for these texts. Raises EndpointError.

        The time limit is for all of it, waiting for a connection and attempts included.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds), self._slots:
                return await self._in_known_format(texts)
        except TimeoutError as error:
            raise EndpointError(
                f"the embeddings endpoint gave no answer in {self._timeout_seconds:g} s"
            ) from error

    async def _in_known_format(self, texts: Sequence[str]) -> bytes:
        try:
            content = await self._send(texts, self._encoding_format)
        except BadRequestError:
            if self._format_known:
                raise
            # It may be the format that the endpoint does not know.
            content = await self._send(texts, "float")
            self._encoding_format = "float"
        self._format_known = True
        return content

    async def _send(self, texts: Sequence[str], encoding_format: str) -> bytes:
        body = json.dumps(
            {**self._parameters, "input": list(texts), "encoding_format": encoding_format},
            ensure_ascii=False,
        ).encode()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeout_seconds
        attempt = 0
        while True:
            try:
                return await self._attempt(body)
            except EndpointError as failure:
                pause = pause_seconds(attempt, retry_after=failure.retry_after)
                attempt += 1
                late = loop.time() + pause >= deadline
                if not failure.transient or attempt == _MAX_ATTEMPTS or late:
                    raise
                _log.warning("embeddings are asked for again", error=str(failure), seconds=pause)
            await asyncio.sleep(pause)

    async def _attempt(self, body: bytes) -> bytes:
        try:
            response = await self._client.post("embeddings", content=body)
        except httpx.DecodingError as error:
            # An answer that was given, as one whose JSON is broken: what spoils it, a proxy that
            # names the wrong encoding for instance, spoils the next one too.
            raise EndpointError("the embeddings endpoint's response cannot be decoded") from error
        except httpx.RequestError as error:
            raise EndpointError(
                f"the embeddings endpoint cannot be reached ({type(error).__name__})",
                transient=True,
            ) from error
        if not response.is_success:
            raise refusal(response)
        return response.content
