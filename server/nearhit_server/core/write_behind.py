"""Writes that follow the answer, so that nobody waits for them."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import structlog

from nearhit_server.core.errors import NearhitError

T = TypeVar("T")

_log = structlog.get_logger()

_AT_ONCE: Final = 100
"""Items that one write takes, so that it does not hold up the calls of others for long."""

_LAST_SECONDS: Final = 2.0
"""How long an end may wait for what is still to be written."""


class WriteBehind(Generic[T]):
    """Writes items behind the back of those who bring them, a group's in the order in which they
    came, and together those that came while another write went on.

    For what may get lost at a small price: where `max_waiting` items wait, more are dropped, and
    those of a write that fails are not written again. Both are logged. An async context manager;
    leaving it writes what is left, and gives up after a moment.
    """

    def __init__(
        self, write: Callable[[Sequence[T]], Awaitable[None]], *, name: str, max_waiting: int
    ) -> None:
        """`write` is given items of one group; `name` is what the log calls them."""
        self._write = write
        self._name = name
        self._max_waiting = max_waiting
        self._groups: dict[Hashable, deque[T]] = {}
        self._waiting = 0
        self._dropped = 0
        self._changed = asyncio.Event()
        self._ending = False

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._run(), name=f"write {self._name}")
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending = True
        self._changed.set()
        try:
            async with asyncio.timeout(_LAST_SECONDS):
                await self._writing
        except TimeoutError:
            _log.warning("not written before the end", items=self._name, lost=self._waiting)

    def add(self, items: Sequence[T], *, group: Hashable = None) -> None:
        """Take items to be written soon, or drop those for which there is no room."""
        taken = items[: self._max_waiting - self._waiting]
        self._dropped += len(items) - len(taken)
        if taken:
            self._waiting += len(taken)
            self._groups.setdefault(group, deque()).extend(taken)
            self._changed.set()

    async def _run(self) -> None:
        while self._groups or not self._ending:
            if self._groups:
                await self._write_some()
            else:
                self._changed.clear()
                await self._changed.wait()

    async def _write_some(self) -> None:
        some = self._take_some()
        try:
            await self._write(some)
        except NearhitError as error:
            _log.warning("not written", items=self._name, lost=len(some), error=error.message)
        except Exception:
            _log.exception("not written", items=self._name, lost=len(some))
        # Counted until now, so that what is under way at the end is told as lost, too.
        self._waiting -= len(some)
        if self._dropped:
            _log.warning("too many to write", items=self._name, dropped=self._dropped)
            self._dropped = 0

    def _take_some(self) -> list[T]:
        group, items = next(iter(self._groups.items()))
        some = [items.popleft() for _ in range(min(_AT_ONCE, len(items)))]
        # To the end of the line, behind the other groups.
        del self._groups[group]
        if items:
            self._groups[group] = items
        return some
