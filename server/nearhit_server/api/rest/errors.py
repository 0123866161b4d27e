"""The core's errors, and HTTP's own, as the bodies that clients of LangCache understand."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from starlette.responses import Response

from nearhit_server.core import errors
from nearhit_server.core.errors import Allowance, NearhitError, Reason, Violation


@dataclass(frozen=True)
class Kind:
    """A sort of failure: its status, `type`, `title` and `error.code`."""

    status: int
    type: str
    title: str
    code: str


INVALID: Final = Kind(400, "/errors/invalid-data", "Invalid request", "INVALID_REQUEST")
UNAUTHORIZED: Final = Kind(401, "/errors/authentication-failed", "Unauthorized", "UNAUTHORIZED")
FORBIDDEN: Final = Kind(403, "/errors/insufficient-permissions", "Forbidden", "FORBIDDEN")
NOT_FOUND: Final = Kind(404, "/errors/resource-not-found", "Not found", "NOT_FOUND")
WRONG_VERB: Final = Kind(405, "/errors/method-not-allowed", "Method not allowed", "INVALID_REQUEST")
TOO_SLOW: Final = Kind(408, "/errors/request-timeout", "Request timeout", "INVALID_REQUEST")
CONFLICT: Final = Kind(409, "/errors/already-exists", "Already exists", "INVALID_REQUEST")
TOO_LARGE: Final = Kind(413, "/errors/payload-too-large", "Payload too large", "PAYLOAD_TOO_LARGE")
STORE_UNAVAILABLE: Final = Kind(
    424, "/errors/database/resource-database-unavailable", "Database unavailable", "UNAVAILABLE"
)
STORE_FULL: Final = Kind(
    424, "/errors/database/out-of-memory", "Database out of memory", "UNAVAILABLE"
)
TOO_MANY: Final = Kind(429, "/errors/too-many-requests", "Too many requests", "RATE_LIMITED")
HEADERS_TOO_LARGE: Final = Kind(
    431, "/errors/headers-too-large", "Request header fields too large", "INVALID_REQUEST"
)
INTERNAL: Final = Kind(500, "/errors/unexpected-error", "Internal error", "INTERNAL_ERROR")
UNAVAILABLE: Final = Kind(503, "/errors/service-unavailable", "Unavailable", "UNAVAILABLE")
LATE: Final = Kind(504, "/errors/deadline-exceeded", "Deadline exceeded", "UNAVAILABLE")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A failure as it is told to the client."""

    kind: Kind
    detail: str
    fields: Sequence[Violation] = ()
    headers: Sequence[tuple[str, str]] = ()

    def body(self) -> bytes:
        """The JSON of it: RFC 9457's members, and the older shape's `error` beside them."""
        kind = self.kind
        members: dict[str, object] = {
            "title": kind.title,
            "type": kind.type,
            "status": kind.status,
            "detail": self.detail,
            "error": {"code": kind.code, "message": self.detail},
        }
        if self.fields:
            members["fields"] = [
                {"field": v.field, "rule": "invalid", "message": v.description} for v in self.fields
            ]
        return json.dumps(members).encode()

    def response(self) -> Response:
        """It as a response. Not problem+json, which the SDKs take for no error of theirs."""
        headers = {"content-type": "application/json", **dict(self.headers)}
        return Response(self.body(), status_code=self.kind.status, headers=headers)


class HttpError(Exception):
    """A failure that only HTTP has."""

    def __init__(self, kind: Kind, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.problem = Problem(kind=kind, detail=detail, headers=tuple(headers.items()))


_KINDS: Final[dict[type[NearhitError], Kind]] = {
    errors.InvalidArgumentError: INVALID,
    errors.MalformedMessageError: INVALID,
    errors.NotFoundError: NOT_FOUND,
    errors.AlreadyExistsError: CONFLICT,
    errors.FailedPreconditionError: INVALID,
    errors.ResourceExhaustedError: TOO_MANY,
    errors.RateLimitedError: TOO_MANY,
    errors.UnauthenticatedError: UNAUTHORIZED,
    errors.PermissionDeniedError: FORBIDDEN,
    errors.UnavailableError: UNAVAILABLE,
    errors.DeadlineExceededError: LATE,
    errors.InternalError: INTERNAL,
}

_KINDS_BY_REASON: Final = {
    # 424 is how the contract says that the store behind the service has failed; what else is
    # out of reach, or on its way out, is the service itself: 503, which its SDKs retry.
    Reason.STORE_UNAVAILABLE: STORE_UNAVAILABLE,
    Reason.STORE_READ_ONLY: STORE_UNAVAILABLE,
    Reason.STORE_LOADING: STORE_UNAVAILABLE,
    Reason.STORE_MISCONFIGURED: STORE_UNAVAILABLE,
    Reason.STORE_FULL: STORE_FULL,
    # Not 429: the same call would fail again.
    Reason.RESPONSE_TOO_LARGE: TOO_LARGE,
}

_OLDER_NOT_FOUND: Final = {
    Reason.CACHE_NOT_FOUND: "/errors/cache/not-found",
    Reason.ENTRY_NOT_FOUND: "/errors/cache/entry/not-found",
}

_PYTHON_SDK: Final = re.compile(r"speakeasy-sdk/python (\d+)\.(\d+)")


def to_problem(error: NearhitError, *, user_agent: str, now: float) -> Problem:
    """The error as the client that calls itself `user_agent` wants it. `now` is Unix time."""
    kind = _KINDS_BY_REASON.get(error.reason, _KINDS[type(error)])
    if error.reason in _OLDER_NOT_FOUND and not _knows_resource_not_found(user_agent):
        kind = replace(kind, type=_OLDER_NOT_FOUND[error.reason])
    return Problem(
        kind=kind,
        detail=error.message,
        fields=error.violations if kind is INVALID else (),
        headers=_headers(error, now),
    )


def allowance_headers(allowance: Allowance, *, now: float) -> list[tuple[str, str]]:
    """How a caller stands with its rate limit, for any response."""
    return [
        ("x-ratelimit-limit", str(allowance.limit)),
        ("x-ratelimit-remaining", str(allowance.remaining)),
        ("x-ratelimit-reset", str(math.ceil(now + allowance.reset_seconds))),
    ]


def _headers(error: NearhitError, now: float) -> list[tuple[str, str]]:
    headers = []
    if isinstance(error, errors.UnauthenticatedError):
        headers.append(("www-authenticate", "Bearer"))
    if isinstance(error, errors.ResourceExhaustedError) and error.retry_delay is not None:
        headers.append(("retry-after", str(_whole_seconds(error.retry_delay))))
    if isinstance(error, errors.RateLimitedError):
        headers += allowance_headers(error.allowance, now=now)
    return headers


def _whole_seconds(delay: timedelta) -> int:
    return max(1, math.ceil(delay.total_seconds()))


def _knows_resource_not_found(user_agent: str) -> bool:
    """Each of the SDKs takes one type of 404 for its own and no other; which, its name tells."""
    match = _PYTHON_SDK.search(user_agent)
    return match is not None and (int(match[1]), int(match[2])) >= (0, 12)
