"""Turns gRPC errors and the errors of batch items into this package's exceptions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Protocol, TypedDict, TypeVar, cast

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import (  # type: ignore[import-untyped, unused-ignore]
    error_details_pb2,
    status_pb2,
)
from grpc_status import rpc_status

from nearhit import errors
from nearhit.v1 import semantic_cache_pb2

DetailT = TypeVar("DetailT", bound=Message)

ERROR_DOMAIN: Final = "nearhit"
"""ErrorInfo of another domain comes from something between us and the server."""

ERRORS_BY_STATUS: Final[Mapping[grpc.StatusCode, type[errors.NearhitError]]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.InvalidArgumentError,
    grpc.StatusCode.NOT_FOUND: errors.NotFoundError,
    grpc.StatusCode.ALREADY_EXISTS: errors.AlreadyExistsError,
    grpc.StatusCode.FAILED_PRECONDITION: errors.FailedPreconditionError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: errors.ResourceExhaustedError,
    grpc.StatusCode.UNAUTHENTICATED: errors.UnauthenticatedError,
    grpc.StatusCode.PERMISSION_DENIED: errors.PermissionDeniedError,
    grpc.StatusCode.UNAVAILABLE: errors.UnavailableError,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.DeadlineExceededError,
    grpc.StatusCode.INTERNAL: errors.InternalError,
}

_STATUS_BY_NUMBER: Final[Mapping[int, grpc.StatusCode]] = {
    status.value[0]: status for status in grpc.StatusCode
}


class FailedCall(Protocol):
    """What the errors of grpc and of grpc.aio have in common."""

    def code(self) -> grpc.StatusCode: ...
    def details(self) -> str | None: ...
    def trailing_metadata(self) -> Any: ...


class _Details(TypedDict):
    reason: str
    details: Mapping[str, str]
    field_violations: list[errors.FieldViolation]
    retry_delay: timedelta | None


def error_of_call(error: grpc.RpcError) -> errors.NearhitError:
    """The exception for a failed call, to be raised from `error`."""
    call = cast(FailedCall, error)
    status = call.code()
    message = call.details() or "the call failed without a message"
    return _error(status, message, _details(_rich_status(call)))


def error_of_item(item: semantic_cache_pb2.ItemError) -> errors.NearhitError:
    """The exception for a failed item of a batch."""
    status = _STATUS_BY_NUMBER.get(item.code, grpc.StatusCode.UNKNOWN)
    violations = [
        errors.FieldViolation(violation.field, violation.description)
        for violation in item.field_violations
    ]
    details = _Details(
        reason=item.reason, details={}, field_violations=violations, retry_delay=None
    )
    return _error(status, item.message, details)


def _error(status: grpc.StatusCode, message: str, details: _Details) -> errors.NearhitError:
    kind = ERRORS_BY_STATUS.get(status, errors.NearhitError)
    return kind(message, status_code=status.name, **details)


def _rich_status(call: FailedCall) -> status_pb2.Status:
    try:
        # Typed for grpc.Call, which grpc.aio's error is not, though it answers alike.
        status = rpc_status.from_call(cast(grpc.Call, call))
    except (DecodeError, TypeError, ValueError):
        # A broken trailer must not hide the failure that it was meant to explain.
        status = None
    return status or status_pb2.Status()


def _details(status: status_pb2.Status) -> _Details:
    info = _detail(status, error_details_pb2.ErrorInfo)
    ours = info.domain == ERROR_DOMAIN
    request = _detail(status, error_details_pb2.BadRequest)
    retry = _detail(status, error_details_pb2.RetryInfo)
    return _Details(
        reason=info.reason if ours else "",
        details=dict(info.metadata) if ours else {},
        field_violations=[
            errors.FieldViolation(violation.field, violation.description)
            for violation in request.field_violations
        ],
        retry_delay=retry.retry_delay.ToTimedelta() if retry.HasField("retry_delay") else None,
    )


def _detail(status: status_pb2.Status, kind: type[DetailT]) -> DetailT:
    """The status's detail of this type, an empty one if it has none that can be read."""
    for packed in status.details:
        detail = kind()
        try:
            if packed.Unpack(detail):
                return detail
        except DecodeError:
            continue
    return kind()
