"""What is served beside the endpoints asks for a key too."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import grpc
import structlog
from grpc_reflection.v1alpha import reflection

from nearhit_server.api.grpc.errors import to_grpc_status
from nearhit_server.core.admission import Admission
from nearhit_server.core.errors import InternalError, NearhitError

_log = structlog.get_logger()


async def check_key(admission: Admission, context: Any) -> None:
    """End the call unless it comes with a good key, where keys are asked for."""
    metadata = dict(context.invocation_metadata() or ())
    try:
        await admission.identify(metadata.get("authorization"))
        return
    except NearhitError as error:
        failure = error
    except Exception:
        request_id = uuid4().hex
        _log.exception("internal error", request_id=request_id)
        failure = InternalError(request_id)
    status = to_grpc_status(failure)
    await context.abort(status.code, status.details, status.trailing_metadata)


class GuardedReflection(reflection.aio.ReflectionServicer):
    """The library's servicer, for callers with a key."""

    def __init__(self, service_names: list[str], admission: Admission) -> None:
        super().__init__(service_names)
        self._admission = admission

    async def ServerReflectionInfo(  # type: ignore[override]  # noqa: N802
        self, request_iterator: Any, context: Any
    ) -> AsyncIterator[Any]:
        """Tell what the server serves."""
        await check_key(self._admission, context)
        # Declared as a coroutine that returns the stream, and is the stream itself.
        responses: Any = super().ServerReflectionInfo(request_iterator, context)
        async for response in responses:
            yield response


class UnknownMethods(grpc.GenericRpcHandler):
    """Answers for every method that nobody else serves: UNIMPLEMENTED, to callers with a key.

    Added last, because grpc asks in the order in which handlers were added.
    """

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def service(self, handler_call_details: Any) -> "grpc.RpcMethodHandler[Any, Any]":
        """The handler of any method, whatever it sends and expects."""
        return grpc.stream_stream_rpc_method_handler(self._refuse)

    async def _refuse(self, request_iterator: Any, context: Any) -> None:
        await check_key(self._admission, context)
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "there is no such method")
