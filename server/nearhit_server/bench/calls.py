"""Makes requests over gRPC and tells what became of them."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import cycle
from typing import Any, Final, TypeAlias

import grpc
import grpc.aio

from nearhit import UnavailableError
from nearhit.statuses import error_of_call
from nearhit.transport import MAX_MESSAGE_BYTES
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.bench.recording import Outcome, Recorder
from nearhit_server.bench.requests import Method, Request
from nearhit_server.bench.settings import Target

_CHANNEL_OPTIONS: Final = (
    # A retried call would hide a failure, and count as one call that took long.
    ("grpc.enable_retries", 0),
    # Otherwise all channels to one address share a connection.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
)

Stubs: TypeAlias = Mapping[Method, Callable[..., Any]]


class Caller:
    """Makes calls over several channels in turn and records them."""

    def __init__(
        self,
        channels: list[grpc.aio.Channel],
        target: Target,
        *,
        timeout_seconds: float,
    ) -> None:
        self._stubs: list[Stubs] = [
            {method: channel.unary_unary(method.value) for method in Method} for channel in channels
        ]
        self._turns = cycle(self._stubs)
        self._sent_with = {"timeout": timeout_seconds, "metadata": target.metadata}

    async def first_calls(self, request: Request) -> None:
        """A call over each channel, not counted. Raises NearhitError."""
        for stubs in self._stubs:
            try:
                await self._send(stubs, request)
            except grpc.RpcError as error:
                raise error_of_call(error) from error

    async def perform(self, request: Request, due: float, recorder: Recorder) -> None:
        """Make a call that was due at `due`, and the one that follows if it misses."""
        following: Request | None = request
        while following is not None:
            recorder.begun(due)
            outcome, reason = await self._outcome(following)
            now = time.perf_counter()
            recorder.ended(outcome, due, now, reason=reason)
            follow_up = following.after_miss if outcome is Outcome.MISS else None
            following = follow_up() if follow_up is not None else None
            due = now

    async def _outcome(self, request: Request) -> tuple[Outcome, str]:
        try:
            body = await self._send(next(self._turns), request)
        except grpc.RpcError as failure:
            error = error_of_call(failure)
            return Outcome.ERROR, " ".join(filter(None, (error.status_code, error.reason)))
        if request.method is Method.STORE:
            return Outcome.STORED, ""
        response = pb.SearchResponse.FromString(body)
        return (Outcome.HIT if response.HasField("hit") else Outcome.MISS), ""

    def _send(self, stubs: Stubs, request: Request) -> Any:
        return stubs[request.method](request.body, **self._sent_with)


@asynccontextmanager
async def open_channels(
    target: Target, count: int, *, timeout_seconds: float
) -> AsyncIterator[list[grpc.aio.Channel]]:
    """Connections to the server. Raises UnavailableError."""
    options = [*_CHANNEL_OPTIONS, *target.channel_options]
    credentials = target.credentials
    async with AsyncExitStack() as stack:
        channels = [
            grpc.aio.insecure_channel(target.address, options)
            if credentials is None
            else grpc.aio.secure_channel(target.address, credentials, options)
            for _ in range(count)
        ]
        for channel in channels:
            await stack.enter_async_context(channel)
        try:
            async with asyncio.timeout(timeout_seconds):
                await asyncio.gather(*(channel.channel_ready() for channel in channels))
        except TimeoutError as error:
            raise UnavailableError(f"no server answers at {target.address}") from error
        yield channels
