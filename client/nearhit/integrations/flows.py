"""What a method does, written once for its blocking and its asyncio form.

A flow is a generator that yields steps; what a step gives, or fails with, comes back to it.
What it checks before its first step is checked before anything is sent.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from nearhit.client import AsyncClient
from nearhit.errors import DeadlineExceededError
from nearhit.sync import Client

ResultT = TypeVar("ResultT")

_CALLS_AT_ONCE: Final = 16
"""A loop's calls under way. To start one, or to read an answer, takes some 0.1 ms of the loop's
time, and all that become ready together do so together: 256 at once stall it 13 to 27 ms, 16
at once 4 to 7 ms."""


@dataclass(frozen=True)
class LoopConnection:
    """An event loop's client, and the turns in which its calls are made."""

    client: AsyncClient
    turn_seconds: float
    """How long a call waits for its turn."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CALLS_AT_ONCE))

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits for a turn. Raises DeadlineExceededError if there is none in time."""
        try:
            async with asyncio.timeout(self.turn_seconds):
                await self.turns.acquire()
        except TimeoutError as error:
            raise DeadlineExceededError("the calls before this one are not answered") from error
        try:
            yield
        finally:
            self.turns.release()


class Step(Protocol):
    """Something that takes time, as a call that blocks and as one to be awaited."""

    def now(self, client: Client) -> Any: ...

    async def later(self, connection: LoopConnection) -> Any: ...


Flow: TypeAlias = Generator[Step, Any, ResultT]


@dataclass(frozen=True)
class Ask:
    """A call to the server: the method of a client of either kind, with its arguments."""

    call: Callable[[Any], Any]

    def now(self, client: Client) -> Any:
        return self.call(client)

    async def later(self, connection: LoopConnection) -> Any:
        async with connection.turn():
            return await self.call(connection.client)


def run(flow: Flow[ResultT], client: Client) -> ResultT:
    """Performs the steps of a flow in this thread; what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                result = step.now(client)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        returned: ResultT = end.value
        return returned


async def run_async(flow: Flow[ResultT], connection: LoopConnection) -> ResultT:
    """Awaits the steps of a flow; what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                result = await step.later(connection)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        returned: ResultT = end.value
        return returned
