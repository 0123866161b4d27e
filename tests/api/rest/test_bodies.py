"""Bodies: how large, how slow, and answers given before they have come."""

import pytest
from starlette.responses import Response

from api.rest.ports import open_port
from api.rest.wire import ask, connected, request
from doors import admission
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.routes import Route
from polling import until

CHUNKED = b"POST /echo HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n"

LIMITS = HttpLimits(max_body_bytes=1_000, max_unannounced_body_bytes=100, linger_seconds=0.2)


@pytest.fixture(scope="module")
async def port():
    async with open_port(limits=LIMITS) as port:
        yield port


async def test_body_of_the_largest_size_is_read(port):
    answer = await ask(port.address, "POST", "/echo", b"x" * 1_000)
    assert (answer.status, len(answer.body)) == (200, 1_000)


async def test_body_that_announces_too_much_is_refused_before_it_is_sent(port):
    async with connected(port.address) as connection:
        await connection.send(
            request("POST", "/echo", content_length="1001", expect="100-continue")
        )
        answer = await connection.answer()
        assert (answer.status, answer.json["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
        assert answer.headers["connection"] == "close"
        assert await connection.ended()


async def test_body_in_chunks_is_read_up_to_its_bound(port):
    async with connected(port.address) as connection:
        await connection.send(CHUNKED + b"64\r\n" + b"x" * 100 + b"\r\n0\r\n\r\n")
        assert (await connection.answer()).body == b"x" * 100
        await connection.send(CHUNKED + b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n")
        assert (await connection.answer()).status == 413


async def test_client_that_asks_first_is_told_to_go_on(port):
    async with connected(port.address) as connection:
        await connection.send(request("POST", "/echo", content_length="2", expect="100-continue"))
        assert await connection.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert await connection.reader.readline() == b"\r\n"
        await connection.send(b"hi")
        assert (await connection.answer()).body == b"hi"


async def test_body_that_comes_too_slowly_is_given_up():
    async with (
        open_port(limits=HttpLimits(body_seconds=0.1, linger_seconds=0.1)) as port,
        connected(port.address) as connection,
    ):
        await connection.send(request("POST", "/echo", content_length="10") + b"x")
        answer = await connection.answer()
        assert (answer.status, answer.json["type"]) == (408, "/errors/request-timeout")
        assert answer.headers["connection"] == "close"
        assert await connection.ended()


@pytest.mark.parametrize(
    "rest", [b"zz\r\n", b"5\r\nhello0\r\n\r\n", b"-1\r\n", b"ffffffffffffffffff\r\n"]
)
async def test_chunk_that_is_none_is_refused(port, rest):
    async with connected(port.address) as connection:
        await connection.send(CHUNKED + rest)
        answer = await connection.answer()
        assert (answer.status, answer.json["type"]) == (400, "/errors/invalid-data")
        assert await connection.ended()


async def test_body_that_ends_early_costs_nothing():
    async with open_port() as port:
        async with connected(port.address) as connection:
            await connection.send(CHUNKED + b"5\r\nhel")
            connection.writer.write_eof()
            assert await connection.ended()
        await until(lambda: len(port.recorder.records) == 1)
    assert port.recorder.records[0].status == "499"


async def test_trailer_is_no_header():
    seen = []

    async def keep(call, _):
        seen.append(call.request.headers.get("authorization"))
        return Response()

    route = Route(verb="POST", path="/keep", handler=keep)
    async with open_port([route]) as port, connected(port.address) as connection:
        chunked = CHUNKED.replace(b"/echo", b"/keep")
        await connection.send(chunked + b"2\r\nhi\r\n0\r\nauthorization: Bearer x\r\n\r\n")
        assert (await connection.answer()).status == 200
    assert seen == [None]


async def test_large_body_that_nobody_wants_does_not_cost_the_answer():
    """A client that sends all before it reads would else meet a connection that was reset."""
    async with open_port(door=admission(max_calls=0)) as port, connected(port.address) as client:
        await client.send(request("POST", "/echo", b"x" * (16 << 20)))
        answer = await client.answer()
        assert (answer.status, answer.headers["connection"]) == (429, "close")
        assert await client.ended()
