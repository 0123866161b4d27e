"""What a cache on Redis costs as it grows: searches, stores, memory, a flush.

PYTHONPATH=tests .venv/bin/python -m benchmarks.redis_growth
"""

import argparse
import asyncio
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.entry_memory import measure_memory, used_memory
from benchmarks.filling import FilledCache, filled_caches, open_store
from benchmarks.flushing import measure_flush
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.nearhit_process import nearhit_process
from benchmarks.other_work import OtherWork
from benchmarks.redis_under_test import redis_under_test
from benchmarks.reporting import machine, print_table, write_json
from benchmarks.search_growth import measure_searches
from benchmarks.store_rate import measure_stores

_MOST_TIMES_SLOWER = 1.5


class Results:
    """What was measured, printed as it comes."""

    def __init__(self, url: str) -> None:
        self.by_title: dict[str, Any] = {"machine": machine(url)}

    def add(self, title: str, rows: list[dict[str, Any]]) -> None:
        """Keep a table and print it."""
        self.by_title[title] = rows
        print_table(title, rows)


async def measure(arguments: argparse.Namespace, url: str, results: Results) -> None:
    """Everything; the flush comes last because it takes the largest cache away."""
    async with open_store(url) as store:
        results.add("Memory", await measure_memory(store, url, size=arguments.memory_entries))
        before = used_memory(url)
        async with filled_caches(store, arguments.sizes) as caches:
            results.add("Filled in batches", _filling(caches, used_memory(url) - before))
            async with nearhit_process(url) as address:
                for run in range(1, arguments.runs + 1):
                    rows = await measure_searches(
                        store, address, caches, searches=arguments.searches
                    )
                    results.add(f"Searches, run {run}", rows)
                rows = await measure_stores(address, caches, seconds=arguments.store_seconds)
                results.add("Stores", rows)
                row = await measure_flush(address, url, caches[-1], caches[0])
                results.add("Flush", [row])
        results.by_title[TITLE] = print_goals([_goal(arguments, results)])


def _goal(arguments: argparse.Namespace, results: Results) -> Goal:
    runs = [results.by_title[f"Searches, run {run}"] for run in range(1, arguments.runs + 1)]
    least, *_, most = arguments.sizes
    return Goal(
        what=f"median Search of {most:,} entries to that of {least:,}",
        measured=median(rows[-1]["Search ratio"] for rows in runs),
        at_most=_MOST_TIMES_SLOWER,
    )


def _filling(caches: list[FilledCache], used: int) -> list[dict[str, Any]]:
    entries = sum(cache.size for cache in caches)
    rates = {f"a second into {cache.size:,}": round(cache.entries_a_second) for cache in caches}
    return [{"entries": entries, "bytes an entry": used // entries, **rates}]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--redis", help="URL of a Redis with Search; unset: start one")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--searches", type=int, default=2_000, help="of each kind, per size")
    parser.add_argument("--runs", type=int, default=3, help="of the searches")
    parser.add_argument("--store-seconds", type=float, default=3.0)
    parser.add_argument("--memory-entries", type=int, default=20_000)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    return parser.parse_args()


def main() -> None:
    """Measure and report."""
    arguments = _arguments()
    others = OtherWork()
    with redis_under_test(arguments.redis) as url:
        results = Results(url)
        asyncio.run(measure(arguments, url, results))
    write_json(arguments.json, {**results.by_title, "other work": others.share()})


if __name__ == "__main__":
    main()
