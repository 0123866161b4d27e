"""The standard health protocol."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc_health.v1 import health

from nearhit_server.api.grpc.errors import to_grpc_status
from nearhit_server.api.grpc.health_requests import HealthRequests
from nearhit_server.api.grpc.health_watches import HealthWatches
from nearhit_server.core.errors import NearhitError


class HealthEndpoint:
    """Serves Check and Watch from what the library's servicer knows.

    As the library has it, grpc would read a whole message for each call before anybody could
    set it a deadline. To grpc these are handlers of streams of requests, as an Endpoint is, and
    they read bytes, as an Endpoint does.
    """

    def __init__(self) -> None:
        self._servicer = health.aio.HealthServicer()
        self._requests = HealthRequests()
        self._watches = HealthWatches(self._servicer)

    @property
    def handlers(self) -> dict[str, "grpc.RpcMethodHandler[bytes, bytes]"]:
        """The methods by name."""
        return {
            "Check": grpc.stream_unary_rpc_method_handler(self._check),
            "Watch": grpc.stream_stream_rpc_method_handler(self._watch),
        }

    async def set(self, service: str, status: Any) -> None:
        """Tell this status of a service from now on."""
        await self._servicer.set(service, status)

    async def drain(self) -> None:
        """Turn every service to NOT_SERVING for good, and end the watches that are told so."""
        await self._servicer.enter_graceful_shutdown()
        self._watches.end()

    async def _check(self, requests: AsyncIterator[bytes], context: Any) -> bytes:
        try:
            request = await self._requests.read(context)
        except NearhitError as error:
            status = to_grpc_status(error)
        else:
            # Declared to return nothing.
            answer: Any = await self._servicer.Check(request, context)
            return bytes(answer.SerializeToString())
        await context.abort_with_status(status)
        raise AssertionError("abort returned")

    async def _watch(self, requests: AsyncIterator[bytes], context: Any) -> None:
        try:
            await self._watches.watch(await self._requests.read(context), context)
            return
        except NearhitError as error:
            status = to_grpc_status(error)
        await context.abort_with_status(status)
