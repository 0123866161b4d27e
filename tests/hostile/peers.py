"""Peers of a gRPC port that write HTTP/2 frames themselves."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hpack import Encoder
from hyperframe.frame import DataFrame, Frame, HeadersFrame, SettingsFrame

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
GREETING = _PREFACE + SettingsFrame(0).serialize()
GREETING_OF_THE_DEAF = (
    _PREFACE + SettingsFrame(0, {SettingsFrame.INITIAL_WINDOW_SIZE: 0}).serialize()
)
"""Of one who takes no message of any call."""

SEARCH = "/nearhit.v1.SemanticCacheService/Search"
CHECK = "/grpc.health.v1.Health/Check"
WATCH = "/grpc.health.v1.Health/Watch"
HEADERS = (
    *((":method", "POST"), (":scheme", "http"), (":authority", "a")),
    *(("te", "trailers"), ("content-type", "application/grpc")),
)


class Peer:
    """One connection. Little is read from it but its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *parts: bytes | Frame) -> None:
        """Send bytes and frames, as far as the server still takes them."""
        for part in parts:
            self._writer.write(part if isinstance(part, bytes) else part.serialize())
        with suppress(ConnectionError):
            await self._writer.drain()

    async def until_answered(self) -> None:
        """Wait until the server has sent the headers of an answer."""
        while True:
            head = await self._reader.readexactly(9)
            frame, length = Frame.parse_frame_header(memoryview(head))
            await self._reader.readexactly(length)
            if isinstance(frame, HeadersFrame):
                return

    async def until_closed(self) -> None:
        """Wait until the server hangs up."""
        with suppress(ConnectionError):
            while await self._reader.read(65_536):
                pass


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Peer]:
    """A connection on which nothing was said yet."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Peer(reader, writer)
    finally:
        writer.transport.abort()


def call(number: int, *more: tuple[str, str], path: str = SEARCH) -> HeadersFrame:
    """The headers of a connection's call with that number, from 0."""
    headers = ((":path", path), *HEADERS, *more)
    # Of no use to the next: every block stands on its own.
    block = Encoder().encode([(*header, True) for header in headers])
    return HeadersFrame(2 * number + 1, block, flags=["END_HEADERS"])


def message(number: int, body: bytes, *, length: int | None = None, last: bool) -> DataFrame:
    """A call's message as gRPC sends it; `length` is what is claimed of it."""
    prefix = struct.pack(">BI", 0, len(body) if length is None else length)
    return DataFrame(2 * number + 1, prefix + body, flags=["END_STREAM"] if last else [])
