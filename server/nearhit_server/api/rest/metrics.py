"""What Prometheus collects."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.responses import Response

from nearhit_server.api.rest.routes import Call, Route
from nearhit_server.core.access.callers import ALL, Access, Scope

RenderMetrics = Callable[[], Awaitable[tuple[bytes, str]]]
"""The metrics as they are now: body and content type."""

_SEES_ALL: Final = Access(scopes=(Scope.READ, Scope.ADMIN), cache=ALL)
"""Metrics name caches: they are for those who may know of every one."""


def metrics_route(render: RenderMetrics, *, is_open: bool) -> Route:
    """`/metrics`, for everybody if it is open."""

    async def metrics(call: Call, _: None) -> Response:
        body, content_type = await render()
        return Response(body, headers={"content-type": content_type})

    # Of all times, they are needed when the server has its hands full.
    return Route(
        verb="GET",
        path="/metrics",
        handler=metrics,
        needs=None if is_open else lambda _: _SEES_ALL,
        always=True,
    )
