"""The core behind gRPC and nothing else: no keys, no limits, no metrics, no log lines.

What the rest costs is measured against it: `benchmarks.overhead`.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from nearhit_server.api.grpc.server import open_grpc_server
from nearhit_server.app.core import make_core
from nearhit_server.app.models import make_models
from nearhit_server.app.storage import open_store
from nearhit_server.clocks import SystemClock
from nearhit_server.core.admission import Admission
from nearhit_server.core.health import Health
from nearhit_server.core.observing import UNOBSERVED
from nearhit_server.lifecycle import run_until_stopped
from nearhit_server.logs import configure_logging
from nearhit_server.memory import settle
from nearhit_server.servers import Servers
from nearhit_server.settings import Settings


async def serve(settings: Settings) -> None:
    """Serve until a signal ends it."""
    clock = SystemClock()
    admission = Admission(
        authenticator=None,
        limiter=None,
        observer=UNOBSERVED,
        max_calls=settings.max_concurrent_calls,
        max_request_bytes=settings.max_concurrent_bytes,
        max_seconds=settings.max_call_seconds,
    )
    async with (
        open_store(settings, clock, UNOBSERVED) as store,
        make_models(settings, store, clock, UNOBSERVED) as models,
    ):
        core = make_core(settings, store=store, models=models, clock=clock, observer=UNOBSERVED)
        await models.embedder(models.default_name)
        await core.cache_admin.ensure_default_cache()
        async with open_grpc_server(
            settings.grpc, core.grpc_services(), admission=admission, observer=UNOBSERVED
        ) as server:
            await server.start()
            settle()
            servers = Servers(server, None, Health())
            await run_until_stopped(servers, delay_seconds=0, grace_seconds=5)


def main() -> None:
    """Serve on a free port, on the store named by the first argument."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(
            grpc="127.0.0.1:0",
            store=sys.argv[1],
            data_dir=Path(folder),
            log_level="warning",
        )
        configure_logging(settings)
        asyncio.run(serve(settings))


if __name__ == "__main__":
    main()
