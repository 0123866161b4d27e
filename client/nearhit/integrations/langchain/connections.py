"""The connections of one cache object: one for blocking calls, one for each event loop."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final

import grpc

from nearhit.client import AsyncClient
from nearhit.errors import DeadlineExceededError
from nearhit.integrations.langchain.flows import Step
from nearhit.sync import Client

_CALLS_AT_ONCE: Final = 32
"""A loop's calls under way. To start one, or to read an answer, takes some 0.1 ms of the loop's
time, and all that become ready together do so together: hundreds of them would stall it."""


@dataclass(frozen=True)
class _OfLoop:
    """An event loop's client, and the turns in which its calls are made."""

    client: AsyncClient
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_CALLS_AT_ONCE))


class Connections:
    """Clients of one nearhit cache, made when they are first needed, and again after a close."""

    def __init__(
        self,
        target: str,
        *,
        cache: str,
        api_key: str | None,
        timeout_seconds: float,
        credentials: grpc.ChannelCredentials | None,
    ) -> None:
        """Raises ValueError for a key that could not be sent."""
        self._turn_seconds = timeout_seconds
        options: dict[str, Any] = {
            "cache": cache,
            "api_key": api_key,
            "timeout": timeout_seconds,
            "credentials": credentials,
        }
        self._new_client = partial(Client, target, **options)
        self._new_async_client = partial(AsyncClient, target, **options)
        self._client: Client | None = self._new_client()
        self._of_loops: dict[asyncio.AbstractEventLoop, _OfLoop] = {}
        self._lock = Lock()

    def step(self, call: Callable[[Any], Any]) -> Step:
        """The step that is `call` of a client, which may be of either kind."""
        return Step(lambda: call(self._of_threads()), lambda: self._in_turn(call))

    def close(self) -> None:
        """Closes the blocking client. Those of event loops are only forgotten, and end with
        their last call, because nobody can await here."""
        with self._lock:
            client, self._client = self._client, None
            self._of_loops.clear()
        if client is not None:
            client.close()

    async def aclose(self) -> None:
        """Closes the running loop's client too."""
        with self._lock:
            own = self._of_loops.pop(asyncio.get_running_loop(), None)
        self.close()
        if own is not None:
            await own.client.close()

    def _of_threads(self) -> Client:
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    async def _in_turn(self, call: Callable[[Any], Any]) -> Any:
        own = self._of_running_loop()
        try:
            async with asyncio.timeout(self._turn_seconds):
                await own.turns.acquire()
        except TimeoutError as error:
            raise DeadlineExceededError("the calls before this one are not answered") from error
        try:
            return await call(own.client)
        finally:
            own.turns.release()

    def _of_running_loop(self) -> _OfLoop:
        # A channel of grpc.aio belongs to the loop it is made in.
        loop = asyncio.get_running_loop()
        with self._lock:
            own = self._of_loops.get(loop)
            if own is None:
                self._forget_closed_loops()
                own = self._of_loops[loop] = _OfLoop(self._new_async_client())
            return own

    def _forget_closed_loops(self) -> None:
        # A channel holds its loop, so neither would ever go by itself.
        for loop in [loop for loop in self._of_loops if loop.is_closed()]:
            del self._of_loops[loop]
