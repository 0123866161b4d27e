"""What a cache takes: the time to start, and memory once it has been searched many times.

PYTHONPATH=tests .venv/bin/python -m benchmarks.footprint --prompts FILE

nearhit on both of its runtimes, with the model converted already, and a process with RedisVL's
SemanticCache. Each search is for a text that nobody has asked before. The memory is that of the
one process, without Redis.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.closed_loop import LoopResult, closed_loop
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.keyed_server import CACHE, KeyedServer, keyed_server
from benchmarks.nearhit_process import MeasuredProcess
from benchmarks.other_work import OtherWork
from benchmarks.prompts import add_prompts_option, distinct_prompts, search_request
from benchmarks.redis_under_test import redis_under_test
from benchmarks.redisvl_process import redisvl_process
from benchmarks.reporting import machine, print_table, write_json

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_CALLERS = 64
_SECONDS_AT_A_TIME = 1.0

_MOST_SECONDS = 4.0
_MOST_MEGABYTES = 450.0
_DEFAULT = "nearhit, embedded store"


@dataclass(frozen=True)
class Started:
    """A cache that runs, and what searches it for so many seconds."""

    process: MeasuredProcess
    search: Callable[[float], Awaitable[LoopResult]]


Start = Callable[[], AbstractAsyncContextManager[Started]]


@asynccontextmanager
async def nearhit_started(prompts: Path | None, store: str, runtime: str) -> AsyncIterator[Started]:
    """A server on that store and runtime."""
    async with keyed_server(store, environment={"NEARHIT_RUNTIME": runtime}) as server:
        yield Started(server.process, partial(_search, server, distinct_prompts(prompts)))


async def _search(server: KeyedServer, prompts: Iterator[str], seconds: float) -> LoopResult:
    return await closed_loop(
        server.process.address,
        _METHOD,
        lambda _: search_request(next(prompts), cache=CACHE),
        callers=_CALLERS,
        seconds=seconds,
        metadata=server.metadata,
    )


@asynccontextmanager
async def redisvl_started(prompts: Path | None, url: str) -> AsyncIterator[Started]:
    """A process with RedisVL. Threads would take more memory than a loop does."""
    async with redisvl_process(url, prompts=prompts) as process:
        yield Started(process, partial(process.search_in_threads, 1))


async def measure(name: str, start: Start, arguments: argparse.Namespace) -> dict[str, Any]:
    """Start it several times, and search it in the last one."""
    ready_seconds = []
    for number in range(arguments.starts):
        async with start() as started:
            ready_seconds.append(started.process.ready_seconds)
            if number < arguments.starts - 1:
                continue
            resident_at_first = started.process.resident_bytes()
            done = 0
            ends = time.perf_counter() + arguments.seconds
            while done < arguments.searches and time.perf_counter() < ends:
                done += (await started.search(_SECONDS_AT_A_TIME)).statuses["OK"]
            resident = started.process.resident_bytes()
    return {
        "process": name,
        "ready after s": median(ready_seconds),
        "resident MB then": round(resident_at_first / 1e6),
        "searches": done,
        "resident MB after them": round(resident / 1e6),
    }


async def measure_all(arguments: argparse.Namespace, url: str) -> list[dict[str, Any]]:
    """One after the other: side by side they would take each other's time."""
    prompts = arguments.prompts
    kinds: dict[str, Start] = {
        _DEFAULT: partial(nearhit_started, prompts, "embedded", "openvino"),
        "nearhit, Redis": partial(nearhit_started, prompts, url, "openvino"),
        "nearhit on torch, Redis": partial(nearhit_started, prompts, url, "torch"),
        "RedisVL": partial(redisvl_started, prompts, url),
    }
    # Converts the model, if that is still to be done.
    async with kinds[_DEFAULT]():
        pass
    return [await measure(name, start, arguments) for name, start in kinds.items()]


def goals(rows: list[dict[str, Any]]) -> list[Goal]:
    """For nearhit as it comes."""
    row = next(row for row in rows if row["process"] == _DEFAULT)
    return [
        Goal(
            what="seconds to the ready line", measured=row["ready after s"], at_most=_MOST_SECONDS
        ),
        Goal(
            what=f"resident MB after {row['searches']:,} searches",
            measured=row["resident MB after them"],
            at_most=_MOST_MEGABYTES,
        ),
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    add_prompts_option(parser)
    parser.add_argument("--searches", type=int, default=10_000, help="before memory is measured")
    parser.add_argument("--seconds", type=float, default=60.0, help="for fewer, at most")
    parser.add_argument("--starts", type=int, default=2, help="of each")
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    with redis_under_test(arguments.redis) as url:
        results: dict[str, Any] = {"machine": machine(url)}
        rows = asyncio.run(measure_all(arguments, url))
    results["Footprint"] = rows
    print_table("Footprint", rows)
    results[TITLE] = print_goals(goals(rows))
    results["other work"] = others.share()
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
