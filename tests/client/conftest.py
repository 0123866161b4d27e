"""A server that misbehaves on purpose, and both clients behind one face."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf.message import Message

import nearhit

Behaviour = Callable[[grpc.aio.ServicerContext], Awaitable[bytes]]


@dataclass(frozen=True)
class Seen:
    """One attempt at a call, as it arrived: the RPC's name, the metadata, the seconds left."""

    method: str
    metadata: Mapping[str, str | bytes]
    seconds_left: float
    request: bytes


@dataclass
class FakeServer(grpc.GenericRpcHandler):
    """Behaves as each test says, by the RPC's name, and notes every attempt."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    port: int = 0
    hanging: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def target(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def attempts(self) -> list[str]:
        return [seen.method for seen in self.seen]

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        name = details.method.rpartition("/")[2]

        async def handle(request: bytes, context: grpc.aio.ServicerContext) -> bytes:
            metadata = dict(context.invocation_metadata())
            self.seen.append(Seen(name, metadata, context.time_remaining(), request))
            return await self.behaviours[name](context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def answers(self, name: str, *messages: Message) -> None:
        """The RPC answers with these, one a call, the last one again and again."""
        left = list(messages)

        async def behave(context: grpc.aio.ServicerContext) -> bytes:
            return (left.pop(0) if len(left) > 1 else left[0]).SerializeToString()

        self.behaviours[name] = behave

    def fails(self, name: str, code: grpc.StatusCode, *, times: int, then: Message) -> None:
        """The RPC fails `times` times, and then answers."""
        left = [code] * times

        async def behave(context: grpc.aio.ServicerContext) -> bytes:
            if left:
                await context.abort(left.pop(), "on purpose")
            return then.SerializeToString()

        self.behaviours[name] = behave

    def hangs(self, name: str) -> None:
        """The RPC never answers; `hanging` and `cancelled` say how far it is."""

        async def behave(context: grpc.aio.ServicerContext) -> bytes:
            self.hanging.set()
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.set()
            return b""

        self.behaviours[name] = behave


@pytest.fixture
async def server() -> AsyncIterator[FakeServer]:
    handler = FakeServer()
    options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 32 * 1024 * 1024)]
    running = grpc.aio.server(options=options)
    running.add_generic_rpc_handlers((handler,))
    handler.port = running.add_insecure_port("127.0.0.1:0")
    await running.start()
    yield handler
    await running.stop(grace=None)


class Caller:
    """Calls a method of either client; a blocking one in a thread."""

    def __init__(self, kind: type[nearhit.Client] | type[nearhit.AsyncClient]) -> None:
        self.kind = kind
        self.client: Any = None

    def connect(self, *arguments: Any, **options: Any) -> None:
        self.client = self.kind(*arguments, **options)

    async def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        method = getattr(self.client, name)
        if self.kind is nearhit.Client:
            return await asyncio.to_thread(_finished, method, arguments, options)
        result = method(*arguments, **options)
        if inspect.isasyncgen(result):
            return [item async for item in result]
        return await result


def _finished(method: Callable[..., Any], arguments: Any, options: Any) -> Any:
    result = method(*arguments, **options)
    return list(result) if inspect.isgenerator(result) else result


@pytest.fixture(params=[nearhit.AsyncClient, nearhit.Client], ids=["async", "sync"])
async def call(request: pytest.FixtureRequest, server: FakeServer) -> AsyncIterator[Caller]:
    """Calls a client of `server`; `call.connect` replaces it by one with other options."""
    caller = Caller(request.param)
    caller.connect(server.target, cache="faq")
    yield caller
    await caller("close")
