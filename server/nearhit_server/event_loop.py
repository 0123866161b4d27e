"""The event loop that a server runs on."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop as _new_event_loop
except ImportError:
    # There is none for Windows.
    _new_event_loop = asyncio.new_event_loop


def run(main: Coroutine[Any, Any, T]) -> T:
    """As asyncio.run, on uvloop where there is one."""
    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        return runner.run(main)
