"""The HTTP server: a port, its connections, and their end."""

import asyncio
import errno
import resource
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Final

import structlog
from starlette.types import ASGIApp
from uvicorn.config import Config

from nearhit_server.api.addresses import BACKLOG, bound_address, listen
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.protocol import Connections, HttpProtocol

_log = structlog.get_logger()

_PAUSE_SECONDS: Final = 0.5
"""How long nobody is let in when the process has run out of what a connection takes."""

_LAST_WORDS_SECONDS: Final = 1.0
"""For calls that are cut off to say so."""

_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class HttpServer:
    """A server that has its port, and answers calls once started. `address` is HOST:PORT.

    It takes its place in an event loop that others share: uvicorn's own server would take the
    signals, configure logging, and let in whoever comes.
    """

    def __init__(
        self,
        listener: socket.socket,
        config: Config,
        *,
        address: str,
        ssl_context: ssl.SSLContext | None,
        limits: HttpLimits,
    ) -> None:
        self._listener = listener
        self._config = config
        self._ssl_context = ssl_context
        self._limits = limits
        self._max_connections = min(limits.max_connections, _half_of_all_files())
        self._connections = Connections()
        self._opening: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None
        self.address = address

    @property
    def connections(self) -> int:
        """How many there are, those that still shake hands included."""
        return len(self._connections.connections) + len(self._opening)

    async def start(self) -> None:
        """Begin to answer calls."""
        self._listen()

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """Tell clients to go elsewhere, then refuse new connections and let calls finish.

        For `delay_seconds` new calls are still answered, each as the last of its connection.
        Calls still running `grace_seconds` after that are cut off. Calling it again with shorter
        times ends the wait sooner.
        """
        self._connections.draining = True
        for connection in self._all():
            connection.announce_end()
        await asyncio.sleep(delay_seconds)
        if self._listener.fileno() != -1:
            # Those who have connected already would be cut off.
            self._accept()
        self._stop_listening()
        for connection in self._all():
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._emptied()
        await self.close()

    async def close(self) -> None:
        """End everything now; calls that are under way answer that they were cut off."""
        self._stop_listening()
        self._connections.draining = True
        for opening in self._opening:
            opening.cancel()
        for connection in self._all():
            connection.shutdown()
        for call in self._connections.tasks:
            call.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._calls_ended()
        for connection in self._all():
            connection.abort()
        await self._emptied()
        await self._calls_ended()

    def _listen(self) -> None:
        # Not loop.sock_accept, which loses a connection if it is cancelled as that comes in.
        self._pause = None
        asyncio.get_running_loop().add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Let in all who wait."""
        for _ in range(BACKLOG):
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    _log.error("cannot accept connections", error=error.strerror)
                    self._stop_accepting()
                    loop = asyncio.get_running_loop()
                    self._pause = loop.call_later(_PAUSE_SECONDS, self._listen)
                    return
                # A client that went away before it was let in.
                continue
            if self.connections >= self._max_connections:
                accepted.close()
                continue
            accepted.setblocking(False)
            opening = asyncio.create_task(self._open(accepted))
            self._opening.add(opening)
            opening.add_done_callback(partial(self._opened, accepted))

    def _stop_accepting(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        asyncio.get_running_loop().remove_reader(self._listener)

    async def _open(self, accepted: socket.socket) -> None:
        # Whoever fails to shake hands has gone, or does not speak TLS.
        with suppress(OSError):
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: HttpProtocol(self._config, self._connections, self._limits),
                accepted,
                ssl=self._ssl_context,
                ssl_handshake_timeout=self._limits.handshake_seconds
                if self._ssl_context is not None
                else None,
            )

    def _opened(self, accepted: socket.socket, opening: asyncio.Task[None]) -> None:
        self._opening.discard(opening)
        if opening.cancelled():
            # Perhaps before it began, so that nobody else has it.
            accepted.close()
        self._connections.changed.set()

    def _stop_listening(self) -> None:
        if self._listener.fileno() != -1:
            self._stop_accepting()
            self._listener.close()

    async def _emptied(self) -> None:
        while self.connections:
            self._connections.changed.clear()
            await self._connections.changed.wait()

    async def _calls_ended(self) -> None:
        if self._connections.tasks:
            await asyncio.wait(list(self._connections.tasks))

    def _all(self) -> list[HttpProtocol]:
        return [c for c in self._connections.connections if isinstance(c, HttpProtocol)]


@asynccontextmanager
async def open_http_server(
    address: str,
    app: ASGIApp,
    *,
    ssl_context: ssl.SSLContext | None = None,
    limits: HttpLimits | None = None,
    share_port: bool = False,
) -> AsyncIterator[HttpServer]:
    """A server that has taken `address`, HOST:PORT, where port 0 is any free one, to itself or
    to share it. Without `ssl_context` it does not encrypt. Raises AddressError."""
    limits = limits or HttpLimits()
    listener = await listen(address, share_port=share_port)
    server = HttpServer(
        listener,
        _config(app, limits),
        address=bound_address(address, listener),
        ssl_context=ssl_context,
        limits=limits,
    )
    try:
        yield server
    finally:
        await server.close()


def _config(app: ASGIApp, limits: HttpLimits) -> Config:
    config = Config(
        app,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        # Its warnings are of clients' mistakes, of which anybody could make us write any number.
        log_level="error",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        # Else it would look for a number in the environment.
        workers=1,
        timeout_keep_alive=limits.idle_seconds,
    )
    config.load()
    return config


def _half_of_all_files() -> int:
    """The store, the model and gRPC need files too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft // 2 if soft != resource.RLIM_INFINITY else 1 << 30
