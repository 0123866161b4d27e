"""What get_or_compute and the decorator add to a search that hits.

.venv/bin/python -m benchmarks.cached_overhead

The same exact hits by `search` and by each of them, call by call in turn, so that what slows the
machine down for a while slows down all. The server runs in a process of its own.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import nearhit
from benchmarks.nearhit_process import serve, server_process
from benchmarks.reporting import print_table, write_json

_PROMPTS = [f"what does benchmark question {number} ask?" for number in range(100)]

Way = Callable[[str], Awaitable[object]]
"""A way of getting the answer to a prompt."""


async def never(prompt: str) -> str:
    """The function behind the cache; a hit does not call it."""
    raise AssertionError("a miss")


async def compare(ways: dict[str, Way], rounds: int) -> list[dict[str, Any]]:
    """Each way's time beside that of the first. A round asks each prompt in every way."""
    medians: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(-1, rounds):
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for index, prompt in enumerate(_PROMPTS):
            for name in _rotated(list(ways), number + index):
                began = time.perf_counter()
                await ways[name](prompt)
                seconds[name].append(time.perf_counter() - began)
        # The first round warms up.
        if number >= 0:
            for name, measured in seconds.items():
                medians[name].append(median(measured))
    bare = next(iter(medians.values()))
    return [row(name, measured, bare) for name, measured in medians.items()]


def _rotated(names: list[str], number: int) -> list[str]:
    """The names, each of them first as often as the others."""
    start = number % len(names)
    return names[start:] + names[:start]


def row(name: str, seconds: list[float], bare: list[float]) -> dict[str, Any]:
    """What was measured of one way, from the median of each round."""
    ratios = [one / other for one, other in zip(seconds, bare, strict=True)]
    low, _, high = quantiles(ratios, n=4)
    return {
        "call": name,
        "median us": round(median(seconds) * 1e6),
        "to search": median(ratios),
        "half of the rounds": f"{low:.3f}-{high:.3f}",
    }


async def measure(rounds: int) -> list[dict[str, Any]]:
    """The ways, over one server."""
    with tempfile.TemporaryDirectory() as folder:
        command = serve("--data-dir", folder, "--log-level", "error")
        async with (
            server_process(command) as server,
            nearhit.AsyncClient(server.address) as client,
        ):
            await client.store_many([nearhit.NewEntry(prompt, "an answer") for prompt in _PROMPTS])
            decorated = nearhit.cached(client, attributes={})(never)
            return await compare(
                {
                    "search": client.search,
                    "get_or_compute": lambda prompt: client.get_or_compute(prompt, never),
                    "@cached": decorated,
                },
                rounds,
            )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    rows = asyncio.run(measure(arguments.rounds))
    print_table("Exact hits, one caller", rows)
    write_json(arguments.json, {"Exact hits": rows})


if __name__ == "__main__":
    main()
