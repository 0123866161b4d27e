"""Callers who want the same at the same time, and the one call that is made for all of them."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any


class SingleFlight:
    """Threads that ask for the same key while it is being got wait for the one that gets it."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Future[str]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, get: Callable[[], str]) -> str:
        """What `get` returns, or raises, for whoever came first."""
        with self._lock:
            flight = self._flights.get(key)
            if flight is None:
                own = self._flights[key] = Future()
        if flight is not None:
            return flight.result()
        try:
            own.set_result(get())
        except BaseException as error:
            own.set_exception(error)
        finally:
            with self._lock:
                del self._flights[key]
        return own.result()


class _Flight:
    """A call on its way, and how many wait for it."""

    def __init__(self, call: Coroutine[Any, Any, str]) -> None:
        self.task = asyncio.create_task(call)
        self.waiters = 0


class AsyncSingleFlight:
    """Tasks that ask for the same key while it is being got wait for the one call that gets it.

    It goes on while anybody waits: whoever came first may be cancelled without the others.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}

    async def get(self, key: Hashable, get: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """What `get` returns, or raises."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(get())
            flight.task.add_done_callback(lambda _: self._forget(key, flight))
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
