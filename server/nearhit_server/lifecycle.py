"""From the ready line to the last call: signals and drain."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

_log = structlog.get_logger()


class Serving(Protocol):
    """What serves until it is drained."""

    @property
    def ready_line(self) -> str:
        """What is printed once it serves: where it listens."""

    async def drain(self, *, delay_seconds: float, grace_seconds: float) -> None:
        """Tell everybody that the end is near, go on for `delay_seconds`, then refuse new calls
        and wait for those in flight, at most `grace_seconds`. Called again with shorter times,
        it ends sooner."""


Announce = Callable[[str], None]
"""Takes the ready line to whoever waits for it."""


def print_line(line: str) -> None:
    """Print it, at once."""
    print(line, flush=True)


@dataclass(frozen=True, kw_only=True)
class StopSignals:
    """Which signals drain, and which end the wait for that. One that is both does the latter when
    it comes second."""

    drain: tuple[signal.Signals, ...]
    force: tuple[signal.Signals, ...]


DIRECT: Final = StopSignals(
    drain=(signal.SIGTERM, signal.SIGINT), force=(signal.SIGTERM, signal.SIGINT)
)
"""For a process that people and service managers send them to."""

SUPERVISED: Final = StopSignals(drain=(signal.SIGTERM,), force=(signal.SIGUSR1,))
"""For a worker. Managers that send SIGTERM to a whole group send it to the parent as well, which
passes it on: it comes twice, and still is the first."""


class Stop:
    """What the signals have asked for up to now."""

    def __init__(self, signals: StopSignals) -> None:
        self._signals = signals
        self.asked = asyncio.Event()
        self.forced = asyncio.Event()
        self.last = ""
        """The name of the latest signal."""

    def receive(self, number: signal.Signals) -> None:
        """Take note of a signal."""
        self.last = number.name
        second = self.asked.is_set() or number not in self._signals.drain
        if second and number in self._signals.force:
            self.forced.set()
        self.asked.set()


@contextmanager
def stop_signals(signals: StopSignals) -> Iterator[Stop]:
    """The signals as they come in, while the context lasts."""
    loop = asyncio.get_running_loop()
    stop = Stop(signals)
    numbers = {*signals.drain, *signals.force}
    for number in numbers:
        loop.add_signal_handler(number, stop.receive, number)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def run_until_stopped(
    serving: Serving,
    *,
    delay_seconds: float,
    grace_seconds: float,
    signals: StopSignals = DIRECT,
    announce: Announce = print_line,
) -> None:
    """Return when a signal has ended the service: drained, or at once if that was asked for."""
    with stop_signals(signals) as stop:
        announce(serving.ready_line)
        await stop.asked.wait()
        _log.info(
            "draining",
            signal=stop.last,
            delay_seconds=delay_seconds,
            grace_seconds=grace_seconds,
        )
        draining = asyncio.create_task(
            serving.drain(delay_seconds=delay_seconds, grace_seconds=grace_seconds)
        )
        forced = asyncio.create_task(stop.forced.wait())
        try:
            await asyncio.wait((draining, forced), return_when=asyncio.FIRST_COMPLETED)
            if draining.done():
                await draining
            else:
                _log.warning("stopping at once", signal=stop.last)
                draining.cancel()
                await serving.drain(delay_seconds=0, grace_seconds=0)
        finally:
            forced.cancel()
            draining.cancel()
    _log.info("stopped")
