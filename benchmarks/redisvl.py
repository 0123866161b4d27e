"""nearhit and RedisVL's SemanticCache: the same model, Redis, entries and prompts.

PYTHONPATH=tests .venv/bin/python -m benchmarks.redisvl --prompts FILE

No prompt comes twice, so that each has to be embedded. nearhit is a server with a key, metrics and
log lines, asked by one process through its client; RedisVL is a library in the process that asks,
and is measured in each way that it can be used: in a loop, from threads, with asyncio.
"""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import nearhit
from benchmarks.closed_loop import LoopResult, loop_of
from benchmarks.contender import Contender
from benchmarks.curves import percentile_curve
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.keyed_server import keyed_server
from benchmarks.other_work import OtherWork
from benchmarks.prompts import add_prompts_option, distinct_prompts
from benchmarks.redis_under_test import redis_under_test
from benchmarks.redisvl_process import RedisvlProcess, redisvl_process
from benchmarks.reporting import machine, paired, print_table, spread, write_json
from benchmarks.sample_data import RESPONSE


async def fill(client: nearhit.AsyncClient, prompts: Iterator[str], count: int) -> None:
    """Store the next so many prompts."""
    entries = [nearhit.NewEntry(prompt, RESPONSE) for prompt in islice(prompts, count)]
    for start in range(0, count, 100):
        await client.store_many(entries[start : start + 100])
    if isinstance(await client.search(entries[0].prompt), nearhit.Miss):
        raise RuntimeError("what was stored is not found")


def contenders(
    client: nearhit.AsyncClient, prompts: Iterator[str], redisvl: RedisvlProcess, callers: int
) -> tuple[list[Contender], list[Contender]]:
    """Those who are asked one thing after the other, and those who are asked many at once; a loop
    is among both."""

    async def call(_: int) -> str:
        try:
            await client.search(next(prompts))
        except nearhit.NearhitError as error:
            return error.status_code
        return "OK"

    async def search(count: int, seconds: float) -> LoopResult:
        return await loop_of([call] * count, seconds=seconds)

    loop = Contender("RedisVL, a loop", lambda s: redisvl.search_in_threads(1, s))
    return (
        [Contender("nearhit", lambda s: search(1, s)), loop],
        [
            Contender("nearhit", lambda s: search(callers, s)),
            loop,
            Contender("RedisVL, threads", lambda s: redisvl.search_in_threads(callers, s)),
            Contender("RedisVL, asyncio", lambda s: redisvl.search_in_tasks(callers, s)),
        ],
    )


async def measure(
    arguments: argparse.Namespace, url: str
) -> tuple[list[Contender], list[Contender]]:
    """All of them, taking turns."""
    prompts = distinct_prompts(arguments.prompts)
    async with (
        keyed_server(url) as server,
        server.client() as client,
        redisvl_process(url, prompts=arguments.prompts) as redisvl,
    ):
        await fill(client, prompts, arguments.entries)
        await redisvl.fill(arguments.entries)
        alone, together = contenders(client, prompts, redisvl, arguments.callers)
        in_turn = [*alone, *(each for each in together if each not in alone)]
        for each in in_turn:
            # Connections, threads and the models' first batches of a kind.
            await each.loop(min(1.0, arguments.seconds))
        for _ in range(arguments.rounds):
            for each in in_turn:
                await each.measure(arguments.seconds)
    return alone, together


def rows_of_one(measured: Sequence[Contender]) -> list[dict[str, Any]]:
    """Latencies beside RedisVL's."""
    *_, loop = measured
    return [
        {
            "cache": each.name,
            "median ms": median(each.medians),
            "to RedisVL": paired(each.medians, loop.medians),
            "half of the rounds": spread(each.medians, loop.medians),
            "p99 ms": median(each.tails),
            "searches a second": round(median(each.rates)),
        }
        for each in measured
    ]


def rows_of_many(measured: Sequence[Contender]) -> list[dict[str, Any]]:
    """Throughput beside nearhit's."""
    nearhit_, *_ = measured
    return [
        {
            "cache": each.name,
            "searches a second": round(median(each.rates)),
            "nearhit's to that": paired(nearhit_.rates, each.rates),
            "half of the rounds": spread(nearhit_.rates, each.rates),
            "median ms": median(each.medians),
            "p99 ms": median(each.tails),
            "errors": sum(each.errors.values()),
        }
        for each in measured
    ]


def goals(alone: Sequence[Contender], together: Sequence[Contender]) -> list[Goal]:
    """What nearhit is for. RedisVL counts in its best way."""
    nearhit_, *ways = together
    return [
        Goal(
            what="searches a second of many callers, to RedisVL's",
            measured=min(paired(nearhit_.rates, way.rates) for way in ways),
            at_least=6,
        ),
        Goal(
            what="median latency one at a time, to RedisVL's",
            measured=paired(alone[0].medians, alone[1].medians),
            at_most=0.4,
        ),
    ]


def report(
    alone: Sequence[Contender], together: Sequence[Contender], callers: int
) -> dict[str, Any]:
    """Print what was measured, and return it."""
    one, many = "1 caller", f"{callers} callers"
    results: dict[str, Any] = {one: rows_of_one(alone), many: rows_of_many(together)}
    for title, rows in results.items():
        print_table(f"Searches for fresh texts, {title}", rows)
    for each in together:
        if each.errors:
            print(f"\n{each.name}: {dict(each.errors)}")
    # The loop has one caller in any case.
    called_by_many = [each for each in together if each not in alone]
    for title, measured in ((one, alone), (many, called_by_many)):
        results[f"Latencies, {title}"] = {
            each.name: percentile_curve(each.milliseconds) for each in measured
        }
    return {**results, TITLE: print_goals(goals(alone, together))}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    add_prompts_option(parser)
    parser.add_argument("--entries", type=int, default=1_000, help="in the caches")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    with redis_under_test(arguments.redis) as url:
        facts = machine(url)
        alone, together = asyncio.run(measure(arguments, url))
    results = report(alone, together, arguments.callers)
    results["other work"] = others.share()
    write_json(arguments.json, {"machine": facts, **results})


if __name__ == "__main__":
    main()
