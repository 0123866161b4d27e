"""One RPC: bytes in, bytes out, and every way it can end."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from nearhit_server.api.grpc.errors import to_grpc_status
from nearhit_server.core.errors import (
    DeadlineExceededError,
    InternalError,
    MalformedMessageError,
    NearhitError,
    Reason,
    ResourceExhaustedError,
)

_log = structlog.get_logger()

MAX_MESSAGE_BYTES: Final = 32 << 20

Handler = Callable[[Any], Awaitable[Message]]
"""Takes the request message of an RPC and returns its response message."""

Context = grpc.aio.ServicerContext[bytes, bytes]


class Endpoint:
    """Serves one method with a handler.

    Decodes and encodes itself: grpc.aio would answer UNKNOWN with a Python traceback's last
    line if a deserializer raised.
    """

    def __init__(self, method: MethodDescriptor, handler: Handler) -> None:
        self._method = f"{method.containing_service.full_name}/{method.name}"
        self._request_type = GetMessageClass(method.input_type)
        self._handler = handler

    async def __call__(self, raw: bytes, context: Context) -> bytes:
        """Answer one call; every call ends in an answer or a status, and in one log line."""
        started = time.perf_counter()
        request_id = uuid.uuid4().hex
        log = _log.bind(method=self._method, request_id=request_id)
        try:
            answer = await self._answer(raw, context)
        except asyncio.CancelledError:
            # grpc cancels the handler for either; its caller has been told by grpc already.
            remaining = context.time_remaining()
            late = remaining is not None and remaining <= 0
            code = "DEADLINE_EXCEEDED" if late else "CANCELLED"
            log.info("call", code=code, seconds=time.perf_counter() - started)
            raise
        except NearhitError as error:
            failure = error
        except Exception:
            log.exception("internal error")
            failure = InternalError(request_id)
        else:
            log.info("call", code="OK", seconds=time.perf_counter() - started)
            return answer
        status = to_grpc_status(failure)
        log.info(
            "call",
            code=status.code.name,
            reason=failure.reason,
            seconds=time.perf_counter() - started,
        )
        # Outside of every try: abort raises to end the call.
        await context.abort(status.code, status.details, status.trailing_metadata)
        raise AssertionError("abort returned")

    async def _answer(self, raw: bytes, context: Context) -> bytes:
        remaining = context.time_remaining()
        if remaining is not None and remaining <= 0:
            raise DeadlineExceededError
        try:
            request = self._request_type.FromString(raw)
        except DecodeError as error:
            raise MalformedMessageError(
                f"the bytes received are not a {self._request_type.DESCRIPTOR.full_name}"
            ) from error
        answer = (await self._handler(request)).SerializeToString()
        if len(answer) > MAX_MESSAGE_BYTES:
            raise ResourceExhaustedError(
                f"the response has {len(answer)} bytes, more than {MAX_MESSAGE_BYTES}; "
                "ask for less at once, or for fewer fields",
                reason=Reason.RESPONSE_TOO_LARGE,
            )
        return answer
