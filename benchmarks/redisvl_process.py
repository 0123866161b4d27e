"""Speaks to a process with RedisVL's SemanticCache."""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.closed_loop import LoopResult
from benchmarks.nearhit_process import MeasuredProcess

_NAME = "nearhit-benchmark-redisvl"
_LINE_BYTES = 64 << 20
"""A line holds the latency of each call."""


@dataclass(frozen=True)
class RedisvlProcess(MeasuredProcess):
    """A process with an empty cache. Its prompts are those of `distinct_prompts`, in order."""

    process: Process

    async def fill(self, count: int) -> None:
        """Store the next so many prompts."""
        await self._ordered(fill=count)

    async def search_in_threads(self, callers: int, seconds: float) -> LoopResult:
        """Search with `check`, from so many threads at once; one is a plain loop."""
        return await self._ordered(threads=callers, seconds=seconds)

    async def search_in_tasks(self, callers: int, seconds: float) -> LoopResult:
        """Search with `acheck`, from so many asyncio tasks at once."""
        return await self._ordered(tasks=callers, seconds=seconds)

    async def _ordered(self, **order: Any) -> LoopResult:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self.process.stdout.readline()
        if not line:
            raise RuntimeError("the process with RedisVL has ended")
        result = LoopResult(**json.loads(line))
        result.statuses = Counter(result.statuses)
        return result


@asynccontextmanager
async def redisvl_process(
    url: str, *, prompts: Path | None = None
) -> AsyncIterator[RedisvlProcess]:
    """Start one; it ends with the block, and its cache too."""
    files = [] if prompts is None else [str(prompts)]
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.redisvl_worker", url, _NAME, *files),
        stdin=PIPE,
        stdout=PIPE,
        limit=_LINE_BYTES,
        env={"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"} | os.environ,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the process with RedisVL did not start")
        yield RedisvlProcess(process.pid, time.perf_counter() - began, process)
    finally:
        # The end of its input is what ends it.
        process.stdin.close()
        await process.wait()
