"""A stand-in for an OpenAI-compatible endpoint, with faults to order."""

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

DIMENSION = 8


@dataclass(frozen=True)
class Request:
    """What arrived."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is sent back; no status: the connection is closed instead."""

    status: int | None
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        lines = [
            f"HTTP/1.1 {self.status} -",
            f"content-length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


CLOSED = Answer(None, b"")

Behaviour = Callable[[Request], Awaitable[Answer]]


def vector_of(text: str, dimension: int = DIMENSION) -> np.ndarray:
    """The vector that the endpoint gives a text, of no particular length."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    return np.random.default_rng(seed).standard_normal(dimension).astype("<f4") * 3


def items(request: Request) -> list[dict[str, Any]]:
    """The embeddings of a request's texts, as they should be."""
    dimension = request.body.get("dimensions", DIMENSION)
    vectors = [vector_of(text, dimension) for text in request.body["input"]]
    if request.body["encoding_format"] == "base64":
        shown: list[Any] = [base64.b64encode(vector.tobytes()).decode() for vector in vectors]
    else:
        shown = [vector.tolist() for vector in vectors]
    return [
        {"object": "embedding", "index": index, "embedding": one} for index, one in enumerate(shown)
    ]


async def embed(request: Request) -> Answer:
    """What an endpoint without faults does."""
    return Answer(200, {"object": "list", "data": items(request)})


def refuse(status: int, error: Any = None, **headers: str) -> Behaviour:
    """Answers with an error."""

    async def behave(request: Request) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Answer(status, {"error": error}, named)

    return behave


def give(change: Callable[[list[dict[str, Any]]], Any]) -> Behaviour:
    """Answers with embeddings that `change` has spoiled."""

    async def behave(request: Request) -> Answer:
        return Answer(200, {"object": "list", "data": change(items(request))})

    return behave


async def hang_up(request: Request) -> Answer:
    """Closes the connection."""
    return CLOSED


async def hang(request: Request) -> Answer:
    """Never answers."""
    await asyncio.Event().wait()
    return CLOSED


class OpenAIServer:
    """Behaves as `behaviours` say, one a request, and then as `always` says."""

    def __init__(self) -> None:
        self.behaviours: list[Behaviour] = []
        self.always: Behaviour = embed
        self.requests: list[Request] = []
        self.at_once = 0
        self.most_at_once = 0
        self.base_url = ""

    def inputs(self) -> list[list[str]]:
        """The texts of each request so far."""
        return [request.body["input"] for request in self.requests]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                behaviour = self.behaviours.pop(0) if self.behaviours else self.always
                try:
                    answer = await behaviour(request)
                finally:
                    self.at_once -= 1
                if answer.status is None:
                    return
                writer.write(answer.encoded())
                await writer.drain()
        except (asyncio.CancelledError, ConnectionError):
            # The test is over, or the client has gone.
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")[:-2]
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Request(first.split()[1], headers, json.loads(body))


@asynccontextmanager
async def openai_server() -> AsyncIterator[OpenAIServer]:
    """A running stand-in on a free port."""
    standing_in = OpenAIServer()
    connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(standing_in.serve(reader, writer))
        connections.add(task)
        task.add_done_callback(connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    standing_in.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield standing_in
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections)
