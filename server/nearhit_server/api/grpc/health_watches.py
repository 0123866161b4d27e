"""Streams of a service's health."""

import asyncio
from typing import Any, Final

import grpc
from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from nearhit_server.core.errors import Reason, ResourceExhaustedError

_MAX_WATCHES: Final = 1_000
"""A client has one for each connection, if any. Nobody needs a key for it."""

Context = grpc.aio.ServicerContext[bytes, bytes]


class HealthWatches:
    """Every watch under way. They follow the library's servicer, and end when shutdown begins.

    Left open, as they are by their nature, they would hold up every shutdown for the whole
    grace period.
    """

    def __init__(self, servicer: health.aio.HealthServicer) -> None:
        self._servicer = servicer
        self._statuses: set[_Statuses] = set()
        self._ended = False

    async def watch(self, request: HealthCheckRequest, context: Context) -> None:
        """Tell one caller until it goes away. Raises ResourceExhaustedError."""
        if len(self._statuses) >= _MAX_WATCHES:
            raise ResourceExhaustedError(
                "the server has as many watches as it takes at once",
                reason=Reason.SERVER_OVERLOADED,
            )
        statuses = _Statuses()
        self._statuses.add(statuses)
        if self._ended:
            statuses.end()
        # As much of a context as the servicer uses.
        written: Any = statuses
        try:
            async with asyncio.TaskGroup() as group:
                following = group.create_task(self._servicer.Watch(request, written))
                await statuses.tell(context)
                following.cancel()
        finally:
            self._statuses.remove(statuses)

    def end(self) -> None:
        """Tell all callers, and those who still come, NOT_SERVING as the last status."""
        self._ended = True
        for statuses in self._statuses:
            statuses.end()


class _Statuses:
    """What a caller has to be told next: the latest status, not all there were.

    The servicer writes here, because it does so with its lock in hand. A caller that does not
    read would keep it from telling anybody else, and the server from ending.
    """

    def __init__(self) -> None:
        self._latest = HealthCheckResponse()
        self._news = asyncio.Event()
        self._ended = False

    async def write(self, response: HealthCheckResponse) -> None:
        """Take a status, as a context does."""
        self._latest = response
        self._news.set()

    def end(self) -> None:
        """Take the last status there is."""
        self._latest = HealthCheckResponse(status=HealthCheckResponse.NOT_SERVING)
        self._ended = True
        self._news.set()

    async def tell(self, context: Context) -> None:
        """Write what comes until the last status has been written."""
        while True:
            await self._news.wait()
            self._news.clear()
            ended = self._ended
            await context.write(self._latest.SerializeToString())
            if ended:
                return
