"""One of those that are measured in turns."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.closed_loop import LoopResult

Loop = Callable[[float], Awaitable[LoopResult]]
"""Calls for so many seconds."""


@dataclass(eq=False)
class Contender:
    """Somebody who answers calls, and what was measured: a figure for each round."""

    name: str
    loop: Loop
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    tails: list[float] = field(default_factory=list)
    """99th percentiles."""
    milliseconds: list[float] = field(default_factory=list)
    """Of every call."""
    errors: Counter[str] = field(default_factory=Counter)

    async def measure(self, seconds: float) -> None:
        """One round."""
        result = await self.loop(seconds)
        if not result.statuses["OK"]:
            raise RuntimeError(f"{self.name}: no call succeeded: {dict(result.statuses)}")
        self.rates.append(result.rate())
        self.medians.append(result.percentile(50))
        self.tails.append(result.percentile(99))
        self.milliseconds.extend(result.milliseconds["OK"])
        self.errors.update({s: n for s, n in result.statuses.items() if s != "OK"})
