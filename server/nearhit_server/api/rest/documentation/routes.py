"""Where the API's description is."""

import json
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from nearhit_server.api.rest.documentation.openapi import openapi_document
from nearhit_server.api.rest.documentation.page import page_of
from nearhit_server.api.rest.routes import Call, Route

_PAGE_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}


def documentation_routes(described: Sequence[Route], *, version: str, keys: bool) -> list[Route]:
    """`/openapi.json` for programs and `/docs` for people, open to everybody. `keys` says
    whether callers of the routes described need one."""
    document = openapi_document(described, version=version, keys=keys)
    bodies = {
        "/openapi.json": (json.dumps(document).encode(), {"content-type": "application/json"}),
        "/docs": (page_of(document).encode(), _PAGE_HEADERS),
    }

    def route(path: str) -> Route:
        body, headers = bodies[path]

        async def answer(call: Call, _: None) -> Response:
            return Response(body, headers=headers)

        return Route(verb="GET", path=path, handler=answer, needs=None)

    return [route(path) for path in bodies]
