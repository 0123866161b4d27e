"""Clients that mean harm: the port stays up, and others get their answers."""

import asyncio
import gc
import json
import resource
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.rest.ports import open_port
from api.rest.wire import ask, connected, request
from nearhit_server.api.rest.limits import HttpLimits
from polling import until

ROUTES = ["/echo", "/metrics", "/healthz", "/readyz", "/docs", "/", "/v1/caches/default/entries"]


@pytest.fixture(scope="module")
async def port():
    limits = HttpLimits(header_seconds=0.2, body_seconds=0.2, idle_seconds=1, linger_seconds=0.1)
    async with open_port(limits=limits) as port:
        yield port
        await until(lambda: port.server.connections == 0)
        assert not [r for r in port.recorder.records if r.status.startswith("5")]


async def thrown_at(port, *parts):
    """All that the server says to the bytes of one connection; what it is has been checked."""
    async with connected(port.address) as connection:
        said = b""
        try:
            for part in parts:
                await connection.send(part)
            said = await connection.reader.read()
        except ConnectionError:
            pass
    check(said)
    return said


def check(said):
    """Fail on anything but HTTP responses without a fault of ours, and without HTML."""
    assert not said or said.startswith(b"HTTP/1.1 ")
    assert b"HTTP/1.1 5" not in said
    assert b"Traceback" not in said
    assert b"<html" not in said.lower()


async def is_serving(port):
    return (await ask(port.address, "GET", "/healthz")).status == 200


async def test_headers_that_never_end_are_given_up(port):
    async with connected(port.address) as slow, connected(port.address) as silent:
        await slow.send(b"GET / HTTP/1.1\r\n")
        for letter in b"x-slow: yes":
            await slow.send(bytes([letter]))
        answer = await slow.answer()
        assert (answer.status, answer.json["type"]) == (408, "/errors/request-timeout")
        assert await slow.ended()
        assert await silent.ended()


async def test_headers_of_a_later_request_have_their_own_time(port):
    async with connected(port.address) as connection:
        assert (await connection.ask("GET", "/healthz")).status == 200
        await connection.send(b"GET /healthz HTTP/1.1\r\nx-slow")
        assert (await connection.answer()).status == 408


async def test_client_that_drips_line_ends_is_given_up(port):
    async with connected(port.address) as connection:
        for _ in range(10):
            await connection.send(b"\r\n")
        assert (await connection.answer()).status == 408
        assert await connection.ended()


@pytest.mark.parametrize(
    "flood",
    [
        b"GET /" + b"x" * (64 << 10),
        b"GET / HTTP/1.1\r\nx: " + b"x" * (64 << 10),
        b"GET / HTTP/1.1\r\n" + b"x" * (64 << 10),
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200,
        b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * (40 << 10) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 200 + b"\r\n",
    ],
    ids=["path", "value", "name", "many", "value that ends", "many that end"],
)
async def test_flood_of_headers_is_refused(port, flood):
    async with connected(port.address) as connection:
        await connection.send(flood)
        answer = await connection.answer()
        assert (answer.status, answer.json["type"]) == (431, "/errors/headers-too-large")
        assert await connection.ended()
    assert await is_serving(port)


@pytest.mark.parametrize("flood", [b"x: " + b"y" * (1 << 20), b"x: y\r\n" * 99_000])
async def test_flood_of_trailers_is_refused(port, flood):
    async with connected(port.address) as connection:
        await connection.send(request("POST", "/echo", transfer_encoding="chunked"))
        await connection.send(b"2\r\nhi\r\n0\r\n" + flood)
        assert (await connection.answer()).status == 400
        assert await connection.ended()


async def test_body_of_64_mebibytes_is_refused(port):
    for headers in ({"content_length": str(64 << 20)}, {"transfer_encoding": "chunked"}):
        async with connected(port.address) as connection:
            await connection.send(request("POST", "/echo", **headers))
            sending = asyncio.create_task(_send_much(connection, chunked="chunked" in str(headers)))
            answer = await connection.answer()
            assert (answer.status, answer.json["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
            sending.cancel()
            await asyncio.wait([sending])
    assert await is_serving(port)


async def _send_much(connection, *, chunked):
    part = b"x" * (1 << 20)
    for _ in range(64):
        await connection.send(b"100000\r\n%b\r\n" % part if chunked else part)


async def test_thousands_of_requests_at_once_on_one_connection_are_not_queued():
    async with open_port() as port:
        await thrown_at(port, request("GET", "/metrics") * 5_000)
        await until(lambda: len(port.recorder.records) > 0)
        assert await is_serving(port)
    assert len(port.recorder.records) == 1


async def test_client_that_does_not_read_is_cut_off():
    limits = HttpLimits(write_seconds=0.2)
    async with open_port(limits=limits) as port, connected(port.address) as deaf:
        body = b"x" * (24 << 20)
        # A client that has stopped reading: nothing here takes the answer from the socket.
        deaf.writer.transport.pause_reading()
        await deaf.send(request("POST", "/echo", body))
        await until(lambda: len(port.recorder.records) == 1)
        await until(lambda: port.server.connections == 0)


async def test_smuggled_request_is_refused(port):
    for smuggling in (
        {"content_length": "5", "transfer_encoding": "chunked"},
        {"transfer_encoding": "chunked, identity"},
        {"content_length": "+5"},
        {"content_length": "5, 6"},
        {"content_length": "99999999999999999999"},
    ):
        said = await thrown_at(port, request("POST", "/echo", **smuggling) + b"0\r\n\r\nGET /x")
        assert said.startswith(b"HTTP/1.1 400 "), smuggling
        assert said.count(b"HTTP/1.1 ") == 1


async def test_random_bytes_get_an_answer_in_json_or_none(port):
    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(_GARBAGE, min_size=8, max_size=16))
    def throw(connections):
        asyncio.run_coroutine_threadsafe(all_at_once(connections), loop).result(20)

    async def all_at_once(connections):
        await asyncio.gather(*(thrown_at(port, *parts) for parts in connections))

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(throw)
    assert await is_serving(port)


_PIECES = st.sampled_from(
    [
        *(b"GET ", b"POST ", b"CONNECT x:1", b"PRI * ", b"/echo", b"/%ff%00", b"*", b"http://["),
        *(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", b" HTTP/2.0\r\n", b"\r\n", b"\n", b"\r\n\r\n"),
        *(b"content-length: 5\r\n", b"transfer-encoding: chunked\r\n", b"5\r\nhello\r\n"),
        *(b"connection: upgrade\r\nupgrade: websocket\r\n", b"expect: 100-continue\r\n"),
        *(b"0\r\n\r\n", b"\x16\x03\x01", b"authorization: Bearer \xff\r\n", b"x-request-id: \r\n"),
    ]
)

_GARBAGE = st.lists(st.one_of(st.binary(max_size=300), _PIECES), min_size=1, max_size=8)
"""What one peer sends, part by part."""

_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


async def test_any_body_on_any_path_is_answered_in_json(port):
    bodies = st.one_of(st.binary(max_size=2_000), _JSON.map(lambda v: json.dumps(v).encode()))
    verbs = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])

    @settings(
        max_examples=100,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(verb=verbs, path=st.sampled_from(ROUTES), body=bodies)
    def throw(verb, path, body):
        answer = asyncio.run_coroutine_threadsafe(ask(port.address, verb, path, body), loop).result(
            20
        )
        assert answer.status < 500
        if answer.status >= 400:
            assert answer.json["status"] == answer.status
        elif path == "/echo":
            assert answer.body == body

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(throw)


async def test_hundreds_of_peers_with_random_bytes_at_once_disturb_nobody(port):
    garbage = [bytes(((n * 7 + i * i) % 256) for i in range(n)) for n in range(300)]
    results = await asyncio.gather(
        *(thrown_at(port, b"GET / HTTP/1.1\r\n" * (n % 2), g) for n, g in enumerate(garbage)),
        is_serving(port),
    )
    assert results[-1]


@pytest.fixture
def many_files():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


async def test_connections_beyond_the_bound_are_closed_and_others_go_on():
    limits = HttpLimits(max_connections=3)
    async with open_port(limits=limits) as port, AsyncExitStack() as stack:
        held = [await stack.enter_async_context(connected(port.address)) for _ in range(3)]
        for connection in held:
            assert (await connection.ask("GET", "/healthz")).status == 200
        async with connected(port.address) as fourth:
            assert await fourth.ended()
        assert (await held[0].ask("GET", "/healthz")).status == 200
        held[1].writer.transport.abort()
        await until(lambda: port.server.connections == 2)
        assert await is_serving(port)


@pytest.mark.usefixtures("many_files")
async def test_thousands_of_idle_connections_leave_room_and_nothing_behind():
    async with open_port() as port:
        await _idle_crowd(port, 100)
        gc.collect()
        objects = len(gc.get_objects())
        await _idle_crowd(port, 2_000)
        gc.collect()
        # Each is dozens of objects: of two thousand that stayed there would be many more.
        assert len(gc.get_objects()) < objects + 10_000


async def _idle_crowd(port, size):
    async with AsyncExitStack() as stack:
        for _ in range(size):
            await stack.enter_async_context(connected(port.address))
        await until(lambda: port.server.connections == size)
        assert all([await is_serving(port) for _ in range(20)])
    await until(lambda: port.server.connections == 0)
