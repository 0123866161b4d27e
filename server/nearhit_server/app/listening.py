"""The two ports, with their certificates."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version

from nearhit_server.api.grpc.server import open_grpc_server
from nearhit_server.api.rest.application import http_application
from nearhit_server.api.rest.limits import HttpLimits, max_body_bytes
from nearhit_server.api.rest.metrics import RenderMetrics
from nearhit_server.api.rest.server import HttpServer, open_http_server
from nearhit_server.app.core import Core
from nearhit_server.certificates import CertificateFiles, Certificates, open_certificates
from nearhit_server.core.admission import Admission
from nearhit_server.core.health import Health
from nearhit_server.servers import Servers
from nearhit_server.settings import Settings
from nearhit_server.telemetry.observer import Telemetry


@asynccontextmanager
async def open_servers(
    settings: Settings,
    core: Core,
    *,
    admission: Admission,
    telemetry: Telemetry,
    render_metrics: RenderMetrics,
) -> AsyncIterator[Servers]:
    """Servers that have their ports and do not answer yet. Raises AddressError and
    CertificateError."""
    health = Health()
    async with AsyncExitStack() as stack:
        certificates = await _open_certificates(settings, telemetry, stack)
        grpc_server = await stack.enter_async_context(
            open_grpc_server(
                settings.grpc,
                core.grpc_services(),
                admission=admission,
                observer=telemetry,
                max_call_seconds=settings.max_call_seconds,
                credentials=None if certificates is None else certificates.grpc_credentials(),
                share_port=settings.workers > 1,
            )
        )
        http_server: HttpServer | None = None
        if settings.http != "off":
            limits = HttpLimits(max_body_bytes=max_body_bytes(core.limits))
            application = http_application(
                cache=core.cache,
                cache_admin=core.cache_admin,
                key_admin=core.key_admin,
                quality=core.quality,
                admission=admission,
                observer=telemetry,
                health=health,
                render_metrics=render_metrics,
                metrics_open=settings.metrics_open,
                version=version("nearhit"),
                limits=limits,
            )
            ssl_context = None if certificates is None else certificates.http_context()
            http_server = await stack.enter_async_context(
                open_http_server(
                    settings.http,
                    application,
                    ssl_context=ssl_context,
                    limits=limits,
                    share_port=settings.workers > 1,
                )
            )
        yield Servers(grpc_server, http_server, health)


async def _open_certificates(
    settings: Settings, telemetry: Telemetry, stack: AsyncExitStack
) -> Certificates | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return await stack.enter_async_context(
        open_certificates(
            CertificateFiles(settings.tls_certificate, settings.tls_key, settings.tls_client_ca),
            on_loaded=lambda at: telemetry.metrics.set_certificate_expiry(at.timestamp()),
        )
    )
