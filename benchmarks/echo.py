"""Exact hits beside a bare gRPC server that echoes: throughput, and latency at half of it.

PYTHONPATH=tests .venv/bin/python -m benchmarks.echo

The echo answers the same requests of the same client with as many bytes. nearhit has a key to look
up, its metrics, a log line a call and a store. Latencies are those of calls that come at a fixed
rate: half of what nearhit answered, for both.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import grpc

import nearhit
from benchmarks.closed_loop import LoopResult, Metadata, closed_loop, in_turn
from benchmarks.contender import Contender
from benchmarks.curves import percentile_curve
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.keyed_server import CACHE, keyed_server
from benchmarks.nearhit_process import server_process
from benchmarks.open_loop import open_loop, punctual_event_loop
from benchmarks.other_work import OtherWork
from benchmarks.prompts import search_request
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, paired, print_table, spread, write_json
from nearhit.v1 import semantic_cache_pb2 as pb

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_PROMPTS = [f"what does benchmark question {number} ask?" for number in range(100)]
_REQUEST = in_turn([search_request(prompt, cache=CACHE) for prompt in _PROMPTS])
_ANSWER = "an answer of 500 bytes ".ljust(500, ".")
_FLOORS = {"embedded store": 0.5, "Redis": 0.35}
_MOST_TIMES_SLOWER = 10


@dataclass(frozen=True)
class Target:
    """A server, and what a caller has to send it."""

    name: str
    address: str
    metadata: Metadata = ()

    def closed(self, callers: int) -> Contender:
        """So many callers at once."""

        async def loop(seconds: float) -> LoopResult:
            return await closed_loop(
                self.address,
                _METHOD,
                _REQUEST,
                callers=callers,
                seconds=seconds,
                metadata=self.metadata,
            )

        return Contender(self.name, loop)

    def paced(self, rate: float) -> Contender:
        """A fixed rate."""

        async def loop(seconds: float) -> LoopResult:
            return await open_loop(
                self.address,
                _METHOD,
                _REQUEST,
                rate=rate,
                seconds=seconds,
                metadata=self.metadata,
            )

        return Contender(self.name, loop)


@asynccontextmanager
async def targets(url: str) -> AsyncIterator[tuple[Target, list[Target]]]:
    """The echo, and nearhit on each store with the entries."""
    async with AsyncExitStack() as stack:
        found = []
        for name, store in (("embedded store", "embedded"), ("Redis", url)):
            server = await stack.enter_async_context(keyed_server(store))
            async with server.client() as client:
                await client.store_many([nearhit.NewEntry(p, _ANSWER) for p in _PROMPTS])
            found.append(Target(name, server.process.address, server.metadata))
        command = (sys.executable, "-m", "benchmarks.echo_server", str(await size_of(found[0])))
        echo = await stack.enter_async_context(server_process(command))
        yield Target("echo", echo.address), found


async def size_of(target: Target) -> int:
    """The bytes of an answer."""
    async with grpc.aio.insecure_channel(target.address) as channel:
        answer: bytes = await channel.unary_unary(_METHOD)(_REQUEST(0), metadata=target.metadata)
    if not pb.SearchResponse.FromString(answer).HasField("hit"):
        raise RuntimeError("what was stored is not found")
    return len(answer)


async def in_turns(contenders: Sequence[Contender], arguments: argparse.Namespace) -> None:
    """Measure them all; the first, short round warms up."""
    for each in contenders:
        await each.loop(min(1.0, arguments.seconds))
    for _ in range(arguments.rounds):
        for each in contenders:
            await each.measure(arguments.seconds)


async def measure(arguments: argparse.Namespace, url: str) -> dict[str, Any]:
    """Throughput first, which says how much half of it is."""
    async with targets(url) as (echo, stores):
        size = await size_of(stores[0])
        full = [target.closed(arguments.callers) for target in (echo, *stores)]
        await in_turns(full, arguments)
        results: dict[str, Any] = {"Throughput": throughput(full)}
        title = f"Exact hits, {arguments.callers} callers, answers of {size} bytes"
        print_table(title, results["Throughput"])
        goals = [
            Goal(
                what=f"exact hits a second to the echo, {each.name}",
                measured=paired(each.rates, full[0].rates),
                at_least=_FLOORS[each.name],
            )
            for each in full[1:]
        ]
        for target, fastest in zip(stores, full[1:], strict=True):
            rate = median(fastest.rates) / 2
            pair = (echo.paced(rate), target.paced(rate))
            await in_turns(pair, arguments)
            title = f"Latencies at half load, {target.name}"
            results[title] = latencies(*pair, rate)
            print_table(title, results[title])
            results[f"{title}, curves"] = {
                each.name: percentile_curve(each.milliseconds) for each in pair
            }
            goals.append(
                Goal(
                    what=f"p99 at half load to the echo's median, {target.name}",
                    measured=paired(pair[1].tails, pair[0].medians),
                    at_most=_MOST_TIMES_SLOWER,
                )
            )
    results[TITLE] = print_goals(goals)
    return results


def throughput(contenders: Sequence[Contender]) -> list[dict[str, Any]]:
    """Calls a second beside the echo's."""
    echo, *_ = contenders
    return [
        {
            "server": each.name,
            "calls a second": round(median(each.rates)),
            "to echo": paired(each.rates, echo.rates),
            "half of the rounds": spread(each.rates, echo.rates),
            "median ms": median(each.medians),
            "p99 ms": median(each.tails),
        }
        for each in contenders
    ]


def latencies(echo: Contender, nearhit_: Contender, rate: float) -> list[dict[str, Any]]:
    """Latencies beside the echo's median."""
    return [
        {
            "server": each.name,
            "calls a second": round(rate),
            "median ms": median(each.medians),
            "p99 ms": median(each.tails),
            "p99 to echo's median": paired(each.tails, echo.medians),
            "half of the rounds": spread(each.tails, echo.medians),
        }
        for each in (echo, nearhit_)
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    with (
        redis_under_test(arguments.redis) as url,
        asyncio.Runner(loop_factory=punctual_event_loop) as runner,
    ):
        results = {"machine": machine(url), **runner.run(measure(arguments, url))}
    results["other work"] = others.share()
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
