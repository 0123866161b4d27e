"""Exact hits over REST and over gRPC, of the same server and entries.

PYTHONPATH=tests .venv/bin/python -m benchmarks.rest

The clients, which share the machine with the server, do not cost the same. So the measure is the
server's own processor time a call; throughput and latency are there to be seen beside it.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import nearhit
from benchmarks.closed_loop import LoopResult, closed_loop, in_turn
from benchmarks.http_loop import http_closed_loop, http_request
from benchmarks.nearhit_process import ServerProcess, serve, server_process
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, paired, print_table, write_json
from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit.v1 import types_pb2

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_PATH = "/v1/caches/default/entries/search"
_PROMPTS = [f"what does benchmark question {number} ask?" for number in range(100)]

Loop = Callable[[ServerProcess, int, float], Awaitable[LoopResult]]


async def over_grpc(server: ServerProcess, callers: int, seconds: float) -> LoopResult:
    """Search for an exact match over gRPC."""
    strategies = [types_pb2.SEARCH_STRATEGY_EXACT]
    requests = [
        pb.SearchRequest(cache="default", prompt=prompt, strategies=strategies).SerializeToString()
        for prompt in _PROMPTS
    ]
    return await closed_loop(
        server.address, _METHOD, in_turn(requests), callers=callers, seconds=seconds
    )


async def over_rest(server: ServerProcess, callers: int, seconds: float) -> LoopResult:
    """The same over REST."""
    requests = [
        http_request(_PATH, json.dumps({"prompt": prompt, "searchStrategies": ["exact"]}).encode())
        for prompt in _PROMPTS
    ]
    return await http_closed_loop(server.http_address, requests, callers=callers, seconds=seconds)


@dataclass
class Variant:
    """A protocol and a number of callers, and what was measured of it, a figure for each round."""

    protocol: str
    loop: Loop
    callers: int
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    cpu_microseconds: list[float] = field(default_factory=list)

    async def measure(self, server: ServerProcess, seconds: float) -> None:
        """One round."""
        used = server.cpu_seconds()
        result = await self.loop(server, self.callers, seconds)
        used = server.cpu_seconds() - used
        if not set(result.statuses) <= {"OK", "200"}:
            raise RuntimeError(f"calls failed: {result.statuses}")
        (status,) = result.statuses
        self.rates.append(result.rate(status))
        self.medians.append(result.percentile(50, status))
        self.cpu_microseconds.append(used / result.statuses.total() * 1e6)

    def row(self, grpc: "Variant") -> dict[str, Any]:
        """What was measured, beside gRPC with as many callers."""
        return {
            "callers": self.callers,
            "protocol": self.protocol,
            "server CPU, us a call": round(median(self.cpu_microseconds)),
            "CPU to gRPC": paired(self.cpu_microseconds, grpc.cpu_microseconds),
            "calls a second": round(median(self.rates)),
            "rate to gRPC": paired(self.rates, grpc.rates),
            "median ms": median(self.medians),
            "median to gRPC": paired(self.medians, grpc.medians),
        }


async def measure(arguments: argparse.Namespace, store: str) -> list[dict[str, Any]]:
    """The protocols, taking turns."""
    pairs = [
        (Variant("gRPC", over_grpc, callers), Variant("REST", over_rest, callers))
        for callers in arguments.callers
    ]
    with tempfile.TemporaryDirectory() as folder:
        async with server_process(serve("--store", store, "--data-dir", folder)) as server:
            async with nearhit.AsyncClient(server.address) as client:
                await client.store_many([nearhit.NewEntry(p, "an answer") for p in _PROMPTS])
            for _ in range(arguments.rounds):
                for variant in (variant for pair in pairs for variant in pair):
                    await variant.measure(server, arguments.seconds)
    return [variant.row(pair[0]) for pair in pairs for variant in pair]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    with redis_under_test(arguments.redis) as url:
        results: dict[str, Any] = {"machine": machine(url)}
        for title, store in (("Embedded store", "embedded"), ("Redis", url)):
            results[title] = asyncio.run(measure(arguments, store))
            print_table(f"Exact hits, {title}", results[title])
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
