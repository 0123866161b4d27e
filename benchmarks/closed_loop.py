"""Callers who each make the next call when the last one has ended."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

import grpc
import numpy as np

Metadata = Sequence[tuple[str, str]]

Request = Callable[[int], bytes]
"""The message of call number n."""


@dataclass
class LoopResult:
    """What came of a closed loop: how many calls ended how, and how long they took."""

    seconds: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    milliseconds: dict[str, list[float]] = field(default_factory=dict)

    def add(self, status: str, milliseconds: float) -> None:
        """Note one call."""
        self.statuses[status] += 1
        self.milliseconds.setdefault(status, []).append(milliseconds)

    @classmethod
    def sum_of(cls, parts: "Sequence[LoopResult]", *, seconds: float) -> Self:
        """What several callers have seen in the same time."""
        result = cls(seconds=seconds)
        for part in parts:
            result.statuses.update(part.statuses)
            for status, milliseconds in part.milliseconds.items():
                result.milliseconds.setdefault(status, []).extend(milliseconds)
        return result

    def rate(self, status: str = "OK") -> float:
        """Calls a second that ended with `status`."""
        return self.statuses[status] / self.seconds

    def percentile(self, percent: float, status: str = "OK") -> float:
        """Of the latencies of the calls that ended with `status`, in milliseconds."""
        return float(np.percentile(self.milliseconds.get(status, [0.0]), percent))


Call = Callable[[int], Awaitable[str]]
"""Makes call number n; returns its status."""


def in_turn(requests: Sequence[bytes]) -> Request:
    """These, again and again."""
    return lambda number: requests[number % len(requests)]


async def closed_loop(
    address: str,
    method: str,
    request: Request,
    *,
    callers: int,
    seconds: float,
    metadata: Metadata = (),
) -> LoopResult:
    """Make call number n with `request(n)`, from `callers` at once, for some seconds."""
    async with grpc.aio.insecure_channel(address) as channel:
        method_of_stub = channel.unary_unary(method)
        await method_of_stub(request(0), metadata=metadata, wait_for_ready=True)

        async def call(number: int) -> str:
            try:
                await method_of_stub(request(number), metadata=metadata)
            except grpc.aio.AioRpcError as error:
                return error.code().name
            return "OK"

        return await loop_of([call] * callers, seconds=seconds)


async def loop_of(calls: Sequence[Call], *, seconds: float) -> LoopResult:
    """A caller for each of `calls`, for some seconds."""
    result = LoopResult()
    began = time.perf_counter()

    async def caller(number: int, call: Call) -> None:
        while (started := time.perf_counter()) - began < seconds:
            status = await call(number)
            result.add(status, (time.perf_counter() - started) * 1_000)
            number += len(calls)

    await asyncio.gather(*(caller(number, call) for number, call in enumerate(calls)))
    result.seconds = time.perf_counter() - began
    return result
