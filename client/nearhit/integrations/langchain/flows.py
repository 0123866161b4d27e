"""What a method does, written once for its blocking and its asyncio form.

A flow is a generator that yields steps; what a step gives, or fails with, comes back to it.
"""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Step:
    """Something that takes time, as a call that blocks and as one to be awaited."""

    blocking: Callable[[], Any]
    awaitable: Callable[[], Awaitable[Any]]


Flow: TypeAlias = Generator[Step, Any, ResultT]


def run(flow: Flow[ResultT]) -> ResultT:
    """Performs the steps of a flow in this thread; what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                result = step.blocking()
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        returned: ResultT = end.value
        return returned


async def run_async(flow: Flow[ResultT]) -> ResultT:
    """Awaits the steps of a flow; what the flow returns."""
    try:
        step = next(flow)
        while True:
            try:
                result = await step.awaitable()
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        returned: ResultT = end.value
        return returned
