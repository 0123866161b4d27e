"""A server to measure: a real one, and one that answers when a test lets it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

import nearhit
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.app import open_application
from nearhit_server.bench.calls import Caller, open_channels
from nearhit_server.bench.recording import Recorder
from nearhit_server.bench.settings import Session, Target
from nearhit_server.settings import Settings

TIMEOUT_SECONDS = 30.0
DIMENSION = 384


@pytest.fixture(scope="session")
async def address(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server with the default model and the embedded store."""
    settings = Settings(
        grpc="127.0.0.1:0",
        http="off",
        data_dir=tmp_path_factory.mktemp("bench-server"),
        device="cpu",
    )
    async with open_application(settings) as server:
        yield server.grpc.address


@pytest.fixture
async def client(address: str, cache_id: str) -> AsyncIterator[nearhit.AsyncClient]:
    """A client of a new cache."""
    async with nearhit.AsyncClient(address, cache=cache_id, timeout=TIMEOUT_SECONDS) as client:
        await client.create_cache(cache_id)
        yield client


@pytest.fixture
def session(cache_id: str) -> Session:
    """A session of one process on the test's cache."""
    return Session(cache=cache_id, seed=7, dimension=DIMENSION, ttl_seconds=600.0)


@pytest.fixture
async def caller(address: str) -> AsyncIterator[Caller]:
    """Makes calls to the real server."""
    async with calling(address) as caller:
        yield caller


@asynccontextmanager
async def calling(address: str, *, channels: int = 1) -> AsyncIterator[Caller]:
    """Makes calls to the server of that address."""
    target = Target(address)
    async with open_channels(target, channels, timeout_seconds=TIMEOUT_SECONDS) as opened:
        yield Caller(opened, target, timeout_seconds=TIMEOUT_SECONDS)


def recorder(*, seconds: float = 1_000.0) -> Recorder:
    """Counts all calls from now on."""
    now = time.perf_counter()
    return Recorder(begins=now, ends=now + seconds)


Answer = Callable[[int], Awaitable[None]]
"""Waits, or raises, for call number n."""


class _Answering(grpc.GenericRpcHandler):
    """Answers each call with a miss once `answer` has let it."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._received = 0

    def service(self, _: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._miss)

    async def _miss(self, _: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        number, self._received = self._received, self._received + 1
        await self._answer(number)
        return pb.SearchResponse(miss=pb.Miss()).SerializeToString()


@asynccontextmanager
async def server_that(answer: Answer) -> AsyncIterator[str]:
    """The address of a server that has `answer` decide when it answers."""
    server = grpc.aio.server(handlers=[_Answering(answer)])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


class Stall:
    """Holds the calls from one number on until another one has come."""

    def __init__(self, first: int, last: int) -> None:
        self._first = first
        self._last = last
        self._over = asyncio.Event()

    async def __call__(self, number: int) -> None:
        if number >= self._last:
            self._over.set()
        if number >= self._first:
            await self._over.wait()
