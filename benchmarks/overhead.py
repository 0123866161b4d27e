"""What keys, limits, metrics and log lines cost: exact hits with all of it on and off.

PYTHONPATH=tests .venv/bin/python -m benchmarks.overhead

Throughput is limited by two cores that the caller shares, so it understates the difference; the
server's own processor time a call does not.
"""

import argparse
import asyncio
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import nearhit
from benchmarks.closed_loop import Metadata, closed_loop
from benchmarks.nearhit_process import ServerProcess, serve, server_process
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, paired, print_table, write_json
from nearhit.v1 import semantic_cache_pb2 as pb

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_BOOTSTRAP_KEY = "a-key-for-the-benchmark"
_PROMPTS = [f"what does benchmark question {number} ask?" for number in range(100)]


@dataclass
class Variant:
    """A server under test, and what was measured of it, a figure for each round."""

    name: str
    server: ServerProcess
    metadata: Metadata
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    cpu_microseconds: list[float] = field(default_factory=list)

    async def measure(self, *, callers: int, seconds: float) -> None:
        """One round."""
        requests = [
            pb.SearchRequest(cache="default", prompt=prompt).SerializeToString()
            for prompt in _PROMPTS
        ]
        used = self.server.cpu_seconds()
        result = await closed_loop(
            self.server.address,
            _METHOD,
            requests,
            callers=callers,
            seconds=seconds,
            metadata=self.metadata,
        )
        if set(result.statuses) != {"OK"}:
            raise RuntimeError(f"calls failed: {result.statuses}")
        used = self.server.cpu_seconds() - used
        self.rates.append(result.rate())
        self.medians.append(result.percentile(50))
        self.cpu_microseconds.append(used / result.statuses.total() * 1e6)

    def row(self, bare: "Variant") -> dict[str, Any]:
        """What was measured, beside the bare server."""
        return {
            "server": self.name,
            "calls a second": round(median(self.rates)),
            "to bare": paired(self.rates, bare.rates),
            "median ms": median(self.medians),
            "server CPU, us a call": round(median(self.cpu_microseconds)),
            "CPU to bare": paired(self.cpu_microseconds, bare.cpu_microseconds),
        }


async def variants(store: str, folder: str, stack: AsyncExitStack) -> list[Variant]:
    """The bare server and the whole one, each with the same entries."""
    bare = await stack.enter_async_context(
        server_process([sys.executable, "-m", "benchmarks.bare_server", store])
    )
    whole = await stack.enter_async_context(
        server_process(
            serve("--store", store, "--data-dir", folder),
            environment={
                "NEARHIT_API_KEYS": _BOOTSTRAP_KEY,
                # Never reached, but counted.
                "NEARHIT_RATE_LIMIT": "100000",
            },
        )
    )
    async with nearhit.AsyncClient(bare.address) as client:
        await fill(client)
    async with nearhit.AsyncClient(whole.address, api_key=_BOOTSTRAP_KEY) as client:
        await fill(client)
        # A stored key, as callers have them: its hash has to be looked up now and then.
        made = await client.create_key(scopes=["read"], caches=["default"])
    key = (("authorization", f"Bearer {made.secret}"),)
    return [Variant("bare", bare, ()), Variant("whole", whole, key)]


async def fill(client: nearhit.AsyncClient) -> None:
    """Store an answer to each prompt."""
    await client.store_many([nearhit.NewEntry(prompt, "an answer") for prompt in _PROMPTS])


async def measure(arguments: argparse.Namespace, store: str) -> list[dict[str, Any]]:
    """The variants, taking turns."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        bare, *others = await variants(store, folder, stack)
        for _ in range(arguments.rounds):
            for variant in (bare, *others):
                await variant.measure(callers=arguments.callers, seconds=arguments.seconds)
        return [variant.row(bare) for variant in (bare, *others)]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
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
