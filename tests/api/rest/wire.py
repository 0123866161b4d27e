"""HTTP by hand: what no well-behaved client library would send."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A response; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """One connection to a port."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, *, has_body: bool = True) -> Answer:
        """The next response. Fails if the server sends none, or anything but HTTP."""
        status_line = await self.reader.readline()
        assert status_line.startswith(b"HTTP/1.1 "), status_line
        headers = {}
        while line := (await self.reader.readline()).strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        size = int(headers.get("content-length", "0")) if has_body else 0
        body = await self.reader.readexactly(size)
        return Answer(int(status_line.split()[1]), headers, body)

    async def ask(self, verb: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Send a request and wait for its response."""
        await self.send(request(verb, path, body, **headers))
        return await self.answer(has_body=verb != "HEAD")

    async def ended(self) -> bool:
        """Wait for the server to end the connection; whether it had nothing more to say."""
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True


def request(verb: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as it goes over the wire; underscores in headers' names become hyphens."""
    if body:
        headers["content-length"] = str(len(body))
    lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
    return f"{verb} {path} HTTP/1.1\r\nhost: test\r\n{''.join(lines)}\r\n".encode() + body


@asynccontextmanager
async def connected(
    address: str, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Connection]:
    """A connection to HOST:PORT."""
    host, _, port = address.rpartition(":")
    async with asyncio.timeout(20):
        reader, writer = await asyncio.open_connection(host.strip("[]"), int(port), ssl=tls)
        try:
            yield Connection(reader, writer)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()


async def ask(address: str, verb: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """One call on a connection of its own."""
    async with connected(address) as connection:
        return await connection.ask(verb, path, body, **headers)


async def until_refused(address: str) -> None:
    """Wait until nobody is let in."""
    with suppress(ConnectionRefusedError, ConnectionResetError):
        while True:
            async with connected(address):
                pass
