"""What a call can fail with: one exception for each gRPC status that the server uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar, Final

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class FieldViolation:
    """A field of a request, by its path as in `filter.tag_in.name`, and what is wrong with it."""

    field: str
    description: str


class NearhitError(Exception):
    """A call, or one item of a batch, failed. Catch this to catch every failure.

    `message` is a sentence for people, `status_code` the name of the gRPC status
    ("NOT_FOUND"), `reason` what programs compare: a name from error_reason.proto
    without its prefix ("CACHE_NOT_FOUND"), or "" if the server did not answer.
    `details` is what the server adds to the reason. `field_violations` names the
    fields at fault, mostly in an InvalidArgumentError; `retry_delay` says when to come
    back, mostly in a ResourceExhaustedError, and is None where the server does not say.
    A gRPC error is its `__cause__`.
    """

    default_status_code: ClassVar[str] = "UNKNOWN"

    def __init__(
        self,
        message: str,
        *,
        status_code: str | None = None,
        reason: str = "",
        details: Mapping[str, str] = _NOTHING,
        field_violations: Sequence[FieldViolation] = (),
        retry_delay: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code or self.default_status_code
        self.reason = reason
        self.details = dict(details)
        self.field_violations = tuple(field_violations)
        self.retry_delay = retry_delay

    def __str__(self) -> str:
        cause = self.reason or self.status_code
        return f"{self.message} [{cause}]"


class InvalidArgumentError(NearhitError):
    """The request breaks the contract; `field_violations` says where. Do not repeat it."""

    default_status_code = "INVALID_ARGUMENT"


class NotFoundError(NearhitError):
    """There is no such cache, entry or key. A search that finds nothing is a Miss, not this."""

    default_status_code = "NOT_FOUND"


class AlreadyExistsError(NearhitError):
    """There is such a cache already."""

    default_status_code = "ALREADY_EXISTS"


class FailedPreconditionError(NearhitError):
    """The cache or the server is not made for this request, as for a vector of that length."""

    default_status_code = "FAILED_PRECONDITION"


class ResourceExhaustedError(NearhitError):
    """A limit is reached; come back after `retry_delay`, if there is one."""

    default_status_code = "RESOURCE_EXHAUSTED"


class UnauthenticatedError(NearhitError):
    """The API key is missing, unknown, expired or revoked."""

    default_status_code = "UNAUTHENTICATED"


class PermissionDeniedError(NearhitError):
    """The API key does not allow this."""

    default_status_code = "PERMISSION_DENIED"


class UnavailableError(NearhitError):
    """The server, or something it needs, is out of reach, after the retries there were."""

    default_status_code = "UNAVAILABLE"


class DeadlineExceededError(NearhitError):
    """The call's timeout passed. What it should have done may have been done all the same."""

    default_status_code = "DEADLINE_EXCEEDED"


class InternalError(NearhitError):
    """A fault of the server, or a response that this client cannot read."""

    default_status_code = "INTERNAL"
