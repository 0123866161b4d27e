"""Callers who want the same at the same time, and the one call that is made for all of them."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final


class _Flight:
    """A call on its way, and the flights that its code waits for."""

    def __init__(self) -> None:
        self.waits_for: list[_Flight] = []

    def needs(self, flights: frozenset["_Flight"]) -> bool:
        """Whether it ends only after one of these has."""
        seen: set[_Flight] = set()
        ahead = [self]
        while ahead and not seen & flights:
            flight = ahead.pop()
            if flight not in seen:
                seen.add(flight)
                ahead += flight.waits_for
        return bool(seen & flights)


_within: Final[ContextVar[frozenset[_Flight]]] = ContextVar("_within", default=frozenset())
"""The flights that the running code is a part of."""

_lock: Final = Lock()
"""For what is known of all flights, because one function's may wait for another's."""


@contextmanager
def _waiting_for(flight: _Flight) -> Iterator[bool]:
    """Whether the running code can wait for a flight, which holds while the context lasts.

    It cannot for one that waits for the running code: neither would ever end.
    """
    within = _within.get()
    with _lock:
        can_wait = not flight.needs(within)
        if can_wait:
            for own in within:
                own.waits_for.append(flight)
    try:
        yield can_wait
    finally:
        if can_wait:
            with _lock:
                for own in within:
                    own.waits_for.remove(flight)


class _ThreadFlight(_Flight):
    """A call that a thread makes."""

    def __init__(self) -> None:
        super().__init__()
        self.outcome: Future[str] = Future()
        """Cancelled when the thread ended without one."""


class SingleFlight:
    """Threads that ask for the same key while it is being got wait for the one that gets it."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _ThreadFlight] = {}

    def get(self, key: Hashable, get: Callable[[], str]) -> str:
        """What `get` returns, or raises, for whoever came first."""
        with _lock:
            flight = self._flights.get(key)
            if flight is None:
                own = self._flights[key] = _ThreadFlight()
        if flight is None:
            return self._lead(key, own, get)
        with _waiting_for(flight) as can_wait:
            if can_wait:
                wait([flight.outcome])
        return flight.outcome.result() if can_wait and not flight.outcome.cancelled() else get()

    def _lead(self, key: Hashable, flight: _ThreadFlight, get: Callable[[], str]) -> str:
        outcome = flight.outcome
        token = _within.set(_within.get() | {flight})
        try:
            outcome.set_result(get())
        except Exception as error:
            outcome.set_exception(error)
        except BaseException:
            # To exit or to be interrupted is this thread's own affair.
            outcome.cancel()
            # Which tells those who wait.
            outcome.set_running_or_notify_cancel()
            raise
        finally:
            _within.reset(token)
            with _lock:
                del self._flights[key]
        return outcome.result()


class _TaskFlight(_Flight):
    """A call in a task of its own, and how many wait for it."""

    def __init__(self, get: Callable[[], Coroutine[Any, Any, str]]) -> None:
        super().__init__()
        self.task = asyncio.create_task(self._perform(get))
        self.waiters = 0

    async def _perform(self, get: Callable[[], Coroutine[Any, Any, str]]) -> str:
        _within.set(_within.get() | {self})
        return await get()


class AsyncSingleFlight:
    """Tasks that ask for the same key while it is being got wait for the one call that gets it.

    It goes on while anybody waits: whoever came first may be cancelled without the others.
    Each event loop has flights of its own, because none can wait for another's.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, _TaskFlight] = {}

    async def get(self, key: Hashable, get: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """What `get` returns, or raises."""
        key = asyncio.get_running_loop(), key
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _TaskFlight(get)
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        with _waiting_for(flight) as can_wait:
            if can_wait:
                return await self._outcome(key, flight)
        return await get()

    async def _outcome(self, key: Hashable, flight: _TaskFlight) -> str:
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                # At once, or the next caller would join what is being cancelled.
                self._forget(key, flight)
                flight.task.cancel()
                await asyncio.wait([flight.task])

    def _forget(self, key: Hashable, flight: _TaskFlight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
