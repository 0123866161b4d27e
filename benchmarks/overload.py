"""Three times as many calls as the server can take: who is admitted, who is turned away, and
what is left of it afterwards.

PYTHONPATH=tests .venv/bin/python -m benchmarks.overload

Each call is a semantic search for a text that was never asked before, so that the model has to
work for it.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.closed_loop import LoopResult, closed_loop
from benchmarks.nearhit_process import ServerProcess, serve, server_process
from benchmarks.open_loop import open_loop
from benchmarks.reporting import print_table, write_json
from nearhit.v1 import semantic_cache_pb2 as pb

_METHOD = "/nearhit.v1.SemanticCacheService/Search"
_CALLERS = 64
_TURNED_AWAY = "RESOURCE_EXHAUSTED"


def fresh_search(number: int) -> bytes:
    """A search for a text that nobody has asked for."""
    prompt = f"what became of order {uuid4()}, the one with number {number}?"
    return pb.SearchRequest(cache="default", prompt=prompt).SerializeToString()


async def sustained(server: ServerProcess, seconds: float) -> LoopResult:
    """As fast as the server answers a few callers."""
    return await closed_loop(
        server.address, _METHOD, fresh_search, callers=_CALLERS, seconds=seconds
    )


async def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Before, during and after."""
    with tempfile.TemporaryDirectory() as folder:
        async with server_process(serve("--data-dir", folder)) as server:
            await sustained(server, arguments.rest_seconds)
            before = await sustained(server, arguments.rest_seconds)
            rows = [_row("before, 64 callers", before, server)]
            during = await open_loop(
                server.address,
                _METHOD,
                fresh_search,
                rate=3 * before.rate(),
                seconds=arguments.seconds,
            )
            rows.append(_row("three times that rate", during, server))
            after = await sustained(server, arguments.rest_seconds)
            rows.append(_row("after, 64 callers", after, server))
    return rows


def _row(phase: str, result: LoopResult, server: ServerProcess) -> dict[str, Any]:
    others = set(result.statuses) - {"OK", _TURNED_AWAY}
    return {
        "phase": phase,
        "asked a second": round(result.statuses.total() / result.seconds),
        "answered a second": round(result.rate()),
        "p50 ms": round(result.percentile(50)),
        "p99 ms": round(result.percentile(99)),
        "turned away a second": round(result.rate(_TURNED_AWAY)),
        "their p50 ms": round(result.percentile(50, _TURNED_AWAY)),
        "their p99 ms": round(result.percentile(99, _TURNED_AWAY)),
        "other failures": sum(result.statuses[status] for status in others),
        "resident MB": round(server.resident_bytes() / 1e6),
    }


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of the overload")
    parser.add_argument("--rest-seconds", type=float, default=10.0, help="before and after")
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    rows = asyncio.run(measure(arguments))
    print_table("Overload", rows)
    write_json(arguments.json, {"Overload": rows})


if __name__ == "__main__":
    main()
