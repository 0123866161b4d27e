"""What verification costs: the same calls to a cache without it and to one with it, in turns."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import nearhit
from benchmarks.goals import Goal
from benchmarks.reporting import paired, spread
from nearhit import Verification
from nearhit_server.tuning.pairs import Pair

_SERVED = 0.7
"""Most paraphrases lie above it, and have to be verified."""

_MOST_SEARCHES = 100
"""In each round, one after the other."""

_STORED_AT_ONCE = 100

_MOST_ERRORS = 0.01
"""A machine that has other things to do lets a call time out now and then."""

_LONE = "search for a paraphrase, 1 caller: median ms"
_MIXED_LONE = "mixed scenario, 1 caller: median ms"
_MIXED = "mixed scenario, many callers: calls a second"


@dataclass
class Variant:
    """A cache, and what was measured of it: a figure for each round."""

    cache: str
    verification: Verification
    figures: dict[str, list[float]] = field(default_factory=dict)

    def note(self, what: str, figure: float) -> None:
        """Keep the figure of a round."""
        self.figures.setdefault(what, []).append(figure)


async def measure_cost(
    address: str, pairs: Sequence[Pair], *, callers: int, rounds: int, seconds: float
) -> tuple[Variant, Variant]:
    """Both variants, taking turns. Of the equivalent ones of `pairs` the first prompts are stored
    and the second ones searched for."""
    off, full = Variant("cost-off", Verification.OFF), Variant("cost-full", Verification.FULL)
    chosen = [pair for pair in pairs if pair.equivalent]
    stored = dict.fromkeys(pair.first for pair in chosen)
    # The server remembers what it has embedded, so that no prompt may come twice.
    asked = list(dict.fromkeys(pair.second for pair in chosen if pair.second not in stored))
    for each in (off, full):
        await _fill(address, each, list(stored))
    prompts, searches = iter(asked), min(_MOST_SEARCHES, len(asked) // (2 * rounds))
    if not searches:
        raise RuntimeError(f"{len(asked):,} paraphrases are too few for {rounds} rounds")
    for number in range(rounds):
        # Whoever comes second finds the machine warm.
        turns = (off, full) if number % 2 else (full, off)
        for each in turns:
            await _search(address, each, prompts, searches)
        for each in turns:
            record = await _mix(address, each, callers=1, seconds=seconds)
            each.note(_MIXED_LONE, record["latency_milliseconds"]["answered"]["p50"])
        for each in turns:
            record = await _mix(address, each, callers=callers, seconds=seconds)
            each.note(_MIXED, record["answered_per_second"])
    return off, full


def rows(off: Variant, full: Variant) -> list[dict[str, Any]]:
    """Each figure without and with verification."""
    return [
        {
            "what": what,
            "off": median(without),
            "full": median(full.figures[what]),
            "full to off": paired(full.figures[what], without),
            "half of the rounds": spread(full.figures[what], without),
        }
        for what, without in off.figures.items()
    ]


def goals(off: Variant, full: Variant) -> list[Goal]:
    """What verification may cost."""
    more = [a - b for a, b in zip(full.figures[_LONE], off.figures[_LONE], strict=True)]
    return [
        Goal(what="milliseconds more for a verified search", measured=median(more), at_most=4),
        Goal(
            what="calls a second of the mixed scenario, to those without verification",
            measured=paired(full.figures[_MIXED], off.figures[_MIXED]),
            at_least=0.8,
        ),
    ]


async def _fill(address: str, variant: Variant, prompts: Sequence[str]) -> None:
    async with nearhit.AsyncClient(address, cache=variant.cache) as client:
        await client.create_cache(variant.cache, verification=variant.verification)
        entries = [nearhit.NewEntry(prompt, "an answer") for prompt in prompts]
        for start in range(0, len(entries), _STORED_AT_ONCE):
            await client.store_many(entries[start : start + _STORED_AT_ONCE])


async def _search(address: str, variant: Variant, prompts: Iterator[str], count: int) -> None:
    milliseconds = []
    async with nearhit.AsyncClient(address, cache=variant.cache) as client:
        await client.search("the first call opens the connection")
        for _ in range(count):
            prompt = next(prompts)
            began = time.perf_counter()
            await client.search(prompt, similarity_threshold=_SERVED)
            milliseconds.append((time.perf_counter() - began) * 1_000)
    variant.note(_LONE, median(milliseconds))


async def _mix(address: str, variant: Variant, *, callers: int, seconds: float) -> dict[str, Any]:
    """A run of `nearhit bench mix`, as its JSON says."""
    options = {
        "--target": address,
        "--cache": variant.cache,
        "--concurrency": str(callers),
        "--duration": f"{seconds}s",
        "--warmup": f"{seconds / 4}s",
        "--json": "-",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "nearhit_server", "bench", "mix"),
        *(word for option in options.items() for word in option),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("nearhit bench failed")
    record: dict[str, Any] = json.loads(said)
    answered = record["latency_milliseconds"]["answered"]["count"]
    if sum(record["errors"].values()) > _MOST_ERRORS * answered:
        raise RuntimeError(f"calls failed: {record['errors']}")
    return record
