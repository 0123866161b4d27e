"""All that the HTTP port answers."""

from starlette.types import ASGIApp

from nearhit_server.api.rest.calls import Calls
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.metrics import RenderMetrics, metrics_route
from nearhit_server.api.rest.probes import probe_routes
from nearhit_server.core.admission import Admission
from nearhit_server.core.health import Health
from nearhit_server.core.observing import Observer


def http_application(
    *,
    admission: Admission,
    observer: Observer,
    health: Health,
    render_metrics: RenderMetrics,
    metrics_open: bool,
    limits: HttpLimits | None = None,
) -> ASGIApp:
    """The application that the HTTP server serves."""
    routes = [*probe_routes(health), metrics_route(render_metrics, is_open=metrics_open)]
    return Calls(
        routes,
        admission=admission,
        observer=observer,
        health=health,
        limits=limits or HttpLimits(),
    )
