"""All that the HTTP port answers."""

from starlette.types import ASGIApp

from nearhit_server.api.rest.admin.cache_routes import CacheAdminApi
from nearhit_server.api.rest.admin.key_routes import KeyAdminApi
from nearhit_server.api.rest.calls import Calls
from nearhit_server.api.rest.documentation.routes import documentation_routes
from nearhit_server.api.rest.langcache.routes import LangCache
from nearhit_server.api.rest.limits import HttpLimits
from nearhit_server.api.rest.metrics import RenderMetrics, metrics_route
from nearhit_server.api.rest.probes import probe_routes
from nearhit_server.api.rest.quality.routes import CacheQualityApi
from nearhit_server.core.access.key_admin import KeyAdmin
from nearhit_server.core.admission import Admission
from nearhit_server.core.cache_admin import CacheAdmin
from nearhit_server.core.health import Health
from nearhit_server.core.observing import Observer
from nearhit_server.core.quality.service import CacheQuality
from nearhit_server.core.semantic_cache import SemanticCache


def http_application(
    *,
    cache: SemanticCache,
    cache_admin: CacheAdmin,
    key_admin: KeyAdmin,
    quality: CacheQuality,
    admission: Admission,
    observer: Observer,
    health: Health,
    render_metrics: RenderMetrics,
    metrics_open: bool,
    version: str,
    limits: HttpLimits,
) -> ASGIApp:
    """The application that the HTTP server serves."""
    described = [
        *LangCache(cache=cache, admin=cache_admin, health=health).routes(),
        *CacheQualityApi(quality).routes(),
        *CacheAdminApi(cache_admin).routes(),
        *KeyAdminApi(key_admin).routes(),
    ]
    routes = [
        *described,
        *documentation_routes(described, version=version, keys=admission.asks_for_keys),
        *probe_routes(health),
        metrics_route(render_metrics, is_open=metrics_open),
    ]
    return Calls(routes, admission=admission, observer=observer, health=health, limits=limits)
