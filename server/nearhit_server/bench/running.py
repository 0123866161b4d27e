"""Runs the processes that make the calls, and collects what they have seen.

They are processes of their own even if there is only one, so that what is drawn on the terminal
meanwhile delays no call.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import grpc

from nearhit import NearhitError
from nearhit.statuses import ERRORS_BY_STATUS
from nearhit_server.bench.settings import Assignment

_COMMAND: Final = (sys.executable, "-m", "nearhit_server.bench.worker")
_LINE_BYTES: Final = 16 << 20
"""A line holds all histograms, some kilobytes each."""

_STOP_SECONDS: Final = 10.0


class WorkerError(Exception):
    """A process that makes calls has ended before its time."""


@dataclass
class Run:
    """What the processes have seen, the last word of each, and whether all were done."""

    states: list[dict[str, Any]]
    interrupted: bool


class _Worker:
    def __init__(self, process: Process) -> None:
        self._process = process
        self.state: dict[str, Any] | None = None

    def tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode() + b"\n")

    async def end(self) -> None:
        """Wait for its end, which the end of its orders brings about."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def heard(self) -> dict[str, Any]:
        """The next message. Raises NearhitError and WorkerError."""
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            status = await self._process.wait()
            raise WorkerError(f"a process of the load generator ended with status {status}")
        message: dict[str, Any] = json.loads(line)
        if "failed" in message:
            raise _error_told(message)
        return message

    async def follow(self, changed: Callable[[], None]) -> None:
        """Keep `state` up to date until the process is done."""
        while True:
            message = await self.heard()
            self.state = message.get("done", message.get("state"))
            changed()
            if "done" in message:
                return


async def run(
    assignments: Sequence[Assignment], observe: Callable[[list[dict[str, Any]]], None]
) -> Run:
    """Start a process for each assignment, let them begin together, and wait for them.

    `observe` is told their states as they change. Cancelled, it stops them and returns what they
    have seen by then. Raises NearhitError if the first calls fail, and WorkerError.
    """
    async with AsyncExitStack() as stack:
        workers = [await stack.enter_async_context(_started(each)) for each in assignments]
        await asyncio.gather(*(worker.heard() for worker in workers))
        for worker in workers:
            worker.tell("start")

        def changed() -> None:
            observe([worker.state for worker in workers if worker.state is not None])

        following = [asyncio.create_task(worker.follow(changed)) for worker in workers]
        stack.push_async_callback(_cancelled, following)
        interrupted = False
        try:
            await asyncio.wait(following, return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError:
            interrupted = True
            for worker in workers:
                worker.tell("stop")
            await asyncio.wait(
                following, timeout=_STOP_SECONDS, return_when=asyncio.FIRST_EXCEPTION
            )
        for task in following:
            if task.done():
                task.result()
        return Run([each.state for each in workers if each.state is not None], interrupted)


@asynccontextmanager
async def _started(assignment: Assignment) -> AsyncIterator[_Worker]:
    process = await asyncio.create_subprocess_exec(
        *_COMMAND,
        stdin=PIPE,
        stdout=PIPE,
        limit=_LINE_BYTES,
        # Ctrl-C at the terminal is for us; the processes are told by a line.
        start_new_session=True,
    )
    worker = _Worker(process)
    try:
        # Not as an argument: the API key is in it, and everybody can read those.
        worker.tell(json.dumps(asdict(assignment)))
        yield worker
    finally:
        await worker.end()


def _error_told(message: dict[str, Any]) -> NearhitError:
    status = grpc.StatusCode[message["status_code"]]
    kind = ERRORS_BY_STATUS.get(status, NearhitError)
    return kind(message["failed"], status_code=status.name, reason=message["reason"])


async def _cancelled(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
