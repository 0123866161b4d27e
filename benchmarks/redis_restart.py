"""How long Redis answers LOADING after a restart: it builds the search index anew.

PYTHONPATH=tests .venv/bin/python -m benchmarks.redis_restart
"""

import argparse
import asyncio
import time
from pathlib import Path
from typing import Any

import redis

from benchmarks.filling import fill, open_store
from benchmarks.redis_under_test import own_redis
from benchmarks.reporting import machine, print_table, write_json
from benchmarks.sample_data import cache_spec
from redis_servers.server import RedisServer


def measure(size: int) -> dict[str, Any]:
    """Kill a Redis with an append-only file of so many entries, and start it again."""
    with own_redis(append_only=True) as server:
        asyncio.run(_fill(server.url, size))
        versions = machine(server.url)
        row = {"entries": size, "log": "commands", "seconds": _restart(server)}
        with server.client() as client:
            client.bgrewriteaof()
            _wait_for_rewrite(client)
        rewritten = {"entries": size, "log": "rewritten", "seconds": _restart(server)}
    return {"machine": versions, "Restart": [row, rewritten]}


async def _fill(url: str, size: int) -> None:
    async with open_store(url) as store:
        await fill(store, await store.create_cache(cache_spec("nearhit-benchmark")), size)


def _restart(server: RedisServer) -> float:
    server.kill()
    began = time.perf_counter()
    server.start(until_loaded=False)
    with server.client() as client:
        while True:
            try:
                client.ping()
            except redis.exceptions.BusyLoadingError:
                time.sleep(0.05)
            else:
                return time.perf_counter() - began


def _wait_for_rewrite(client: redis.Redis) -> None:
    while True:
        state = client.info("persistence")
        if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
            return
        time.sleep(0.05)


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=30_000)
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    results = measure(arguments.entries)
    print_table("Restart", results["Restart"])
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
