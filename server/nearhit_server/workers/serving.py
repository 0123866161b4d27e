"""`nearhit serve --workers N`: from settings to workers that serve, and back."""

import os
from contextlib import ExitStack
from functools import partial

from nearhit_server.api.addresses import AddressError
from nearhit_server.lifecycle import DIRECT, print_line, stop_signals
from nearhit_server.settings import Settings
from nearhit_server.telemetry.multiprocess import (
    METRICS_FOLDER,
    MetricsFolderError,
    forget_process,
    metrics_folder,
)
from nearhit_server.workers.ports import reserved
from nearhit_server.workers.supervisor import Supervisor, WorkersError
from nearhit_server.workers.worker import Worker

__all__ = ["WorkersError", "serve_with_workers"]


async def serve_with_workers(settings: Settings) -> None:
    """Serve until a signal has ended all workers. Raises WorkersError."""
    with ExitStack() as stack:
        try:
            addresses = {"grpc": stack.enter_context(reserved(settings.grpc))}
            if settings.http != "off":
                addresses["http"] = stack.enter_context(reserved(settings.http))
            folder = stack.enter_context(metrics_folder())
        except (AddressError, MetricsFolderError) as error:
            raise WorkersError(str(error)) from error
        # As they are now: a worker that is started later must not be of another mind than the
        # others because somebody has edited the file meanwhile.
        values = settings.model_dump() | addresses
        supervisor = Supervisor(
            partial(Worker, values, environment=os.environ | {METRICS_FOLDER: folder}),
            count=settings.workers,
            stop=stack.enter_context(stop_signals(DIRECT)),
            announce=print_line,
            forget=partial(forget_process, folder=folder),
            drain_seconds=settings.drain_delay_seconds + settings.grace_period_seconds,
        )
        await supervisor.run()
