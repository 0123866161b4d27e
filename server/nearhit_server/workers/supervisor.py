"""Keeping workers running, and ending them all."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

import structlog

from nearhit_server.lifecycle import Announce, Stop
from nearhit_server.workers.backoff import Backoff
from nearhit_server.workers.worker import Worker

_log = structlog.get_logger()

_START_ATTEMPTS: Final = 3
"""How often in a row a worker may die before the server has begun to serve."""

_LAST_SECONDS: Final = 15.0
"""For a worker that drains no more: its last spans are sent, its connections are closed."""


class WorkersError(Exception):
    """The workers cannot be started; the message is one plain sentence."""


class Supervisor:
    """Runs `count` workers and replaces those that end.

    - `launch`: starts one.
    - `forget`: told the process id of each that has ended.
    - `drain_seconds`: how long a worker may take to drain.
    """

    def __init__(
        self,
        launch: Callable[[], Worker],
        *,
        count: int,
        stop: Stop,
        announce: Announce,
        forget: Callable[[int], None],
        drain_seconds: float,
    ) -> None:
        self._launch = launch
        self._count = count
        self._stop = stop
        self._announce = announce
        self._forget = forget
        self._drain_seconds = drain_seconds
        self._running: set[Worker] = set()
        self._serving = 0
        self._announced = False
        self._failure: str | None = None

    async def run(self) -> None:
        """Return when all have ended because they were asked to. Raises WorkersError if they
        never all served."""
        ending = asyncio.create_task(self._end_when_asked(), name="end of workers")
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._count):
                    group.create_task(self._keep_one())
        finally:
            ending.cancel()
        if self._failure is not None:
            raise WorkersError(self._failure)

    async def _keep_one(self) -> None:
        """A worker, and the ones after it, until the end is asked for."""
        backoff = Backoff()
        failures = 0
        while not self._stop.asked.is_set():
            ended = await self._run_one()
            if self._stop.asked.is_set():
                return
            failures = 0 if ended.served_seconds else failures + 1
            if not self._announced and failures and (ended.reason or failures == _START_ATTEMPTS):
                self._fail(ended.reason or f"a worker ended before it served: {ended.how}")
                return
            pause_seconds = backoff.pause_seconds(served_seconds=ended.served_seconds)
            _log.error("worker ended", **ended.told(), restart_in_seconds=round(pause_seconds, 3))
            with suppress(TimeoutError):
                async with asyncio.timeout(pause_seconds):
                    await self._stop.asked.wait()

    async def _run_one(self) -> "_Ended":
        """Start one and wait for its end."""
        try:
            worker = self._launch()
        except OSError as error:
            # There is no memory for it, or no process id. The others can do without it for now.
            reason = f"a worker cannot be started: {error.strerror}"
            return _Ended(0.0, how="no start", reason=reason)
        self._running.add(worker)
        served_seconds = await self._watch(worker)
        self._running.discard(worker)
        self._forget(worker.pid)
        how = _how(worker.ended.result())
        return _Ended(served_seconds, how=how, reason=worker.reason, pid=worker.pid)

    async def _watch(self, worker: Worker) -> float:
        """Until it has ended; how long it has served."""
        ready_line = await worker.serving
        if ready_line is None:
            await worker.ended
            return 0.0
        began = monotonic()
        _log.info("worker serves", pid=worker.pid)
        self._serving += 1
        if self._serving == self._count and not self._announced:
            self._announced = True
            self._announce(f"{ready_line} workers={self._count}")
        await worker.ended
        self._serving -= 1
        return monotonic() - began

    def _fail(self, reason: str) -> None:
        self._failure = reason
        self._stop.asked.set()
        self._stop.forced.set()

    async def _end_when_asked(self) -> None:
        await self._stop.asked.wait()
        for worker in self._running:
            worker.drain()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._drain_seconds + _LAST_SECONDS):
                await self._stop.forced.wait()
        for worker in self._running:
            worker.stop_at_once()
        await asyncio.sleep(_LAST_SECONDS)
        for worker in self._running:
            _log.error("worker does not end and is killed", pid=worker.pid)
            worker.kill()


@dataclass(frozen=True)
class _Ended:
    """What became of a worker."""

    served_seconds: float
    how: str
    reason: str | None = None
    pid: int | None = None

    def told(self) -> dict[str, object]:
        """As fields of a log line, without those that say nothing."""
        fields = {
            "pid": self.pid,
            "ended_by": self.how,
            "reason": self.reason,
            "served_seconds": round(self.served_seconds, 3),
        }
        return {name: value for name, value in fields.items() if value is not None}


def _how(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"signal {-status}"
