"""The connections that calls go over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest

import nearhit
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.bench.calls import Caller, open_channels
from nearhit_server.bench.requests import Method, Request
from nearhit_server.bench.settings import Target
from tls_files import Authority

SEARCH = Request(Method.SEARCH, b"")
HOST = "127.0.0.1"

authority = Authority()


class Noting(grpc.GenericRpcHandler):
    """Answers with a miss and notes who called with what."""

    def __init__(self):
        self.peers = []
        self.keys = []

    def service(self, _):
        return grpc.unary_unary_rpc_method_handler(self._miss)

    async def _miss(self, _, context):
        self.peers.append(context.peer())
        self.keys.append(dict(context.invocation_metadata()).get("authorization"))
        return pb.SearchResponse(miss=pb.Miss()).SerializeToString()


@asynccontextmanager
async def noting_server(noting: Noting, *, encrypts: bool) -> AsyncIterator[str]:
    """The address of a server, with a certificate of the authority if it encrypts."""
    server = grpc.aio.server(handlers=[noting])
    if encrypts:
        pair = authority.issue()
        credentials = grpc.ssl_server_credentials([(pair.key, pair.certificate)])
        port = server.add_secure_port(f"{HOST}:0", credentials)
    else:
        port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    try:
        yield f"{HOST}:{port}"
    finally:
        await server.stop(None)


async def test_calls_are_encrypted_and_carry_the_key(tmp_path):
    ca = tmp_path / "ca.crt"
    ca.write_bytes(authority.pem)
    noting = Noting()
    async with noting_server(noting, encrypts=True) as address:
        target = Target(address, api_key="a-key", tls=True, ca=str(ca))
        async with open_channels(target, 1, timeout_seconds=10) as channels:
            await Caller(channels, target, timeout_seconds=10).first_calls(SEARCH)

    assert noting.keys == ["Bearer a-key"]


async def test_each_channel_is_a_connection_of_its_own():
    noting = Noting()
    async with noting_server(noting, encrypts=False) as address:
        target = Target(address)
        async with open_channels(target, 3, timeout_seconds=10) as channels:
            await Caller(channels, target, timeout_seconds=10).first_calls(SEARCH)

    assert noting.keys == [None] * 3
    assert len(set(noting.peers)) == 3


async def test_server_that_does_not_answer_is_an_error():
    with pytest.raises(nearhit.UnavailableError, match="no server answers"):
        async with open_channels(Target(f"{HOST}:1"), 1, timeout_seconds=0.1):
            pass


def test_key_is_not_shown():
    assert "a-key" not in repr(Target("host:1", api_key="a-key"))
