"""A server to measure, in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def nearhit_process(store: str) -> AsyncIterator[str]:
    """The address of a new server on that store; it ends with the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nearhit_server", "serve"),
        *("--grpc", "127.0.0.1:0", "--store", store, "--log-level", "warning"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"HF_HUB_OFFLINE": "1"},
    )
    try:
        assert process.stdout is not None
        ready = (await process.stdout.readline()).decode()
        if not ready.startswith("nearhit ready"):
            raise RuntimeError("the server did not start")
        yield ready.split("grpc=")[1].split()[0]
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
