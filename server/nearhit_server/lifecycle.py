"""From the ready line to the last call: signals and drain."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from nearhit_server.api.grpc.server import GrpcServer

_log = structlog.get_logger()

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def run_until_stopped(server: GrpcServer, *, grace_seconds: float) -> None:
    """Return when a signal has ended the service.

    The first SIGTERM or SIGINT drains: no new calls, those in flight get the grace period. A
    second one ends the wait.
    """
    with _stop_signals() as signals:
        print(f"nearhit ready grpc={server.address}", flush=True)
        received = await signals.get()
        _log.info("draining", signal=received.name, grace_seconds=grace_seconds)
        draining = asyncio.create_task(server.drain(grace_seconds=grace_seconds))
        forced = asyncio.create_task(signals.get())
        try:
            await asyncio.wait((draining, forced), return_when=asyncio.FIRST_COMPLETED)
            if not draining.done():
                _log.warning("stopping at once", signal=forced.result().name)
                await server.drain(grace_seconds=0)
            await draining
        finally:
            forced.cancel()
            draining.cancel()
    _log.info("stopped")


@contextmanager
def _stop_signals() -> Iterator[asyncio.Queue[signal.Signals]]:
    """The stop signals as they come in."""
    loop = asyncio.get_running_loop()
    received: asyncio.Queue[signal.Signals] = asyncio.Queue()
    for number in _SIGNALS:
        loop.add_signal_handler(number, received.put_nowait, number)
    try:
        yield received
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
