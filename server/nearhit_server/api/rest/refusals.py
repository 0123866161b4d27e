"""What a connection answers by itself, where there is no request to give to a handler."""

from http import HTTPStatus
from typing import Final

from nearhit_server.api.rest.problems import HEADERS_TOO_LARGE, INVALID, TOO_SLOW, Problem

GARBAGE: Final = Problem(kind=INVALID, detail="this cannot be read as HTTP/1.1")
HEADERS_LATE: Final = Problem(kind=TOO_SLOW, detail="the headers took too long")
LARGE: Final = Problem(kind=HEADERS_TOO_LARGE, detail="the headers are too large or too many")


def on_the_wire(problem: Problem) -> bytes:
    """The whole response, the last of its connection."""
    status = HTTPStatus(problem.kind.status)
    body = problem.body()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
