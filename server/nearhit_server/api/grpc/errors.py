"""The core's errors as gRPC statuses with details."""

from typing import Final

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from nearhit.v1 import semantic_cache_pb2, types_pb2
from nearhit_server.api.grpc.codec.values import encode_duration
from nearhit_server.core import errors
from nearhit_server.core.errors import NearhitError

ERROR_DOMAIN: Final = "nearhit"

_CODES: Final[dict[type[NearhitError], int]] = {
    errors.InvalidArgumentError: Code.INVALID_ARGUMENT,
    errors.MalformedMessageError: Code.INVALID_ARGUMENT,
    errors.NotFoundError: Code.NOT_FOUND,
    errors.AlreadyExistsError: Code.ALREADY_EXISTS,
    errors.FailedPreconditionError: Code.FAILED_PRECONDITION,
    errors.ResourceExhaustedError: Code.RESOURCE_EXHAUSTED,
    errors.RateLimitedError: Code.RESOURCE_EXHAUSTED,
    errors.UnauthenticatedError: Code.UNAUTHENTICATED,
    errors.PermissionDeniedError: Code.PERMISSION_DENIED,
    errors.UnavailableError: Code.UNAVAILABLE,
    errors.DeadlineExceededError: Code.DEADLINE_EXCEEDED,
    errors.InternalError: Code.INTERNAL,
}

# A status travels in HTTP/2 trailers, of which a client accepts 8 KiB by default, and its
# message twice: once percent-encoded, where a character can take 12 bytes.
_MAX_MESSAGE_CHARACTERS: Final = 200
_MAX_DETAILS_BYTES: Final = 2_048


def to_grpc_status(error: NearhitError) -> grpc.Status:
    """Code, message and details of an error, small enough for any client."""
    status = Status(code=_CODES[type(error)], message=_short(error.message))
    status.details.append(_pack(ErrorInfo(reason=error.reason, domain=ERROR_DOMAIN)))
    if isinstance(error, errors.ResourceExhaustedError) and error.retry_delay is not None:
        status.details.append(_pack(RetryInfo(retry_delay=encode_duration(error.retry_delay))))
    if error.violations:
        status.details.append(_pack(_bad_request(error)))
    return rpc_status.to_status(status)


def to_item_error(error: NearhitError) -> semantic_cache_pb2.ItemError:
    """The error of one item of a batch."""
    return semantic_cache_pb2.ItemError(
        code=_CODES[type(error)],
        reason=error.reason,
        message=error.message,
        field_violations=[
            types_pb2.FieldViolation(field=v.field, description=v.description)
            for v in error.violations
        ],
    )


def _bad_request(error: NearhitError) -> BadRequest:
    bad_request = BadRequest()
    for violation in error.violations:
        bad_request.field_violations.add(
            field=_short(violation.field), description=_short(violation.description)
        )
        if bad_request.ByteSize() > _MAX_DETAILS_BYTES:
            bad_request.field_violations.pop()
            break
    return bad_request


def _short(text: str) -> str:
    if len(text) <= _MAX_MESSAGE_CHARACTERS:
        return text
    return text[: _MAX_MESSAGE_CHARACTERS - 1] + "…"


def _pack(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed
