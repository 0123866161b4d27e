"""Answers as responses."""

from collections.abc import Mapping

from starlette.responses import Response

from nearhit_server.api.rest.schemas import Answer


def json_response(
    answer: Answer, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer as JSON, without what it does not have: the SDKs take no null."""
    body = answer.model_dump_json(exclude_none=True)
    return Response(
        body,
        status_code=status,
        headers={"content-type": "application/json", **(headers or {})},
    )
