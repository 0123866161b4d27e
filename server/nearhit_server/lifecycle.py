"""From the ready line to the last call: signals and drain."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import structlog

_log = structlog.get_logger()

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Serving(Protocol):
    """What serves until it is drained."""

    @property
    def ready_line(self) -> str:
        """What is printed once it serves: where it listens."""

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """Tell everybody that the end is near, go on for `delay_seconds`, then refuse new calls
        and wait for those in flight, at most `grace_seconds`. Called again with shorter times,
        it ends sooner."""


async def run_until_stopped(
    serving: Serving, *, delay_seconds: float, grace_seconds: float
) -> None:
    """Return when a signal has ended the service.

    The first SIGTERM or SIGINT drains; a second one ends the wait.
    """
    with _stop_signals() as signals:
        print(serving.ready_line, flush=True)
        received = await signals.get()
        _log.info(
            "draining",
            signal=received.name,
            delay_seconds=delay_seconds,
            grace_seconds=grace_seconds,
        )
        draining = asyncio.create_task(
            serving.drain(delay_seconds=delay_seconds, grace_seconds=grace_seconds)
        )
        forced = asyncio.create_task(signals.get())
        try:
            await asyncio.wait((draining, forced), return_when=asyncio.FIRST_COMPLETED)
            if draining.done():
                await draining
            else:
                _log.warning("stopping at once", signal=forced.result().name)
                draining.cancel()
                await serving.drain(delay_seconds=0, grace_seconds=0)
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
