"""The connections of one cache object: one for blocking calls, one for each event loop."""

import asyncio
from functools import partial
from threading import Lock
from typing import Any

import grpc

from nearhit.client import AsyncClient
from nearhit.integrations.redisvl.errors import translated
from nearhit.integrations.redisvl.flows import Flow, LoopConnection, ResultT, run, run_async
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
    ) -> None:
        options: dict[str, Any] = {"cache": cache, "api_key": api_key, "credentials": credentials}
        self._new_client = partial(Client, target, **options)
        self._new_async_client = partial(AsyncClient, target, **options)
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

    def run(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, once its steps are done."""
        with translated():
            return run(flow, self.client)

    async def run_async(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, without keeping the running loop waiting."""
        connection = self._of_running_loop()
        with translated():
            return await run_async(flow, connection)

    def close(self) -> None:
        """Closes the blocking client. Those of event loops are only forgotten, and end with
        their last call, because nobody can await here."""
        with self._lock:
            client, self._client = self._client, None
            self._of_loops.clear()
        if client is not None:
            client.close()

    async def close_async(self) -> None:
        """Closes the running loop's client too."""
        with self._lock:
            connection = self._of_loops.pop(asyncio.get_running_loop(), None)
        self.close()
        if connection is not None:
            await connection.client.close()

    def _of_running_loop(self) -> LoopConnection:
        loop = asyncio.get_running_loop()
        with self._lock:
            connection = self._of_loops.get(loop)
            if connection is None:
                self._forget_closed_loops()
                connection = LoopConnection(self._new_async_client())
                self._of_loops[loop] = connection
            return connection

    def _forget_closed_loops(self) -> None:
        # A channel holds its loop, so neither would ever go by itself.
        for loop in [loop for loop in self._of_loops if loop.is_closed()]:
            del self._of_loops[loop]
