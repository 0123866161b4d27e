"""One request and its response: a body that is bounded, and an answer that arrives."""

import asyncio
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.problems import TOO_LARGE, TOO_SLOW, HttpError
from nearhit_server.core.errors import MalformedMessageError

BROKEN: Final = "nearhit.broken"
"""Set in a scope's `state` when the rest of the body cannot be read."""


class Exchange:
    """`receive` and `send` of a call, as ASGI has them.

    A client that is answered before it has sent its whole body is heard a moment longer: what
    is left unread when a connection is closed can cost it the answer. Then the connection ends.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, limits: HttpLimits) -> None:
        headers = Headers(scope=scope)
        self._state = scope["state"]
        self._receive = receive
        self._send = send
        self._limits = limits
        self._deadline = asyncio.get_running_loop().time() + limits.body_seconds
        self._announced = int(headers.get("content-length", "0"))
        chunked = "transfer-encoding" in headers
        self._max_bytes = limits.max_unannounced_body_bytes if chunked else limits.max_body_bytes
        self._pending = chunked or self._announced > 0
        self._asks_first = headers.get("expect", "").lower() == "100-continue"
        self._received = 0
        self.body_bytes = self._max_bytes if chunked else min(self._announced, self._max_bytes)
        """How large the body will be at most."""

    def check_announced(self) -> None:
        """Raise HttpError if the body is to be larger than may be."""
        if self._announced > self._max_bytes:
            raise self._too_large()

    async def receive(self) -> Message:
        """The next part of the body; then the client's departure.

        Raises HttpError for a body that is too large or too slow, MalformedMessageError for one
        that ends in garbage.
        """
        if not self._pending:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._next()
        except TimeoutError as error:
            seconds = self._limits.body_seconds
            raise HttpError(TOO_SLOW, f"the body took more than {seconds:g} s") from error
        self._received += len(message.get("body", b""))
        if self._received > self._max_bytes:
            raise self._too_large()
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the response."""
        if not self._pending:
            await self._send(message)
        elif message["type"] == "http.response.start":
            close = (b"connection", b"close")
            await self._send({**message, "headers": [*message["headers"], close]})
        elif message.get("more_body", False):
            await self._send(message)
        else:
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body"})

    async def _next(self) -> Message:
        self._asks_first = False
        message = await self._receive()
        if BROKEN in self._state:
            self._pending = False
            raise MalformedMessageError("the body is not what its headers announce")
        # Of a client that has gone there is nothing more to come.
        self._pending = message.get("more_body", False)
        return message

    async def _linger(self) -> None:
        if self._asks_first:
            # It was never told to go ahead, and so does not.
            return
        # Cancelled means that the client or the server goes: there is nothing to linger for.
        with suppress(TimeoutError, MalformedMessageError, asyncio.CancelledError):
            async with asyncio.timeout(self._limits.linger_seconds):
                while self._pending:
                    await self._next()

    def _too_large(self) -> HttpError:
        return HttpError(TOO_LARGE, f"the body has more than {self._max_bytes} bytes")
