"""HTTP ports for tests, with more routes than the product has."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from starlette.responses import Response

from doors import admission
from nearhit_server.api.rest.calls import Calls
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.metrics import metrics_route
from nearhit_server.api.rest.probes import probe_routes
from nearhit_server.api.rest.routes import Call, Route
from nearhit_server.api.rest.server import HttpServer, open_http_server
from nearhit_server.core.admission import Admission
from nearhit_server.core.health import Health
from nearhit_server.core.observing import CallRecord, Unobserved


class Recorder(Unobserved):
    """Keeps the record of every call that has ended."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    @contextmanager
    def call(self, record):
        yield
        self.records.append(record)


async def render_metrics() -> tuple[bytes, str]:
    """Metrics of nothing much."""
    return b"answers_total 42\n", "text/plain; version=1.0.0; charset=utf-8"


async def echo(call: Call, _: None) -> Response:
    """Answers with the body."""
    return Response(await call.request.body(), media_type="application/octet-stream")


@dataclass
class Gate:
    """A handler that waits until it is let go on."""

    entered: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, call: Call, _: None) -> Response:
        self.entered.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Response(b"late")

    def route(self) -> Route:
        return Route(verb="GET", path="/gate", handler=self)


@dataclass(frozen=True)
class Port:
    """A serving port, and what is behind it."""

    server: HttpServer
    health: Health
    recorder: Recorder

    @property
    def address(self) -> str:
        return self.server.address


@asynccontextmanager
async def open_port(
    routes: Sequence[Route] = (),
    *,
    door: Admission | None = None,
    limits: HttpLimits | None = None,
    tls: ssl.SSLContext | None = None,
    metrics_open: bool = False,
) -> AsyncIterator[Port]:
    """A port with the product's routes, `/echo` and whatever else is given."""
    limits = limits or HttpLimits()
    health = Health(store=True, model=True)
    recorder = Recorder()
    all_routes = [
        *probe_routes(health),
        metrics_route(render_metrics, is_open=metrics_open),
        Route(verb="POST", path="/echo", handler=echo),
        *routes,
    ]
    calls = Calls(
        all_routes,
        admission=door or admission(),
        observer=recorder,
        health=health,
        limits=limits,
    )
    async with open_http_server("127.0.0.1:0", calls, ssl_context=tls, limits=limits) as server:
        await server.start()
        yield Port(server, health, recorder)
