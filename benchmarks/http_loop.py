"""The closed loop over HTTP/1.1, with a client that does no more than it must.

A real one would cost more than the server that is measured.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

from benchmarks.closed_loop import LoopResult, loop_of

_END_OF_HEADERS = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


def http_request(path: str, body: bytes, *, headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A POST as it goes over the wire."""
    lines = [
        f"POST {path} HTTP/1.1",
        "host: localhost",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def http_closed_loop(
    address: str, requests: Sequence[bytes], *, callers: int, seconds: float
) -> LoopResult:
    """Send each of `requests` in turn, over `callers` connections at once, for some seconds."""
    host, _, port = address.rpartition(":")
    async with AsyncExitStack() as stack:
        connections = []
        for _ in range(callers):
            connection = Connection(*await asyncio.open_connection(host, int(port)), requests)
            stack.callback(connection.close)
            await connection.call(0)
            connections.append(connection)
        return await loop_of([connection.call for connection in connections], seconds=seconds)


class Connection:
    """One connection, which is kept alive."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: Sequence[bytes]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._requests = requests

    async def call(self, number: int) -> str:
        """Send request number n; the status of its response, once all of that is there."""
        self._writer.write(self._requests[number % len(self._requests)])
        head = (await self._reader.readuntil(_END_OF_HEADERS)).lower()
        length = head.partition(_LENGTH)[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))
        return head.split(b" ", 2)[1].decode()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
