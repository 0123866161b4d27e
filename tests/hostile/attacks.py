"""What may be done to a gRPC port, each on connections of its own."""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random

import grpc
from grpc_health.v1.health_pb2 import HealthCheckRequest
from grpc_health.v1.health_pb2_grpc import HealthStub
from hyperframe.frame import (
    ContinuationFrame,
    HeadersFrame,
    PingFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)

import nearhit
from hostile.peers import CHECK, GREETING, GREETING_OF_THE_DEAF, WATCH, call, connected, message

Attack = Callable[[str], Awaitable[None]]

_CANCEL = 8


async def random_bytes_for_a_greeting(address: str) -> None:
    """Noise where HTTP/2 begins; the server hangs up."""
    random = Random(1)
    for _ in range(100):
        async with connected(address) as peer:
            await peer.send(random.randbytes(2_000))
            await peer.until_closed()


async def random_frames(address: str) -> None:
    """Noise after the greeting."""
    random = Random(2)
    async with AsyncExitStack() as stack:
        for _ in range(100):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING, random.randbytes(2_000))


async def frames_of_every_type(address: str) -> None:
    """Frames that could be: any type, any flags, any stream, any payload."""
    random = Random(3)
    async with AsyncExitStack() as stack:
        for _ in range(200):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING, call(0))
            for _ in range(5):
                payload = random.randbytes(random.choice([0, 4, 5, 8, 100]))
                head = len(payload).to_bytes(3, "big") + bytes(
                    [random.randrange(11), random.randrange(256), 0, 0, 0, random.randrange(4)]
                )
                await peer.send(head + payload)


async def messages_cut_short(address: str) -> None:
    """Calls that end in the middle of their message."""
    async with connected(address) as peer:
        await peer.send(GREETING)
        for number in range(500):
            await peer.send(call(number), message(number, b"x" * 10, length=1_000, last=True))


async def messages_claimed_to_be_huge(address: str) -> None:
    """Calls that say 4 GiB will come."""
    async with connected(address) as peer:
        await peer.send(GREETING)
        for number in range(500):
            await peer.send(call(number), message(number, b"x", length=2**32 - 1, last=False))


async def large_headers(address: str) -> None:
    """Calls with metadata far past the limit."""
    more = tuple((f"x-{number}", "y" * 1_000) for number in range(15))
    async with connected(address) as peer:
        for number in range(200):
            first = call(number, *more)
            first.flags.discard("END_HEADERS")
            rest = ContinuationFrame(first.stream_id, call(number, *more).data)
            last = ContinuationFrame(first.stream_id, b"", flags=["END_HEADERS"])
            await peer.send(*([GREETING] if number == 0 else []), first, *[rest] * 4, last)


async def headers_without_an_end(address: str) -> None:
    """One call whose headers go on for 16 MB."""
    part = ContinuationFrame(1, call(0).data * 100).serialize()
    async with connected(address) as peer:
        await peer.send(GREETING, HeadersFrame(1, call(0).data))
        for _ in range(16_000_000 // len(part)):
            await peer.send(part)


async def rapid_resets(address: str) -> None:
    """Calls that are cancelled as soon as they are made."""
    async with connected(address) as peer:
        await peer.send(GREETING)
        for number in range(10_000):
            await peer.send(call(number), RstStreamFrame(2 * number + 1, _CANCEL))


async def pings(address: str) -> None:
    """More pings than anybody needs; the server hangs up."""
    async with connected(address) as peer:
        await peer.send(GREETING, *[PingFrame(0, b"12345678")] * 10_000)
        await peer.until_closed()


async def settings_and_windows(address: str) -> None:
    """Frames that cost the sender nothing and have to be answered."""
    async with connected(address) as peer:
        await peer.send(GREETING, *[SettingsFrame(0)] * 10_000)
        await peer.send(*[WindowUpdateFrame(0, 1)] * 10_000)


async def calls_without_a_message(address: str) -> None:
    """5,000 calls that are begun and never go on, while others search."""
    async with AsyncExitStack() as stack:
        for _ in range(5):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING, *(call(number) for number in range(1_000)))
        async with nearhit.AsyncClient(address) as client:
            for number in range(100):
                await client.search(f"what else is asked, number {number}?")


async def health_checks_without_an_end(address: str) -> None:
    """1,000 health checks whose message is begun and never goes on."""
    async with AsyncExitStack() as stack:
        for _ in range(25):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING)
            for number in range(40):
                part = message(number, b"x" * 1_000, length=31 << 20, last=False)
                await peer.send(call(number, path=CHECK), part)
        await is_well(address)


async def health_watches_that_are_not_read(address: str) -> None:
    """1,200 watches by peers that take no message, more than there may be."""
    async with AsyncExitStack() as stack:
        for _ in range(30):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING_OF_THE_DEAF)
            for number in range(40):
                await peer.send(call(number, path=WATCH), message(number, b"", last=True))
        await is_well(address)


async def idle_connections(address: str) -> None:
    """2,000 connections that say no more than hello."""
    async with AsyncExitStack() as stack:
        for _ in range(2_000):
            peer = await stack.enter_async_context(connected(address))
            await peer.send(GREETING)


ATTACKS: tuple[Attack, ...] = (
    *(random_bytes_for_a_greeting, random_frames, frames_of_every_type),
    *(messages_cut_short, messages_claimed_to_be_huge, large_headers, headers_without_an_end),
    *(rapid_resets, pings, settings_and_windows, calls_without_a_message, idle_connections),
    *(health_checks_without_an_end, health_watches_that_are_not_read),
)


async def is_well(address: str) -> None:
    """A health check as it is meant to be, by somebody else."""
    async with grpc.aio.insecure_channel(address) as channel:
        await HealthStub(channel).Check(HealthCheckRequest(), timeout=5)
