"""Searches for fresh texts beside what the bare model can encode: what the server adds to it.

PYTHONPATH=tests .venv/bin/python -m benchmarks.encoder --prompts FILE

The same texts for all. The model has them all at once, in batches of the size that suits it best;
the server gets them from callers who each wait for an answer.
"""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bare_encoders import BareEncoder, bare_encoders
from benchmarks.closed_loop import closed_loop
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.keyed_server import CACHE, KeyedServer, keyed_server
from benchmarks.nearhit_process import CONVERTED_MODELS
from benchmarks.other_work import OtherWork
from benchmarks.prompts import add_prompts_option, distinct_prompts, search_request
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, paired, print_table, spread, write_json

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_FLOOR = 0.55

Rate = Callable[[float], Awaitable[float]]
"""Texts a second, measured for so many seconds."""


def searches(server: KeyedServer, path: Path | None, callers: int) -> Rate:
    """Searches a second for prompts that this server has not seen."""
    prompts = distinct_prompts(path)

    async def rate(seconds: float) -> float:
        result = await closed_loop(
            server.process.address,
            _METHOD,
            lambda _: search_request(next(prompts), cache=CACHE),
            callers=callers,
            seconds=seconds,
            metadata=server.metadata,
        )
        if set(result.statuses) != {"OK"}:
            raise RuntimeError(f"calls failed: {result.statuses}")
        return result.rate()

    return rate


async def sweep(encoders: list[BareEncoder], seconds: float) -> list[dict[str, Any]]:
    """Each encoder at each size of batches."""
    return [
        {"encoder": each.name, "batches of": size, "texts a second": round(rate)}
        for each in encoders
        for size, rate in (await each.find_best(seconds)).items()
    ]


async def measure(arguments: argparse.Namespace, url: str) -> dict[str, Any]:
    """The bare encoders at their best, and the server on both stores, taking turns."""
    texts = list(islice(distinct_prompts(arguments.prompts), arguments.texts))
    async with AsyncExitStack() as stack:
        encoders = await stack.enter_async_context(bare_encoders(texts, CONVERTED_MODELS))
        sizes = await sweep(encoders, arguments.seconds / 2)
        print_table("The bare encoder", sizes)
        rates: dict[str, Rate] = {f"{each.name}, {each.best}": each.rate for each in encoders}
        bare = list(rates)[: len(encoders)]
        for name, store in (("nearhit, embedded store", "embedded"), ("nearhit, Redis", url)):
            server = await stack.enter_async_context(keyed_server(store))
            rates[name] = searches(server, arguments.prompts, arguments.callers)
            await rates[name](min(1.0, arguments.seconds))
        measured: dict[str, list[float]] = {name: [] for name in rates}
        for _ in range(arguments.rounds):
            for name, rate in rates.items():
                measured[name].append(await rate(arguments.seconds))
    best = max(bare, key=lambda name: median(measured[name]))
    table = rows(measured, best)
    print_table(f"Fresh texts, {arguments.callers} callers", table)
    return {"Sweep": sizes, "Fresh texts": table, TITLE: print_goals(goals(measured, best))}


def rows(measured: dict[str, list[float]], best: str) -> list[dict[str, Any]]:
    """Texts a second beside the best encoder's."""
    return [
        {
            "what": name,
            "texts a second": round(median(rates)),
            "to the best encoder": paired(rates, measured[best]),
            "half of the rounds": spread(rates, measured[best]),
        }
        for name, rates in measured.items()
    ]


def goals(measured: dict[str, list[float]], best: str) -> list[Goal]:
    """What shall be left of the encoder's speed."""
    return [
        Goal(
            what=f"fresh searches a second to the encoder's texts, {name}",
            measured=paired(rates, measured[best]),
            at_least=_FLOOR,
        )
        for name, rates in measured.items()
        if name.startswith("nearhit")
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    add_prompts_option(parser)
    parser.add_argument("--texts", type=int, default=1_024, help="for the bare encoder")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    os.environ["HF_HUB_OFFLINE"] = "1"
    with redis_under_test(arguments.redis) as url:
        results = {"machine": machine(url), **asyncio.run(measure(arguments, url))}
    results["other work"] = others.share()
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
