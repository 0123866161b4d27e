"""One RPC: bytes in, bytes out, and every way it can end."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
import structlog
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from nearhit_server.api.grpc.errors import to_grpc_status
from nearhit_server.api.request_ids import request_id
from nearhit_server.core.access.callers import Access, Caller
from nearhit_server.core.admission import Admission
from nearhit_server.core.errors import (
    DeadlineExceededError,
    InternalError,
    MalformedMessageError,
    NearhitError,
    Reason,
    ResourceExhaustedError,
)
from nearhit_server.core.observing import CallRecord, Observer

_log = structlog.get_logger()

MAX_MESSAGE_BYTES: Final = 32 << 20

_READ_SECONDS: Final = 30.0
"""For a request to arrive, which meanwhile counts against no bound."""

_LATE_SECONDS: Final = 0.05
"""A client whose deadline passes says so a moment before the server's clock does."""

_COME_BACK_LATER: Final = (("grpc-retry-pushback-ms", "300"),)
"""For clients that retry: at once they would meet the same server."""

Handler = Callable[..., Awaitable[Message]]
"""Takes the request message of an RPC and who sent it, and if the RPC is `timed` also when that
caller goes away, of time.monotonic() or None; returns the response message."""

Context = grpc.aio.ServicerContext[bytes, bytes]
Metadata = Mapping[str, str | bytes]


@dataclass(frozen=True)
class Rpc:
    """A method's handler, and what a request for it needs."""

    handler: Handler
    access: Callable[[Any], Access]
    timed: bool = False


class Endpoint:
    """Serves one unary method.

    To grpc it is a handler of a stream of requests, on the wire that is the same. So it is asked
    before the request has been read, and reads it only for who may send one: until then a caller
    costs no more than a flow-control window, and all of it counts against the call's time.

    Decodes and encodes itself: grpc.aio would answer UNKNOWN with a Python traceback's last
    line if a deserializer raised.
    """

    def __init__(
        self, method: MethodDescriptor, rpc: Rpc, *, admission: Admission, observer: Observer
    ) -> None:
        self._method = f"{method.containing_service.full_name}/{method.name}"
        self._request_type = GetMessageClass(method.input_type)
        self._rpc = rpc
        self._admission = admission
        self._observer = observer

    async def __call__(self, requests: AsyncIterator[bytes], context: Context) -> bytes:
        """Answer one call; every call ends in an answer or a status."""
        metadata = dict(context.invocation_metadata() or ())
        record = CallRecord(
            protocol="grpc",
            method=self._method,
            request_id=request_id(metadata.get("x-request-id")),
            traceparent=str(metadata.get("traceparent", "")),
        )
        context.set_trailing_metadata((("x-request-id", record.request_id),))
        with self._observer.call(record):
            try:
                answer = await self._answer(context, metadata, record)
            except asyncio.CancelledError:
                # grpc cancels the handler for either; its caller has been told by grpc already.
                remaining = context.time_remaining()
                late = remaining is not None and remaining <= _LATE_SECONDS
                record.status = "DEADLINE_EXCEEDED" if late else "CANCELLED"
                raise
            except NearhitError as error:
                # Kept under a name, the error would keep itself, and with it the request, which
                # may be large, until the garbage collector comes by.
                status, record.reason = to_grpc_status(error), error.reason
            except Exception:
                _log.exception("internal error", request_id=record.request_id)
                failure = InternalError(record.request_id)
                status, record.reason = to_grpc_status(failure), failure.reason
            else:
                record.status = "OK"
                return answer
            record.status = status.code.name
        trailing = (*status.trailing_metadata, ("x-request-id", record.request_id))
        if record.reason == Reason.SHUTTING_DOWN:
            trailing += _COME_BACK_LATER
        # Outside of every try, because it raises to end the call. Setting code and details
        # instead would send headers first, and a call with headers is not retried.
        await context.abort(status.code, status.details, trailing)
        raise AssertionError("abort returned")

    async def _answer(self, context: Context, metadata: Metadata, record: CallRecord) -> bytes:
        remaining = context.time_remaining()
        seconds = self._admission.seconds(remaining)
        if seconds <= 0:
            raise DeadlineExceededError
        ends = None if remaining is None else time.monotonic() + seconds
        began = asyncio.get_running_loop().time()
        # At first for the request to arrive. One timeout, not two: each costs as much as to
        # decode a search.
        deadline = asyncio.timeout(min(seconds, _READ_SECONDS))
        try:
            async with deadline:
                caller = await self._admission.identify(_text(metadata.get("authorization")))
                record.key_id = caller.key_id
                raw = await _read(context)
                if seconds > _READ_SECONDS:
                    deadline.reschedule(began + seconds)
                # Behind the reading: a client that never sends its request takes nobody's place.
                with self._admission.holding(len(raw)), self._admission.slot():
                    return await self._handled(raw, caller, record, ends)
        except TimeoutError:
            if deadline.expired():
                raise DeadlineExceededError from None
            raise

    async def _handled(
        self, raw: bytes, caller: Caller, record: CallRecord, ends: float | None
    ) -> bytes:
        request = self._decoded(raw)
        access = self._rpc.access(request)
        record.cache = access.cache
        await self._admission.admit(caller, access)
        arguments = (request, caller, ends) if self._rpc.timed else (request, caller)
        answer = (await self._rpc.handler(*arguments)).SerializeToString()
        if len(answer) > MAX_MESSAGE_BYTES:
            raise ResourceExhaustedError(
                f"the response has {len(answer)} bytes, more than {MAX_MESSAGE_BYTES}; "
                "ask for less at once, or for fewer fields",
                reason=Reason.RESPONSE_TOO_LARGE,
            )
        return answer

    def _decoded(self, raw: bytes) -> Message:
        try:
            return self._request_type.FromString(raw)
        except DecodeError as error:
            raise MalformedMessageError(
                f"the bytes received are not a {self._request_type.DESCRIPTOR.full_name}"
            ) from error


async def _read(context: Context) -> bytes:
    raw = await context.read()
    # EOF, which the declared type lacks.
    if not isinstance(raw, bytes):
        raise MalformedMessageError("the call came without a message")
    return raw


def _text(value: str | bytes | None) -> str | None:
    """Metadata as text; whoever sends bytes under such a name means nothing we know."""
    return value if isinstance(value, str) else None
