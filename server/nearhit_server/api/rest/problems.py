"""What a failure looks like to a client: the bodies that LangCache's SDKs understand."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NotRequired

from starlette.responses import Response
from typing_extensions import TypedDict  # pydantic takes no other before Python 3.12


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
CACHE_NOT_FOUND: Final = Kind(404, "/errors/cache/not-found", "Not found", "NOT_FOUND")
ENTRY_NOT_FOUND: Final = Kind(404, "/errors/cache/entry/not-found", "Not found", "NOT_FOUND")
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


class OlderError(TypedDict):
    """A failure in the older shape."""

    code: str
    message: str


class FieldProblem(TypedDict):
    """A member of a request, by its path, the rule that it breaks, and how it does."""

    field: str
    rule: str
    message: str


class ProblemBody(TypedDict):
    """What a failure looks like: RFC 9457's members, and the older shape beside them."""

    title: str
    type: str
    status: int
    detail: str
    error: OlderError
    fields: NotRequired[list[FieldProblem]]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A failure as it is told to the client."""

    kind: Kind
    detail: str
    fields: Sequence[FieldProblem] = ()
    headers: Sequence[tuple[str, str]] = ()

    def body(self) -> bytes:
        """The JSON of it."""
        kind = self.kind
        body = ProblemBody(
            title=kind.title,
            type=kind.type,
            status=kind.status,
            detail=self.detail,
            error={"code": kind.code, "message": self.detail},
        )
        if self.fields:
            body["fields"] = list(self.fields)
        return json.dumps(body).encode()

    def response(self) -> Response:
        """It as a response. Not problem+json, which the SDKs take for no error of theirs."""
        headers = {"content-type": "application/json", **dict(self.headers)}
        return Response(self.body(), status_code=self.kind.status, headers=headers)


class HttpError(Exception):
    """A failure that only HTTP has."""

    def __init__(
        self, kind: Kind, detail: str, *, fields: Sequence[FieldProblem] = (), **headers: str
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(
            kind=kind, detail=detail, fields=fields, headers=tuple(headers.items())
        )


def invalid_fields(fields: Sequence[FieldProblem]) -> HttpError:
    """The error for members that are not as they have to be."""
    return HttpError(INVALID, told(fields), fields=fields)


def told(fields: Sequence[FieldProblem]) -> str:
    """What is wrong with a request, in a line."""
    return "; ".join(f"{field['field']}: {field['message']}" for field in fields)
