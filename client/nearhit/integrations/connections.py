"""The connections of one cache object: one for blocking calls, one for each event loop."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from threading import Lock
from typing import Any

import grpc

from nearhit.calls import LONG_TIMEOUT_SECONDS
from nearhit.client import AsyncClient
from nearhit.integrations.flows import Flow, LoopConnection, ResultT, run, run_async
from nearhit.sync import Client


class Connections:
    """Clients of one cache, made when they are first needed, and again after a close."""

    def __init__(
        self,
        target: str,
        *,
        cache: str,
        api_key: str | None,
        credentials: grpc.ChannelCredentials | None,
        timeout_seconds: float | None = None,
        translated: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Prepares them; nothing is sent yet. Raises ValueError for a key that cannot be sent.

        Args:
            timeout_seconds: for each call, and for its turn. None: the clients' own.
            translated: what flows run in, to raise other errors than the clients'.
        """
        options: dict[str, Any] = {
            "cache": cache,
            "api_key": api_key,
            "credentials": credentials,
            "timeout": timeout_seconds,
        }
        self._new_client = partial(Client, target, **options)
        self._new_async_client = partial(AsyncClient, target, **options)
        self._turn_seconds = LONG_TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
        self._translated = translated
        self._client: Client | None = self._new_client()
        self._of_loops: dict[asyncio.AbstractEventLoop, LoopConnection] = {}
        self._lock = Lock()

    @property
    def client(self) -> Client:
        """The client for blocking calls, which threads may share."""
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def client_of(self, cache: str) -> Client:
        """A blocking client of another cache on the same server, to be closed by who asks."""
        return self._new_client(cache=cache)

    def run(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, once its steps are done."""
        with self._translated():
            return run(flow, self.client)

    async def run_async(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, without keeping the running loop waiting."""
        with self._translated():
            return await run_async(flow, self._of_running_loop())

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
            connection = self._of_loops.pop(asyncio.get_running_loop(), None)
        self.close()
        if connection is not None:
            await connection.client.close()

    def _of_running_loop(self) -> LoopConnection:
        # A channel of grpc.aio belongs to the loop it is made in.
        loop = asyncio.get_running_loop()
        with self._lock:
            connection = self._of_loops.get(loop)
            if connection is None:
                self._forget_closed_loops()
                connection = LoopConnection(self._new_async_client(), self._turn_seconds)
                self._of_loops[loop] = connection
            return connection

    def _forget_closed_loops(self) -> None:
        # A channel holds its loop, so neither would ever go by itself.
        for loop in [loop for loop in self._of_loops if loop.is_closed()]:
            del self._of_loops[loop]
