"""Requests of health checks, from callers of whom nothing is known."""

import asyncio
from typing import Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1.health_pb2 import HealthCheckRequest

from nearhit_server.core.errors import DeadlineExceededError, MalformedMessageError

_MAX_BYTES: Final = 1_024
"""The name of a service takes some tens."""

_READ_SECONDS: Final = 3.0
"""For a request to arrive, although clients send it together with the call."""

_MAX_PATIENT: Final = 8
"""Requests that may take so long at once. Whoever sends too much is only found out at the end:
each may take as much memory as the longest message of any method."""

_HURRIED_READ_SECONDS: Final = 0.25
"""For every further one. So none is kept waiting by those that never end."""

Context = grpc.aio.ServicerContext[bytes, bytes]


class HealthRequests:
    """Reads requests, with little time for each."""

    def __init__(self) -> None:
        self._patient = 0

    async def read(self, context: Context) -> HealthCheckRequest:
        """The request of a call. Raises DeadlineExceededError and MalformedMessageError."""
        raw = await self._read(context)
        # EOF, which the declared type lacks.
        if not isinstance(raw, bytes):
            raise MalformedMessageError("the call came without a message")
        if len(raw) > _MAX_BYTES:
            raise MalformedMessageError(f"a health check has at most {_MAX_BYTES} bytes")
        try:
            return HealthCheckRequest.FromString(raw)
        except DecodeError as error:
            raise MalformedMessageError(
                f"the bytes received are not a {HealthCheckRequest.DESCRIPTOR.full_name}"
            ) from error

    async def _read(self, context: Context) -> bytes:
        patient = self._patient < _MAX_PATIENT
        self._patient += patient
        try:
            async with asyncio.timeout(_READ_SECONDS if patient else _HURRIED_READ_SECONDS):
                return await context.read()
        except TimeoutError:
            raise DeadlineExceededError from None
        finally:
            self._patient -= patient
