"""Calls at a fixed rate, whether or not the ones before have ended."""

import asyncio
import selectors
import time

import grpc

from benchmarks.closed_loop import LoopResult, Metadata, Request

_TIMEOUT_SECONDS = 30


def punctual_event_loop() -> asyncio.AbstractEventLoop:
    """One that wakes up when a call is due: epoll waits for whole milliseconds."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


async def open_loop(
    address: str,
    method: str,
    request: Request,
    *,
    rate: float,
    seconds: float,
    metadata: Metadata = (),
) -> LoopResult:
    """Make call number n, with `request(n)`, n / rate seconds after the first.

    Latencies count from when a call was due, not from when this program got round to it.
    """
    result = LoopResult(seconds=seconds)
    async with grpc.aio.insecure_channel(address) as channel:
        method_of_stub = channel.unary_unary(method)
        await channel.channel_ready()
        began = time.perf_counter()

        async def call(number: int, due: float) -> None:
            try:
                await method_of_stub(request(number), timeout=_TIMEOUT_SECONDS, metadata=metadata)
                status = "OK"
            except grpc.aio.AioRpcError as error:
                status = error.code().name
            result.add(status, (time.perf_counter() - due) * 1_000)

        async with asyncio.TaskGroup() as calls:
            for number in range(round(rate * seconds)):
                due = began + number / rate
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                calls.create_task(call(number, due))
    return result
