"""The port itself: its address, TLS, connections that are kept, and its end."""

import asyncio
import http.client
import socket
import ssl

import pytest
import trustme

from api.rest.ports import Gate, open_port
from api.rest.wire import ask, connected, request, until_refused
from nearhit_server.api.addresses import AddressError, bound_address, listen
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.server import open_http_server
from polling import until


async def nothing(scope, receive, send):
    raise AssertionError("nobody calls")


async def test_address_that_is_in_use_is_named():
    async with open_port() as port:
        with pytest.raises(AddressError, match=f"{port.address}: address already in use"):
            async with open_http_server(port.address, nothing):
                pass


@pytest.mark.parametrize("address", ["192.0.2.1:0", "no-such-host.invalid:0"])
async def test_address_of_another_machine_is_refused(address):
    with pytest.raises(AddressError, match=f"cannot listen on {address}: "):
        async with open_http_server(address, nothing):
            pass


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "[::1]"])
async def test_address_is_the_one_that_was_asked_for_with_the_port_that_was_free(host):
    async with open_http_server(f"{host}:0", nothing) as server:
        assert server.address.startswith(f"{host}:")
        assert not server.address.endswith(":0")


async def test_connection_sends_small_parts_at_once():
    listener = await listen("127.0.0.1:0")
    with listener:
        async with connected(bound_address("127.0.0.1:0", listener)):
            accepted, _ = await asyncio.get_running_loop().sock_accept(listener)
            _, writer = await asyncio.open_connection(sock=accepted)
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
            writer.close()
            await writer.wait_closed()


async def test_server_that_never_started_ends():
    async with open_http_server("127.0.0.1:0", nothing) as server:
        pass
    with pytest.raises(ConnectionRefusedError):
        async with connected(server.address):
            pass


async def test_connection_is_kept_for_the_next_call():
    async with open_port() as port, connected(port.address) as connection:
        for number in range(3):
            answer = await connection.ask("POST", "/echo", str(number).encode())
            assert answer.body == str(number).encode()
            assert "connection" not in answer.headers
        head = await connection.ask("HEAD", "/healthz")
        assert head.headers["content-length"] == "15"
        assert (await connection.ask("GET", "/healthz")).status == 200


async def test_request_sent_ahead_is_left_for_another_connection():
    async with open_port() as port, connected(port.address) as connection:
        await connection.send(request("GET", "/healthz") * 3)
        assert (await connection.answer()).headers["connection"] == "close"
        assert await connection.ended()


async def test_connection_that_is_idle_is_ended():
    limits = HttpLimits(idle_seconds=0)
    async with open_port(limits=limits) as port, connected(port.address) as connection:
        assert (await connection.ask("GET", "/healthz")).status == 200
        assert await connection.ended()


async def test_request_that_asks_for_another_protocol_is_answered_in_this_one():
    async with open_port() as port, connected(port.address) as connection:
        for _ in range(2):
            answer = await connection.ask(
                *("POST", "/echo", b"hi"),
                connection="Upgrade, HTTP2-Settings",
                upgrade="h2c",
                http2_settings="AAMAAABkAAQAAP__",
            )
            assert (answer.status, answer.body) == (200, b"hi")
        assert (await connection.ask("GET", "/healthz")).status == 200


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def server_context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


def client_context(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_tls_port_answers_those_who_trust_it_and_nobody_in_the_clear(authority):
    async with open_port(tls=server_context(authority)) as port:
        trusting = client_context(authority)
        async with connected(port.address, tls=trusting) as connection:
            large = b"x" * (1 << 20)
            assert (await connection.ask("POST", "/echo", large)).body == large
        with pytest.raises(ssl.SSLCertVerificationError):
            async with connected(port.address, tls=ssl.create_default_context()):
                pass
        async with connected(port.address) as clear:
            await clear.send(request("GET", "/healthz"))
            assert b"HTTP" not in await clear.reader.read()
        # A client library, blocking as most are.
        answer = await asyncio.to_thread(_status_by_library, port.address, trusting)
        assert answer == 200


def _status_by_library(address, context):
    client = http.client.HTTPSConnection(address, context=context, timeout=10)
    client.request("GET", "/healthz")
    status = client.getresponse().status
    client.close()
    return status


async def test_handshake_that_is_never_finished_is_given_up(authority):
    limits = HttpLimits(handshake_seconds=0.1)
    async with (
        open_port(tls=server_context(authority), limits=limits) as port,
        connected(port.address) as silent,
    ):
        assert await silent.ended()
        await until(lambda: port.server.connections == 0)


async def test_server_ends_though_handshakes_are_under_way(authority):
    async with (
        open_port(tls=server_context(authority)) as port,
        connected(port.address) as silent,
    ):
        await until(lambda: port.server.connections == 1)
        await port.server.close()
        assert await silent.ended()
        assert port.server.connections == 0


async def test_drain_lets_the_call_in_flight_finish_and_lets_nobody_in():
    gate = Gate()
    async with (
        open_port([gate.route()]) as port,
        connected(port.address) as busy,
        connected(port.address) as idle,
    ):
        await idle.ask("GET", "/healthz")
        await busy.send(request("GET", "/gate"))
        await gate.entered.wait()
        draining = asyncio.create_task(port.server.drain(delay_seconds=0, grace_seconds=20))
        assert await idle.ended()
        await until_refused(port.address)
        assert not draining.done()
        gate.opened.set()
        answer = await busy.answer()
        assert (answer.status, answer.body) == (200, b"late")
        assert answer.headers["connection"] == "close"
        assert await busy.ended()
        await draining


async def test_drain_answers_during_its_delay_and_then_ends_each_connection():
    async with open_port() as port, connected(port.address) as kept:
        await kept.ask("GET", "/healthz")
        draining = asyncio.create_task(port.server.drain(delay_seconds=30, grace_seconds=20))
        # Until the drain has begun, connections are kept.
        async with asyncio.timeout(10):
            while "connection" not in (await ask(port.address, "GET", "/healthz")).headers:
                pass
        answer = await kept.ask("GET", "/healthz")
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert await kept.ended()
        # A second signal ends the wait.
        draining.cancel()
        await port.server.drain(delay_seconds=0, grace_seconds=0)
        assert port.server.connections == 0


async def test_drain_waits_for_a_request_that_is_still_arriving():
    async with open_port() as port, connected(port.address) as slow, connected(port.address) as new:
        first, second = b"POST /echo HTTP/1.1\r\nhost:", b" x\r\ncontent-length: 2\r\n\r\nhi"
        await slow.ask("GET", "/healthz")
        await slow.send(first)
        await new.send(first)
        await until(lambda: port.server.connections == 2)
        draining = asyncio.create_task(port.server.drain(delay_seconds=0.05, grace_seconds=20))
        await until_refused(port.address)
        for connection in (slow, new):
            await connection.send(second)
            answer = await connection.answer()
            assert (answer.body, answer.headers["connection"]) == (b"hi", "close")
        await draining


async def test_drain_answers_those_who_had_connected():
    async with open_port() as port:
        host, _, number = port.address.rpartition(":")
        # The event loop has no chance to let it in before the drain begins.
        with socket.create_connection((host, int(number))) as client:
            client.sendall(request("GET", "/healthz"))
            await port.server.drain(delay_seconds=0, grace_seconds=20)
            answer = client.recv(1_000)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


async def test_drain_tells_calls_that_outlive_the_grace():
    gate = Gate()
    async with open_port([gate.route()]) as port, connected(port.address) as busy:
        await busy.send(request("GET", "/gate"))
        await gate.entered.wait()
        port.health.draining = True
        await port.server.drain(delay_seconds=0, grace_seconds=0.05)
        answer = await busy.answer()
        assert (answer.status, answer.json["error"]["code"]) == (503, "UNAVAILABLE")
        assert gate.cancelled.is_set()
        assert port.recorder.records[0].status == "503"
