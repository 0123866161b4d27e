"""A server of several workers, as people run it, in a process group of its own."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from prometheus_client.multiprocess import MultiProcessCollector

from server_process import COMMAND


class WorkersProcess:
    """A started parent; `folder` has its log and, in `tmp`, what it keeps for the time being."""

    def __init__(self, process: Process, folder: Path, ready_line: str) -> None:
        self._process = process
        self._folder = folder
        self.pid = process.pid
        self.ready_line = ready_line
        self.address, self.http_address = (
            ready_line.split(f"{name}=")[1].split()[0] for name in ("grpc", "http")
        )

    def workers(self) -> set[int]:
        """The process ids of the workers there are."""
        return children_of(self.pid)

    def log(self) -> str:
        """All lines of all processes up to now."""
        return (self._folder / "log").read_text()

    def leftovers(self) -> list[str]:
        """What there is in the folder for temporary files."""
        return os.listdir(self._folder / "tmp")

    def calls_of(self, worker: int) -> float:
        """How many calls a worker has counted."""
        files = map(str, self._folder.glob(f"tmp/nearhit-metrics-*/counter_{worker}.db"))
        metrics = MultiProcessCollector.merge(files)
        return sum(
            sample.value
            for metric in metrics
            for sample in metric.samples
            if sample.name == "nearhit_calls_total"
        )

    def gauges_of(self, worker: int) -> list[Path]:
        """The files of what a worker says of itself as it is now."""
        return list(self._folder.glob(f"tmp/nearhit-metrics-*/gauge_live*_{worker}.db"))

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the parent."""
        self._process.send_signal(number)

    def send_to_all(self, number: signal.Signals) -> None:
        """Send it to the whole group, as terminals and service managers do."""
        os.killpg(self.pid, number)

    async def wait(self) -> int:
        """The parent's exit status, once it has ended."""
        async with asyncio.timeout(60):
            return await self._process.wait()


@asynccontextmanager
async def workers_process(folder: Path, **settings: str) -> AsyncIterator[WorkersProcess]:
    """Start a server on free ports; whatever of it still runs in the end is killed."""
    (folder / "tmp").mkdir()
    own = {"grpc": "127.0.0.1:0", "http": "127.0.0.1:0", "workers": "2"} | settings
    variables = {f"NEARHIT_{name.upper()}": value for name, value in own.items()}
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            env=os.environ | variables | {"TMPDIR": str(folder / "tmp")},
            start_new_session=True,
        )
    assert process.stdout is not None
    try:
        ready_line = (await process.stdout.readline()).decode()
        assert ready_line.startswith("nearhit ready grpc="), (folder / "log").read_text()
        yield WorkersProcess(process, folder, ready_line)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def children_of(pid: int) -> set[int]:
    """The process ids of the children that a process has."""
    return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def runs(pid: int) -> bool:
    """Whether there is such a process, other than a dead one that nobody has asked after."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
