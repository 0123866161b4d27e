"""A server to measure, in a process of its own."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")

CONVERTED_MODELS = Path(__file__).parents[1] / "build" / "converted-models"
"""Shared by all servers: to convert the model takes longer than many a measurement."""

_DEFAULTS = {"HF_HUB_OFFLINE": "1", "NEARHIT_MODEL_CACHE_DIR": str(CONVERTED_MODELS)}


@dataclass(frozen=True)
class MeasuredProcess:
    """A process that runs: what it costs."""

    pid: int
    ready_seconds: float
    """From its start to its ready line."""

    def cpu_seconds(self) -> float:
        """The processor time that it has used so far, in all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND

    def resident_bytes(self) -> int:
        """The memory that it has in use."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class ServerProcess(MeasuredProcess):
    """A server that runs: where it listens, and what it costs."""

    address: str
    http_address: str
    """Empty if it has no HTTP port."""


@asynccontextmanager
async def server_process(
    command: Sequence[str], *, environment: dict[str, str] | None = None
) -> AsyncIterator[ServerProcess]:
    """Start what prints nearhit's ready line; it ends with the block. Its log is thrown away."""
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_DEFAULTS | os.environ | (environment or {}),
    )
    try:
        assert process.stdout is not None
        ready = (await process.stdout.readline()).decode()
        if not ready.startswith("nearhit ready"):
            raise RuntimeError("the server did not start")
        ready_seconds = time.perf_counter() - began
        addresses = dict(word.split("=", 1) for word in ready.split() if "=" in word)
        http_address = addresses.get("http", "").removeprefix("http://")
        yield ServerProcess(process.pid, ready_seconds, addresses["grpc"], http_address)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def serve(*flags: str) -> list[str]:
    """The command that starts nearhit on free ports."""
    ports = ("--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0")
    return [sys.executable, "-m", "nearhit_server", "serve", *ports, *flags]


@asynccontextmanager
async def nearhit_process(store: str) -> AsyncIterator[str]:
    """The address of a new server on that store; it ends with the block."""
    command = serve("--store", store, "--log-level", "warning")
    async with server_process(command) as server:
        yield server.address
