"""A real server's port under attack: it stays up, and others do not notice."""

import asyncio

import grpc
import pytest
from hypothesis import HealthCheck, given, settings

from hostile.attacks import ATTACKS
from hostile.messages import hostile_bytes
from hostile.peers import SEARCH
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1 import types_pb2
from nearhit_server.api.grpc.server import (
    CACHE_ADMIN,
    CACHE_QUALITY,
    EMBEDDING_CACHE,
    KEY_ADMIN,
    SEMANTIC_CACHE,
)

pytestmark = pytest.mark.slow

OUR_FAULT = {grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN, grpc.StatusCode.UNAVAILABLE}
METHODS = [
    method
    for service in (SEMANTIC_CACHE, CACHE_ADMIN, CACHE_QUALITY, EMBEDDING_CACHE, KEY_ADMIN)
    for method in service.methods
]


@pytest.fixture(scope="module")
async def channel(server):
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(server.address, options=options) as channel:
        yield channel


async def status_of(channel, raw, path=SEARCH, **options):
    """How a call with these bytes ends."""
    try:
        await channel.unary_unary(path)(raw, **options)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
async def test_server_is_unharmed_by(server, attack):
    await attack(server.address)


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("compression", [None, grpc.Compression.Gzip], ids=["plain", "gzip"])
async def test_message_past_the_limit_is_refused(channel, compression):
    raw = bytes(64 << 20)
    assert await status_of(channel, raw, compression=compression) is (
        grpc.StatusCode.RESOURCE_EXHAUSTED
    )


@pytest.mark.usefixtures("undisturbed")
async def test_many_large_messages_are_refused_while_others_are_served(channel):
    raw = pb.SearchRequest(cache="default", prompt="x" * (30 << 20)).SerializeToString()
    statuses = await asyncio.gather(*(status_of(channel, raw) for _ in range(8)))
    assert set(statuses) <= {
        grpc.StatusCode.INVALID_ARGUMENT,
        # They are more than a server takes in hand at once.
        grpc.StatusCode.RESOURCE_EXHAUSTED,
    }


@pytest.mark.usefixtures("unharmed")
async def test_messages_no_client_would_send_are_refused(channel):
    attributes = {str(number): "value" for number in range(100_000)}
    crowded = pb.SearchRequest(cache="default", prompt="a", attributes=attributes)
    endless = types_pb2.Filter(tag_in=types_pb2.TagIn(name="a", values=["b"]))
    for _ in range(90):
        endless = types_pb2.Filter(negation=endless)
    nested = pb.SearchRequest(cache="default", prompt="a", filter=endless)
    # Deeper than protobuf itself can read; an unfinished group of fields; a cut varint.
    filter_field = b"\x2a"
    for raw in (
        crowded.SerializeToString(),
        nested.SerializeToString(),
        nested.SerializeToString()[:-1],
        deeper_than_readable(nested),
        b"\x0b" * 10_000,
        b"\xff" * 10,
        filter_field,
    ):
        assert await status_of(channel, raw) is grpc.StatusCode.INVALID_ARGUMENT


def deeper_than_readable(request):
    """The bytes of a request whose filter is a negation of 10,000 negations."""
    inner = b""
    number = types_pb2.Filter.DESCRIPTOR.fields_by_name["negation"].number
    for _ in range(10_000):
        inner = bytes([number << 3 | 2]) + varint(len(inner)) + inner
    field = request.DESCRIPTOR.fields_by_name["filter"].number
    return bytes([field << 3 | 2]) + varint(len(inner)) + inner


def varint(value):
    """A length as protobuf writes it."""
    written = bytearray()
    while value > 127:
        written.append(value & 127 | 128)
        value >>= 7
    return bytes([*written, value])


@pytest.mark.usefixtures("unharmed")
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
async def test_method_answers_any_bytes(channel, method):
    path = f"/{method.containing_service.full_name}/{method.name}"

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=hostile_bytes(method.input_type))
    def collect(raw):
        sent.append(raw)

    sent = []
    collect()
    statuses = await asyncio.gather(*(status_of(channel, raw, path) for raw in sent))
    assert not OUR_FAULT & set(statuses)
