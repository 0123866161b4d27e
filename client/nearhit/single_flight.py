"""Callers who want the same at the same time, and the one call that is made for all of them."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future, wait
from contextvars import ContextVar
from threading import Lock, get_ident
from typing import Any, Final


class _ThreadFlight:
    """A call that a thread makes."""

    def __init__(self) -> None:
        self.thread = get_ident()
        self.outcome: Future[str] = Future()
        """Cancelled when the thread ended without one."""


class SingleFlight:
    """Threads that ask for the same key while it is being got wait for the one that gets it."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _ThreadFlight] = {}
        self._lock = Lock()

    def get(self, key: Hashable, get: Callable[[], str]) -> str:
        """What `get` returns, or raises, for whoever came first."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                own = self._flights[key] = _ThreadFlight()
        if flight is None:
            return self._lead(key, own.outcome, get)
        # A function that asks itself the same would wait for itself.
        if flight.thread == get_ident():
            return get()
        wait([flight.outcome])
        return get() if flight.outcome.cancelled() else flight.outcome.result()

    def _lead(self, key: Hashable, outcome: Future[str], get: Callable[[], str]) -> str:
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
            with self._lock:
                del self._flights[key]
        return outcome.result()


class _Flight:
    """A call on its way, and how many wait for it."""

    def __init__(self, get: Callable[[], Coroutine[Any, Any, str]]) -> None:
        self.task = asyncio.create_task(self._perform(get))
        self.waiters = 0

    async def _perform(self, get: Callable[[], Coroutine[Any, Any, str]]) -> str:
        _within.set(_within.get() | {self})
        return await get()


_within: Final[ContextVar[frozenset[_Flight]]] = ContextVar("_within", default=frozenset())
"""The flights that the running code is a part of."""


class AsyncSingleFlight:
    """Tasks that ask for the same key while it is being got wait for the one call that gets it.

    It goes on while anybody waits: whoever came first may be cancelled without the others.
    Each event loop has flights of its own, because none can wait for another's.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}

    async def get(self, key: Hashable, get: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """What `get` returns, or raises."""
        key = asyncio.get_running_loop(), key
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(get)
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
        elif flight in _within.get():
            # A function that asks itself the same would wait for itself.
            return await get()
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

    def _forget(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
