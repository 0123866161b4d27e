"""What keys, limits, metrics and log lines cost: exact hits with all of it on and off.

PYTHONPATH=tests .venv/bin/python -m benchmarks.overhead

The bare server is the core behind gRPC; the whole one is `nearhit serve` as it comes, with a key
that it has to look up, a rate limit, a log line a call (to /dev/null), the HTTP port and what else
runs in the background. That the caller sends its key, and the server reads it, is part of it.

Throughput is limited by two cores that the caller shares; the server's own processor time a call
is not. Two processes of the same program differ by a few percent, by where things happen to lie
in memory, so that each is started several times.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import nearhit
from benchmarks.closed_loop import Metadata, closed_loop, in_turn
from benchmarks.nearhit_process import ServerProcess, serve, server_process
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, paired, print_table, write_json
from nearhit.v1 import semantic_cache_pb2 as pb

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_BOOTSTRAP_KEY = "a-key-for-the-benchmark"
_PROMPTS = [f"what does benchmark question {number} ask?" for number in range(100)]


@dataclass
class Variant:
    """A kind of server, and what was measured of it, a figure for each round."""

    name: str
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    cpu_microseconds: list[float] = field(default_factory=list)

    async def measure(
        self, server: ServerProcess, metadata: Metadata, *, callers: int, seconds: float
    ) -> None:
        """One round."""
        requests = [
            pb.SearchRequest(cache="default", prompt=prompt).SerializeToString()
            for prompt in _PROMPTS
        ]
        used = server.cpu_seconds()
        result = await closed_loop(
            server.address,
            _METHOD,
            in_turn(requests),
            callers=callers,
            seconds=seconds,
            metadata=metadata,
        )
        if set(result.statuses) != {"OK"}:
            raise RuntimeError(f"calls failed: {result.statuses}")
        used = server.cpu_seconds() - used
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


@asynccontextmanager
async def bare_server(store: str) -> AsyncIterator[tuple[ServerProcess, Metadata]]:
    """A server with nothing on, with the entries."""
    command = [sys.executable, "-m", "benchmarks.bare_server", store]
    async with server_process(command) as server:
        async with nearhit.AsyncClient(server.address) as client:
            await fill(client)
        yield server, ()


@asynccontextmanager
async def whole_server(store: str) -> AsyncIterator[tuple[ServerProcess, Metadata]]:
    """A server with everything on, with the entries, and what a caller has to send it."""
    environment = {
        "NEARHIT_API_KEYS": _BOOTSTRAP_KEY,
        # Never reached, but counted.
        "NEARHIT_RATE_LIMIT": "100000",
    }
    with tempfile.TemporaryDirectory() as folder:
        command = serve("--store", store, "--data-dir", folder)
        async with server_process(command, environment=environment) as server:
            async with nearhit.AsyncClient(server.address, api_key=_BOOTSTRAP_KEY) as client:
                await fill(client)
                # A stored key, as callers have them: its hash has to be looked up now and then.
                made = await client.create_key(scopes=["read"], caches=["default"])
            yield server, (("authorization", f"Bearer {made.secret}"),)


async def fill(client: nearhit.AsyncClient) -> None:
    """Store an answer to each prompt."""
    await client.store_many([nearhit.NewEntry(prompt, "an answer") for prompt in _PROMPTS])


async def measure(arguments: argparse.Namespace, store: str) -> list[dict[str, Any]]:
    """Both kinds of server, taking turns."""
    bare, whole = Variant("bare"), Variant("whole")
    for _ in range(arguments.starts):
        async with bare_server(store) as without, whole_server(store) as everything:
            for _ in range(arguments.rounds):
                for variant, server in ((bare, without), (whole, everything)):
                    await variant.measure(
                        *server, callers=arguments.callers, seconds=arguments.seconds
                    )
    return [bare.row(bare), whole.row(bare)]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=10, help="with each pair of servers")
    parser.add_argument("--starts", type=int, default=4, help="pairs of servers, one by one")
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
