"""One connection: uvicorn's protocol, with bounds on what uvicorn leaves open.

uvicorn has no deadline for a request's headers, no bound for their size, queues as many requests
as a client cares to send ahead, and waits without end for a client that does not read.
"""

import asyncio
from typing import Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from nearhit_server.api.rest.exchange import BROKEN
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.problems import Problem
from nearhit_server.api.rest.refusals import GARBAGE, HEADERS_LATE, LARGE, on_the_wire

_MIN_PROGRESS_BYTES: Final = 1 << 20


class Connections(ServerState):
    """What the connections of one port share."""

    def __init__(self) -> None:
        super().__init__()
        self.draining = False
        self.changed = asyncio.Event()
        """Set when a connection has ended."""


class _RefusedError(Exception):
    """Stops the parser."""


class HttpProtocol(HttpToolsProtocol):
    """A connection. Whatever is wrong with it is answered in JSON, where there is an answer."""

    def __init__(self, config: Config, shared: Connections, limits: HttpLimits) -> None:
        super().__init__(config, shared, app_state={})
        self._shared = shared
        self._limits = limits
        self._call: asyncio.Task[None] | None = None
        self._header_timer: asyncio.TimerHandle | None = None
        self._end_timer: asyncio.TimerHandle | None = None
        self._unsent_bytes = 0
        self._fault = GARBAGE
        self._deaf = False
        """What comes in is no longer read."""
        self._in_headers = False
        self._header_bytes = 0
        self._useless_bytes = 0
        """Received since the parser last made anything of them."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        limits = self._limits
        # Whoever comes late must not hold up the end by saying nothing.
        in_haste = self._shared.draining
        self._time_headers(limits.linger_seconds if in_haste else limits.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._stop_timing_headers()
        if self._end_timer is not None:
            self._end_timer.cancel()
        if self._call is not None:
            # Nobody waits for the answer any more.
            self._call.cancel()
        self._shared.changed.set()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self._unset_keepalive_if_required()
        self._useless_bytes += len(data)
        try:
            self.parser.feed_data(data)
            # A header or a trailer without end, which the parser hands over only when complete.
            if self._useless_bytes > self._limits.max_header_bytes:
                self._refuse(LARGE)
        except httptools.HttpParserUpgrade as upgrade:
            self._parse_as_it_is(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            self._refuse(self._fault)
        if self._answering:
            self._stop_timing_headers()
        elif self._header_timer is None and not self._deaf:
            self._time_headers(self._limits.header_seconds)

    # What the parser calls. An exception stops it.

    def on_message_begin(self) -> None:
        if self._answering:
            # Sent ahead of the answer. Those who do that send it again on another connection.
            raise _RefusedError
        super().on_message_begin()
        self._in_headers = True
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value) + 4)
        # What comes behind a body is no header, and must not pass for one.
        if self._in_headers:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._useless_bytes = 0
        if self.parser.should_upgrade():
            if self.parser.get_method() == b"CONNECT":
                raise _RefusedError
            return
        super().on_headers_complete()
        if self._shared.draining:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._useless_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._useless_bytes = 0
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _parse_as_it_is(self, rest: bytes) -> None:
        """Take a request that asks for another protocol, as Java's client does for HTTP/2 in the
        clear, for one that does not. The parser would leave out its body."""
        version = self.parser.get_http_version().encode()
        head = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name != b"upgrade":
                head += [name, b": ", value, b"\r\n"]
        self.parser = httptools.HttpRequestParser(self)
        self.data_received(b"".join([*head, b"\r\n", rest]))

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        too_large = self._header_bytes > self._limits.max_header_bytes
        if too_large or len(self.headers) >= self._limits.max_headers:
            self._fault = LARGE
            raise _RefusedError

    # What uvicorn and its response call.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: object) -> None:
        self._call = self.loop.create_task(cycle.run_asgi(self.app))
        self.tasks.add(self._call)
        self._call.add_done_callback(self.tasks.discard)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The task may still have to end, but its client has got everything.
        self._call = None
        if self.transport.is_closing():
            self._watch_writing()

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._end_timer is not None and not self.transport.is_closing():
            self._end_timer.cancel()
            self._end_timer = None

    # What the server calls.

    def announce_end(self) -> None:
        """Let the connection end with the answer that is under way."""
        if self._answering:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """End the connection, after the answer that is under way and the request that is
        arriving."""
        if self._answering:
            self.cycle.keep_alive = False
        elif self.cycle is None and not self._deaf:
            # Nobody opens a connection to say nothing: a request may be on its way.
            self._time_headers(self._limits.linger_seconds)
        elif self._useless_bytes == 0:
            self._close()

    def abort(self) -> None:
        """End the connection now."""
        self.transport.abort()

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self, problem: Problem) -> None:
        """Read no more. Say why, if that is not for the call to say that is under way."""
        self._deaf = True
        if not self._answering:
            self._stop_timing_headers()
            self._say(problem)
            return
        self.cycle.keep_alive = False
        if self.cycle.more_body:
            self.cycle.scope["state"][BROKEN] = True
            self.cycle.message_event.set()

    def _say(self, problem: Problem) -> None:
        self.transport.write(on_the_wire(problem))
        # Not closed at once: what the client still sends would cost it the answer.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._end_timer = self.loop.call_later(self._limits.linger_seconds, self._stop_lingering)

    def _stop_lingering(self) -> None:
        self._end_timer = None
        self._close()

    def _close(self) -> None:
        self.transport.close()
        # Which waits until everything is sent.
        self._watch_writing()

    def _time_headers(self, seconds: float) -> None:
        self._stop_timing_headers()
        self._header_timer = self.loop.call_later(seconds, self._headers_late)

    def _stop_timing_headers(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _headers_late(self) -> None:
        self._header_timer = None
        if self._useless_bytes:
            self._refuse(HEADERS_LATE)
        else:
            self._close()

    def _watch_writing(self) -> None:
        if self._end_timer is None:
            self._unsent_bytes = self._unsent()
            self._end_timer = self.loop.call_later(self._limits.write_seconds, self._check_writing)

    def _unsent(self) -> int:
        try:
            return self.transport.get_write_buffer_size()
        except AttributeError:
            # asyncio's TLS transport has let go of everything if it was closed twice.
            return 0

    def _check_writing(self) -> None:
        self._end_timer = None
        read = self._unsent_bytes - self._unsent()
        if read < _MIN_PROGRESS_BYTES:
            self.transport.abort()
        else:
            self._watch_writing()
