"""Health of the services, by the standard protocol."""

from contextlib import suppress
from typing import Any

from grpc_health.v1 import health
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse


class _WatchEndedError(Exception):
    """A watch has said its last word."""


class HealthServicer(health.aio.HealthServicer):
    """The library's servicer, but its watches end when shutdown begins.

    Left open, as they are by their nature, they would hold up every shutdown for the whole
    grace period.
    """

    def __init__(self) -> None:
        super().__init__()
        self.draining = False

    async def drain(self) -> None:
        """Turn every service to NOT_SERVING for good, and end the watches that are told so."""
        self.draining = True
        await self.enter_graceful_shutdown()

    async def Watch(self, request: HealthCheckRequest, context: Any) -> None:  # noqa: N802
        """Stream the status of a service whenever it changes."""
        ending: Any = _EndingContext(context, self)
        with suppress(_WatchEndedError):
            await super().Watch(request, ending)


class _EndingContext:
    """A context to write to, which ends the stream after its last status."""

    def __init__(self, context: Any, servicer: HealthServicer) -> None:
        self._context = context
        self._servicer = servicer

    async def write(self, response: HealthCheckResponse) -> None:
        await self._context.write(response)
        if self._servicer.draining:
            raise _WatchEndedError
