"""How often hits are wrong, by the threshold alone and verified, and what verification costs.

python -m benchmarks.hit_quality --pairs FILE --mock FILE [--short FILE]

The pairs are the part of FILE that training leaves out: no question of theirs was learned from.
The false-positive rate is the share of different pairs that would hit, at the threshold that lets
a share of the equivalent ones through, the recall. The mock data of GPTCache are stored in a
server and asked for in other words; a hit is right if it is the entry that was meant.
"""

import argparse
import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from training.pairs import read_pairs
from training.splitting import split

from benchmarks import pair_quality, verification_cost
from benchmarks.goals import TITLE, Goal, print_goals
from benchmarks.mock_searches import count_hits, read_rewordings
from benchmarks.nearhit_process import serve, server_process
from benchmarks.other_work import OtherWork
from benchmarks.reporting import print_table, write_json
from nearhit_server.bench.machine import machine
from nearhit_server.tuning.pairs import Pair

_SEED: Final = 1
"""That of training, or what it has learned from would be among the pairs."""

_SHORT_PROMPTS: Final = Path(__file__).parent / "data" / "short_prompts.tsv"

_MOST_FALSE_POSITIVES: Final = {
    "Question pairs": {0.4: 2.0, 0.6: 5.0},
    "Short prompts": {0.4: 2.0, 0.5: 4.0},
}
"""In percent, by recall."""


@asynccontextmanager
async def embedded_server() -> AsyncIterator[str]:
    """The address of a new server on a new embedded store; both are gone after the block."""
    with tempfile.TemporaryDirectory() as folder:
        command = serve("--store", "embedded", "--data-dir", folder, "--log-level", "warning")
        async with server_process(command) as server:
            yield server.address


async def measure_pairs(sets: dict[str, list[Pair]]) -> tuple[dict[str, Any], list[Goal]]:
    """The false-positive rates of each set of pairs."""
    results: dict[str, Any] = {}
    goals: list[Goal] = []
    for title, pairs in sets.items():
        curves = await pair_quality.curves_of(pairs)
        results[title] = pair_quality.rows(curves)
        print_table(f"{title}: false-positive rates of {len(pairs):,} pairs", results[title])
        goals += pair_quality.goals(title, curves, _MOST_FALSE_POSITIVES[title])
    return results, goals


async def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """All of it."""
    test = split(read_pairs(arguments.pairs), seed=_SEED)["test"]
    results, goals = await measure_pairs(
        {"Question pairs": test, "Short prompts": read_pairs(arguments.short)}
    )
    async with embedded_server() as address:
        results["Mock data"] = await count_hits(address, read_rewordings(arguments.mock))
    print_table("Mock data of GPTCache", results["Mock data"])
    async with embedded_server() as address:
        off, full = await verification_cost.measure_cost(
            address,
            test,
            callers=arguments.callers,
            rounds=arguments.rounds,
            seconds=arguments.seconds,
        )
    results["Cost"] = verification_cost.rows(off, full)
    print_table(f"Cost of verification, many callers: {arguments.callers}", results["Cost"])
    goals += verification_cost.goals(off, full)
    return {**results, TITLE: print_goals(goals)}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pairs", type=Path, required=True, help="labelled question pairs, .tsv")
    parser.add_argument("--mock", type=Path, required=True, help="GPTCache's mock_data.json")
    parser.add_argument("--short", type=Path, default=_SHORT_PROMPTS, help="labelled short prompts")
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each run under load")
    parser.add_argument("--json", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    others = OtherWork()
    os.environ["HF_HUB_OFFLINE"] = "1"
    results = {"machine": machine(), **asyncio.run(measure(arguments))}
    results["other work"] = others.share()
    write_json(arguments.json, results)


if __name__ == "__main__":
    main()
