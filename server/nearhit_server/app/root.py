"""From settings to a server that serves, and back."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Final

from nearhit_server.api.addresses import AddressError
from nearhit_server.app.core import Core, make_core
from nearhit_server.app.door import open_admission
from nearhit_server.app.listening import open_servers
from nearhit_server.app.models import make_models
from nearhit_server.app.storage import open_store
from nearhit_server.app.verification import make_verifier, verifies_by_default
from nearhit_server.certificates import CertificateError
from nearhit_server.clocks import SystemClock
from nearhit_server.core.cache_admin import CacheAdmin
from nearhit_server.core.embedding.models import Models
from nearhit_server.core.errors import FailedPreconditionError, ModelError, NearhitError
from nearhit_server.core.health import Health
from nearhit_server.core.ports import Storage
from nearhit_server.core.verification.verifier import Verifier
from nearhit_server.encoders.verifier import load_calibration
from nearhit_server.exposure import ExposureError, check_exposure
from nearhit_server.health_watch import watched_health
from nearhit_server.lifecycle import DIRECT, Announce, StopSignals, print_line, run_until_stopped
from nearhit_server.memory import allow_all_files, settle, trimmed_memory
from nearhit_server.servers import Servers
from nearhit_server.settings import Settings
from nearhit_server.stores.failures import StoreStartupError
from nearhit_server.telemetry.exposition import Exposition
from nearhit_server.telemetry.measured_store import measured
from nearhit_server.telemetry.observer import TelemetryStartupError, open_telemetry

_PLAIN: Final = (
    *(AddressError, CertificateError, ExposureError, StoreStartupError),
    *(TelemetryStartupError, NearhitError),
)
"""What can keep a server from starting and says so in one plain sentence."""


class StartupError(Exception):
    """The server cannot start; the message is one plain sentence."""


@asynccontextmanager
async def open_application(settings: Settings) -> AsyncIterator[Servers]:
    """Serving servers and everything behind them. Raises StartupError."""
    async with AsyncExitStack() as stack:
        try:
            servers = await _start(settings, stack)
        except _PLAIN as error:
            raise StartupError(str(error)) from error
        yield servers


async def serve_until_stopped(
    settings: Settings, *, signals: StopSignals = DIRECT, announce: Announce = print_line
) -> None:
    """Serve until a signal ends it, alone or as one of several workers. Raises StartupError."""
    allow_all_files()
    async with open_application(settings) as servers:
        settle()
        await run_until_stopped(
            servers,
            delay_seconds=settings.drain_delay_seconds,
            grace_seconds=settings.grace_period_seconds,
            signals=signals,
            announce=announce,
        )


async def _start(settings: Settings, stack: AsyncExitStack) -> Servers:
    check_exposure(settings)
    await stack.enter_async_context(trimmed_memory())
    clock = SystemClock()
    telemetry = await stack.enter_async_context(
        open_telemetry(
            version=version("nearhit"),
            log_prompts=settings.log_prompts,
            tracing=settings.tracing,
        )
    )
    store = measured(
        await stack.enter_async_context(open_store(settings, clock, telemetry)),
        telemetry.metrics.store,
    )
    models = await stack.enter_async_context(make_models(settings, store, clock, telemetry))
    verifier = await stack.enter_async_context(make_verifier(settings, telemetry))
    core = make_core(
        settings,
        store=store,
        models=models,
        calibration=load_calibration(),
        verifier=verifier,
        clock=clock,
        observer=telemetry,
    )
    await stack.enter_async_context(core.entry_uses)
    await stack.enter_async_context(core.recorder)
    admission = await stack.enter_async_context(
        open_admission(settings, keys=store, clock=clock, observer=telemetry)
    )
    alone = settings.workers == 1
    if not alone:
        # The kernel hands connections to whoever listens. Those of a worker that still loads its
        # model would wait, while others could answer them.
        await _prepare(settings, models, verifier, core)
    # Alone, before the model, which takes seconds: a port that is in use is told at once.
    servers = await stack.enter_async_context(
        open_servers(
            settings,
            core,
            admission=admission,
            telemetry=telemetry,
            render_metrics=Exposition(telemetry.metrics, store=store).render,
        )
    )
    if alone:
        # Probes are answered while the model loads.
        await servers.start_http()
        await _prepare(settings, models, verifier, core)

    async def announce(health: Health) -> None:
        telemetry.set_health(health)
        await servers.announce(health)

    await stack.enter_async_context(
        watched_health(
            servers.health,
            store=partial(_check_store, store, core.cache_admin, servers.health),
            model=models.check,
            announce=announce,
        )
    )
    if not alone:
        await servers.start_http()
    await servers.grpc.start()
    return servers


async def _prepare(settings: Settings, models: Models, verifier: Verifier, core: Core) -> None:
    """Load the default model, and the verifier where new caches use it, and have the default
    cache."""
    try:
        await models.embedder(models.default_name)
        if verifies_by_default(settings):
            await verifier.load()
    except FailedPreconditionError as error:
        raise StartupError(str(error.__cause__ or error)) from error
    except ModelError as error:
        raise StartupError(str(error)) from error
    await core.cache_admin.ensure_default_cache()


async def _check_store(store: Storage, admin: CacheAdmin, health: Health) -> None:
    if not health.store:
        # First: a store that was away may have lost what has to be there, and fails the check
        # without it.
        await admin.ensure_default_cache()
    await store.check()
