"""A gRPC and an HTTP port with nothing behind but TLS, and callers of them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc

import nearhit
from nearhit_server.certificates import Certificates
from tls_files import Pair, write_pair

_ENOUGH_SECONDS = 20.0

Ask = Callable[[], Awaitable[None]]
"""Gets an answer over an open connection. Raises RefusedError."""


class RefusedError(Exception):
    """There is no connection to be had, or it has ended."""


@dataclass(frozen=True)
class TlsPort:
    """A listening port; `connect(trusted, own)` opens a new connection for the body."""

    connect: Callable[[bytes, Pair | None], AbstractAsyncContextManager[Ask]]

    async def answers(self, trusted: bytes, own: Pair | None = None) -> bool:
        """Whether a new connection is answered, which trusts one authority and shows `own`."""
        async with self.connect(trusted, own) as ask:
            try:
                await ask()
            except RefusedError:
                return False
        return True


@asynccontextmanager
async def grpc_port(certificates: Certificates) -> AsyncIterator[TlsPort]:
    """A gRPC port that answers any method."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_AnyMethod(),))
    port = server.add_secure_port("127.0.0.1:0", certificates.grpc_credentials())
    await server.start()

    @asynccontextmanager
    async def connect(trusted: bytes, own: Pair | None) -> AsyncIterator[Ask]:
        credentials = nearhit.tls(
            ca=trusted, certificate=own and own.certificate, key=own and own.key
        )
        # Channels would share a connection.
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.secure_channel(f"127.0.0.1:{port}", credentials, options) as channel:

            async def ask() -> None:
                try:
                    await channel.unary_unary("/any/Method")(b"", timeout=_ENOUGH_SECONDS)
                except grpc.aio.AioRpcError as error:
                    if error.code() is not grpc.StatusCode.UNAVAILABLE:
                        raise
                    raise RefusedError from error

            yield ask

    try:
        yield TlsPort(connect)
    finally:
        await server.stop(None)


@asynccontextmanager
async def http_port(certificates: Certificates) -> AsyncIterator[TlsPort]:
    """A port of asyncio, as under an HTTP server, that sends lines back."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0, ssl=certificates.http_context())
    port = server.sockets[0].getsockname()[1]

    @asynccontextmanager
    async def connect(trusted: bytes, own: Pair | None) -> AsyncIterator[Ask]:
        line = _Line(port, client_context(trusted, own))
        try:
            yield line.ask
        finally:
            await line.close()

    async with server:
        yield TlsPort(connect)


def client_context(trusted: bytes, own: Pair | None = None) -> ssl.SSLContext:
    """A client's side of TLS, which trusts one authority and shows `own`."""
    context = ssl.create_default_context(cadata=trusted.decode())
    if own is not None:
        # There is no way to load them but from files.
        with TemporaryDirectory() as folder:
            context.load_cert_chain(*write_pair(Path(folder), own))
    return context


class _Line:
    """A connection to the port of asyncio, opened when something is first asked over it."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self._port = port
        self._context = context
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self) -> None:
        try:
            async with asyncio.timeout(_ENOUGH_SECONDS):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(
                        "127.0.0.1", self._port, ssl=self._context
                    )
                reader, writer = self._streams
                writer.write(b"line\n")
                answer = await reader.readline()
        except OSError as error:
            raise RefusedError from error
        if answer != b"line\n":
            raise RefusedError

    async def close(self) -> None:
        if self._streams is not None:
            _, writer = self._streams
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()


class _AnyMethod(grpc.GenericRpcHandler):  # type: ignore[misc]
    """Answers nothing to everything."""

    def service(self, _: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        return grpc.unary_unary_rpc_method_handler(_answer)


async def _answer(request: bytes, _: object) -> bytes:
    return request
