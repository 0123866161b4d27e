"""What orchestrators ask every few seconds."""

from typing import Final

from starlette.responses import JSONResponse, Response

from nearhit_server.api.rest.routes import Call, Route
from nearhit_server.core.health import Health

# An answer is about now.
_HEADERS: Final = {"cache-control": "no-store"}


def probe_routes(health: Health) -> list[Route]:
    """`/healthz`: whether the process should live on. `/readyz`: whether calls should come."""

    async def alive(call: Call, _: None) -> Response:
        # Whoever reads this has seen the event loop turn. A store or a model that is away is no
        # reason to be killed: that would not bring it back.
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def ready(call: Call, _: None) -> Response:
        if health.ready:
            return JSONResponse({"status": "ok"}, headers=_HEADERS)
        return JSONResponse(
            {"status": "unavailable", "missing": _missing(health)},
            status_code=503,
            headers=_HEADERS,
        )

    return [
        Route(verb="GET", path="/healthz", handler=alive, needs=None, probe=True),
        Route(verb="GET", path="/readyz", handler=ready, needs=None, probe=True),
    ]


def _missing(health: Health) -> list[str]:
    if health.draining:
        return ["the server is shutting down"]
    parts = {"store": health.store, "model": health.model}
    return [part for part, there in parts.items() if not there]
