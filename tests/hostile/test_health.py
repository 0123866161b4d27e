"""Health checks need no key: what is sent instead of one costs little, and nobody else notices."""

import asyncio

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from hypothesis import HealthCheck, given, settings

from hostile.messages import hostile_bytes
from hostile.peers import CHECK, GREETING_OF_THE_DEAF, WATCH, call, connected, message
from nearhit_server.api.grpc import health_requests, health_watches
from nearhit_server.api.grpc.server import CACHE_ADMIN, open_grpc_server
from nearhit_server.core.admission import Admission
from nearhit_server.core.observing import UNOBSERVED
from polling import until

SERVICE = CACHE_ADMIN.full_name
SERVING, NOT_SERVING, SERVICE_UNKNOWN = (
    HealthCheckResponse.SERVING,
    HealthCheckResponse.NOT_SERVING,
    HealthCheckResponse.SERVICE_UNKNOWN,
)
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT


@pytest.fixture
async def health_server():
    """A server with a service that answers nothing, and health."""
    admission = Admission(
        authenticator=None,
        limiter=None,
        observer=UNOBSERVED,
        max_calls=1_000,
        max_request_bytes=1 << 20,
        max_seconds=60,
    )
    async with open_grpc_server(
        "127.0.0.1:0", {CACHE_ADMIN: {}}, admission=admission, observer=UNOBSERVED
    ) as server:
        await server.set_health(store=True, model=True)
        await server.start()
        yield server


@pytest.fixture
async def channel(health_server):
    async with grpc.aio.insecure_channel(health_server.address) as channel:
        yield channel


@pytest.fixture
def health(channel):
    return HealthStub(channel)


def named(service):
    return HealthCheckRequest(service=service)


def unfinished_check(channel):
    """A Check that is begun, and whose message does not come."""

    async def nothing():
        await asyncio.Event().wait()
        yield b""

    return channel.stream_unary(CHECK)(nothing())


async def status_of(channel, path, raw):
    """How a call with these bytes ends; a watch is over when it has been told something."""
    watch = channel.unary_stream(path)(raw)
    try:
        await watch.read()
    except grpc.aio.AioRpcError as error:
        return error.code()
    watch.cancel()
    return grpc.StatusCode.OK


async def test_check_that_is_never_finished_is_ended_and_others_are_answered(
    channel, health, monkeypatch
):
    monkeypatch.setattr(health_requests, "_READ_SECONDS", 0.5)
    unfinished = unfinished_check(channel)
    assert (await health.Check(named(SERVICE), timeout=5)).status == SERVING
    assert not unfinished.done()
    assert await unfinished.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_unfinished_check_is_ended_sooner_when_there_are_many(channel, health, monkeypatch):
    monkeypatch.setattr(health_requests, "_READ_SECONDS", 60)
    monkeypatch.setattr(health_requests, "_MAX_PATIENT", 2)
    # They arrive in any order: whichever comes last is not waited for.
    codes = {asyncio.create_task(unfinished_check(channel).code()) for _ in range(3)}
    ended, _ = await asyncio.wait(codes, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    assert [code.result() for code in ended] == [grpc.StatusCode.DEADLINE_EXCEEDED]
    async with asyncio.timeout(5):
        assert (await health.Check(named(SERVICE))).status == SERVING
    assert sum(code.done() for code in codes) == 1
    for code in codes:
        code.cancel()


@pytest.mark.parametrize("path", [CHECK, WATCH])
async def test_bytes_that_are_no_request_are_refused(channel, path):
    too_long = named("x" * 2_000).SerializeToString()
    for raw in (b"\xff" * 10, too_long, bytes(16 << 20)):
        assert await status_of(channel, path, raw) is INVALID_ARGUMENT


@pytest.mark.parametrize("path", [CHECK, WATCH])
async def test_call_without_a_request_is_refused(channel, path):
    async def nothing():
        return
        yield

    assert await channel.stream_unary(path)(nothing()).code() is INVALID_ARGUMENT


@pytest.mark.parametrize("path", [CHECK, WATCH])
async def test_any_bytes_are_answered(channel, path):
    @settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=hostile_bytes(HealthCheckRequest.DESCRIPTOR))
    def collect(raw):
        sent.append(raw)

    sent = []
    collect()
    statuses = await asyncio.gather(*(status_of(channel, path, raw) for raw in sent))
    assert set(statuses) <= {grpc.StatusCode.OK, grpc.StatusCode.NOT_FOUND, INVALID_ARGUMENT}


async def test_unknown_service_is_not_found_by_check_and_told_as_unknown_by_watch(health):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await health.Check(named("nothing.Such"))
    assert failed.value.code() is grpc.StatusCode.NOT_FOUND
    assert (await health.Watch(named("nothing.Such")).read()).status == SERVICE_UNKNOWN


async def test_watch_beyond_the_bound_is_refused_until_another_ends(health, monkeypatch):
    monkeypatch.setattr(health_watches, "_MAX_WATCHES", 2)
    watches = [health.Watch(named(SERVICE)) for _ in range(2)]
    for watch in watches:
        assert (await watch.read()).status == SERVING
    assert await health.Watch(named(SERVICE)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED

    async def admitted():
        watch = health.Watch(named(SERVICE))
        try:
            return (await watch.read()).status == SERVING
        except grpc.aio.AioRpcError:
            return False

    watches[0].cancel()
    await until(admitted)


async def test_watch_that_is_not_read_keeps_nobody_from_being_told(health_server, health):
    watch = health.Watch(named(SERVICE))
    assert (await watch.read()).status == SERVING
    request = named(SERVICE).SerializeToString()
    async with connected(health_server.address) as peer:
        await peer.send(GREETING_OF_THE_DEAF, call(0, path=WATCH), message(0, request, last=True))
        await peer.until_answered()
        async with asyncio.timeout(5):
            await health_server.set_health(store=False, model=True)
            assert (await watch.read()).status == NOT_SERVING


async def test_every_watch_ends_when_the_server_is_drained(health_server, health):
    await health_server.set_health(store=False, model=True)
    watches = [health.Watch(named(service)) for service in (SERVICE, "nothing.Such")]
    assert [(await watch.read()).status for watch in watches] == [NOT_SERVING, SERVICE_UNKNOWN]
    # Neither status changes, and nobody would come by to end them.
    async with asyncio.timeout(10):
        draining = asyncio.create_task(health_server.drain(delay_seconds=0, grace_seconds=60))
        for watch in watches:
            assert (await watch.read()).status == NOT_SERVING
            assert await watch.read() is grpc.aio.EOF
        await draining
