"""What every good gRPC service does: health, reflection, deadlines, internal errors."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)
from grpc_status import rpc_status

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.addresses import AddressError
from nearhit_server.api.grpc.endpoint import Rpc
from nearhit_server.api.grpc.server import SEMANTIC_CACHE, open_grpc_server
from nearhit_server.core.access.callers import Access, Scope
from nearhit_server.core.admission import Admission
from nearhit_server.core.observing import UNOBSERVED
from polling import until

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


def details_of(error):
    """The types of the status's details, with the first detail of each."""
    status = rpc_status.from_call(error)
    kinds = (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo)
    found = {}
    for packed in status.details:
        for kind in kinds:
            if packed.Is(kind.DESCRIPTOR):
                found[kind] = kind.FromString(packed.value)
    return found


def reason_of(error):
    return details_of(error)[error_details_pb2.ErrorInfo].reason


class Handlers:
    """A Search that waits until it is let go, or fails."""

    def __init__(self):
        self.waiting = 0
        self.entered = asyncio.Event()
        self.released = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def wait(self, request, caller):
        self.waiting += 1
        self.entered.set()
        try:
            await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return pb.SearchResponse(effective_prompt="done")

    async def fail(self, request, caller):
        raise RuntimeError("the password is hunter2")


def served(handler):
    """The one service that tests talk to, Search answered by `handler`."""
    rpc = Rpc(handler, lambda request: Access(scopes=(Scope.READ,)))
    return {SEMANTIC_CACHE: {"Search": rpc}}


def open_server(address, services, **bounds):
    bounds = {"max_calls": 10, "max_request_bytes": 1 << 20, "max_seconds": 60} | bounds
    admission = Admission(authenticator=None, limiter=None, observer=UNOBSERVED, **bounds)
    return open_grpc_server(address, services, admission=admission, observer=UNOBSERVED)


@asynccontextmanager
async def started_server(handler, **bounds):
    async with open_server("127.0.0.1:0", served(handler), **bounds) as server:
        await server.set_health(store=True, model=True)
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
        started_server(handlers.fail) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel)
    assert failed.value.code() is grpc.StatusCode.INTERNAL
    assert failed.value.details().startswith("internal error; request id ")
    assert "hunter2" not in repr(failed.value)


async def test_handler_is_cancelled_when_its_caller_goes_away(handlers):
    async with (
        started_server(handlers.wait) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = search(channel)
        await handlers.entered.wait()
        call.cancel()
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_call_ends_with_the_servers_own_deadline(handlers):
    async with (
        started_server(handlers.wait, max_seconds=0.2) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        assert reason_of(failed.value) == "DEADLINE_EXCEEDED"
        assert handlers.cancelled.is_set()


async def test_call_beyond_the_bound_is_turned_away_with_a_delay_and_the_others_go_on(handlers):
    async with (
        started_server(handlers.wait, max_calls=2) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        admitted = [search(channel), search(channel)]
        await until(lambda: handlers.waiting == 2)
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel)
        assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert reason_of(failed.value) == "SERVER_OVERLOADED"
        assert error_details_pb2.RetryInfo in details_of(failed.value)
        handlers.released.set()
        await asyncio.gather(*admitted)
        # There is room again.
        await search(channel)


async def test_requests_beyond_the_bound_in_bytes_are_turned_away_but_a_single_one(handlers):
    large = pb.SearchRequest(prompt="x" * 2_000).SerializeToString()
    async with (
        started_server(handlers.wait, max_request_bytes=1_000) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        admitted = search(channel, large)
        await handlers.entered.wait()
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel, large)
        assert reason_of(failed.value) == "SERVER_OVERLOADED"
        handlers.released.set()
        await admitted


@pytest.mark.parametrize(
    ("sent", "echoed"), [("order-17.b", True), ("x" * 65, False), ("a b", False), (None, False)]
)
async def test_request_id_comes_back_if_it_is_a_decent_one(server_address, sent, echoed):
    metadata = [] if sent is None else [("x-request-id", sent)]
    async with grpc.aio.insecure_channel(server_address) as channel:
        call = search(channel, metadata=metadata)
        with pytest.raises(grpc.aio.AioRpcError):
            await call
        returned = dict(await call.trailing_metadata())["x-request-id"]
    assert (returned == sent) is echoed
    assert returned


async def test_handler_is_cancelled_when_its_deadline_passes(handlers):
    async with (
        started_server(handlers.wait) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as failed:
            await search(channel, timeout=0.2)
        assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_drain_turns_health_and_waits_for_the_call_in_flight(handlers):
    async with (
        started_server(handlers.wait) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=SERVICES[0])
        )
        assert (await watch.read()).status == SERVING
        call = search(channel)
        await handlers.entered.wait()
        draining = asyncio.create_task(server.drain(delay_seconds=0, grace_seconds=60))
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
        started_server(handlers.wait) as server,
        grpc.aio.insecure_channel(server.address) as channel,
    ):
        call = search(channel)
        await handlers.entered.wait()
        await server.drain(delay_seconds=0, grace_seconds=0.1)
        with pytest.raises(grpc.aio.AioRpcError):
            await call
        async with asyncio.timeout(5):
            await handlers.cancelled.wait()


async def test_address_in_use_is_refused(server_address):
    with pytest.raises(AddressError, match=server_address):
        async with open_server(server_address, {}):
            pass
