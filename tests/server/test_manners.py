"""What every good gRPC service does: health, reflection, deadlines, internal errors."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.server import SEMANTIC_CACHE, AddressError, open_grpc_server

SERVICES = [
    "nearhit.v1.SemanticCacheService",
    "nearhit.v1.CacheAdminService",
    "nearhit.v1.EmbeddingCacheService",
]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def search(channel, raw=b"", **options):
    method = channel.unary_unary("/nearhit.v1.SemanticCacheService/Search")
    return method(raw, **options)


class Handlers:
    """A Search that waits until it is let go, or fails."""

    def __init__(self):
        self.entered = asyncio.Event()
        self.released = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def wait(self, request):
        self.entered.set()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return pb.SearchResponse(effective_prompt="done")

    async def fail(self, request):
        raise RuntimeError("the password is hunter2")


@asynccontextmanager
async def started_server(services):
    async with open_grpc_server("127.0.0.1:0", services) as server:
        await server.start()
        yield server


@pytest.fixture
def handlers():
    return Handlers()


@pytest.mark.parametrize("service", ["", *SERVICES])
async def test_health_is_serving_for_each_service(server_address, service):
    async with grpc.aio.insecure_channel(server_address) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == SERVING


async def test_reflection_lists_what_is_served(server_address):
    def listed():
        with grpc.insecure_channel(server_address) as channel:
            database = ProtoReflectionDescriptorDatabase(channel)
            file = database.FindFileContainingSymbol("nearhit.v1.SearchRequest")
            return set(database.get_services()), file.package

    services, package = await asyncio.to_thread(listed)
    assert {*SERVICES, "grpc.health.v1.Health"} <= services
    assert package == "nearhit.v1"


async def test_unexpected_exception_is_told_as_internal_and_nothing_else(handlers):
    async with (
        started_server({SEMANTIC_CACHE: {"Search": handlers.fail}}) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel)
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert failed.value.details().startswith("internal error; request id ")
    assert "hunter2" not in repr(failed.value)


async def test_handler_is_cancelled_when_its_caller_goes_away(handlers):
    async with (
        started_server({SEMANTIC_CACHE: {"Search": handlers.wait}}) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = search(channel)
        await handlers.entered.wait()
        call.cancel()
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_handler_is_cancelled_when_its_deadline_passes(handlers):
    async with (
        started_server({SEMANTIC_CACHE: {"Search": handlers.wait}}) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel, timeout=0.2)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_drain_turns_health_and_waits_for_the_call_in_flight(handlers):
    async with (
        started_server({SEMANTIC_CACHE: {"Search": handlers.wait}}) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=SERVICES[0])
        )
        assert (await watch.read()).status == SERVING
        call = search(channel)
        await handlers.entered.wait()
        draining = asyncio.create_task(server.drain(grace_seconds=60))
        assert (await watch.read()).status == NOT_SERVING
        assert not draining.done()
        handlers.released.set()
        assert pb.SearchResponse.FromString(await call).effective_prompt == "done"
        # The watch ends and does not hold it up, or this would take the whole minute.
        assert await watch.read() is grpc.aio.EOF
        async with asyncio.timeout(10):
            await draining


async def test_drain_cancels_what_outlasts_the_grace_period(handlers):
    async with (
        started_server({SEMANTIC_CACHE: {"Search": handlers.wait}}) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = search(channel)
        await handlers.entered.wait()
        await server.drain(grace_seconds=0.1)
        with pytest.raises(grpc.aio.AioRpcError):
            await call
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_address_in_use_is_refused(server_address):
    with pytest.raises(AddressError, match=server_address):
        async with open_grpc_server(server_address, {}):
            pass
