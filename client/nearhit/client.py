"""The asyncio client."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from types import GenericAlias, TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import grpc
import grpc.aio

from nearhit.calls import Batches, Call, Counts, Pages, Stubs, Timeout, timeout_seconds
from nearhit.connection import Connection
from nearhit.declared import declared_by, parameter_of
from nearhit.errors import NearhitError, UnavailableError
from nearhit.get_or_compute import GetOrCompute, WrongLoopError, get_or_compute_async
from nearhit.operations import Operations
from nearhit.statuses import error_of_call

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


def _single(
    operation: Callable[Concatenate[Operations, ArgumentsT], Call[ResultT]],
) -> Callable[Concatenate["AsyncClient", ArgumentsT], Coroutine[Any, Any, ResultT]]:
    """The method that performs the operation's one call."""

    @declared_by(operation, returns=parameter_of)
    async def method(
        self: "AsyncClient", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> ResultT:
        return await self._run(operation(self._operations, *args, **kwargs))

    return method


def _batched(
    operation: Callable[Concatenate[Operations, ArgumentsT], Batches[ResultT]],
) -> Callable[Concatenate["AsyncClient", ArgumentsT], Coroutine[Any, Any, list[ResultT]]]:
    """The method that performs the operation's calls one after the other."""

    @declared_by(operation, returns=lambda batches: parameter_of(parameter_of(batches)))
    async def method(
        self: "AsyncClient", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> list[ResultT]:
        calls = operation(self._operations, *args, **kwargs)
        return [result for call in calls for result in await self._run(call)]

    return method


def _summed(
    operation: Callable[Concatenate[Operations, ArgumentsT], Counts],
) -> Callable[Concatenate["AsyncClient", ArgumentsT], Coroutine[Any, Any, int]]:
    """The method that performs the operation's calls one after the other and adds up."""

    @declared_by(operation, returns=lambda _: int)
    async def method(
        self: "AsyncClient", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> int:
        return sum([await self._run(call) for call in operation(self._operations, *args, **kwargs)])

    return method


def _paged(
    operation: Callable[Concatenate[Operations, ArgumentsT], Pages[ResultT]],
) -> Callable[Concatenate["AsyncClient", ArgumentsT], AsyncIterator[ResultT]]:
    """The method that iterates over the items of all pages."""

    @declared_by(operation, returns=lambda pages: GenericAlias(AsyncIterator, parameter_of(pages)))
    async def method(
        self: "AsyncClient", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> AsyncIterator[ResultT]:
        pages = operation(self._operations, *args, **kwargs)
        page_token = ""
        while True:
            page = await self._run(pages.call(page_token))
            for item in page:
                yield item
            if not (page_token := page.next_page_token):
                return

    return method


def _cached(
    operation: Callable[Concatenate[Operations, ArgumentsT], GetOrCompute],
) -> Callable[Concatenate["AsyncClient", ArgumentsT], Coroutine[Any, Any, str]]:
    """The method that searches, and on a miss computes and stores."""

    @declared_by(operation, returns=lambda _: str)
    async def method(
        self: "AsyncClient", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> str:
        plan = operation(self._operations, *args, **kwargs)
        return await get_or_compute_async(plan, self._run, self._timeout_seconds)

    return method


class AsyncClient(Connection[grpc.aio.Channel]):
    """A client of one cache for asyncio. Tasks may share it; event loops may not.

    `async with AsyncClient("localhost:50051") as cache:` closes it at the end. It may be
    made outside of a running loop and belongs to the loop of its first call; in another one,
    of a second `asyncio.run` for instance, its calls raise RuntimeError. Cancelling a task
    that waits for a call cancels the call on the server too.
    """

    _loop: asyncio.AbstractEventLoop | None = None
    """That of the client's own channel."""

    search = _single(Operations.search)
    search_many = _batched(Operations.search_many)
    store = _single(Operations.store)
    store_many = _batched(Operations.store_many)
    get_or_compute = _cached(Operations.get_or_compute)
    update = _single(Operations.update)
    refresh_ttl = _single(Operations.refresh_ttl)
    delete = _single(Operations.delete)
    flush = _single(Operations.flush)
    list_entries = _paged(Operations.list_entries)
    list_entries_page = _single(Operations.list_entries_page)
    embed = _batched(Operations.embed)
    get_embeddings = _batched(Operations.get_embeddings)
    set_embeddings = _batched(Operations.set_embeddings)
    embeddings_exist = _batched(Operations.embeddings_exist)
    delete_embeddings = _summed(Operations.delete_embeddings)
    flush_embeddings = _single(Operations.flush_embeddings)
    create_cache = _single(Operations.create_cache)
    get_cache = _single(Operations.get_cache)
    list_caches = _paged(Operations.list_caches)
    update_cache = _single(Operations.update_cache)
    delete_cache = _single(Operations.delete_cache)
    create_key = _single(Operations.create_key)
    list_keys = _paged(Operations.list_keys)
    rotate_key = _single(Operations.rotate_key)
    revoke_key = _single(Operations.revoke_key)
    report_hit = _single(Operations.report_hit)
    cache_stats = _single(Operations.cache_stats)
    list_reports = _paged(Operations.list_reports)
    release_entry = _single(Operations.release_entry)
    list_shadow_searches = _paged(Operations.list_shadow_searches)

    # Named as everywhere else, and as the blocking client's: asyncio.timeout may serve too.
    async def wait_until_ready(self, *, timeout: Timeout = None) -> None:  # noqa: ASYNC109
        """Waits until there is a connection to the server, for scripts that start both.

        Raises UnavailableError if there is none after `timeout`, the client's if None.
        """
        channel, _ = self._open()
        seconds = timeout_seconds(timeout)
        try:
            async with asyncio.timeout(self._timeout_seconds if seconds is None else seconds):
                await channel.channel_ready()
        except TimeoutError as error:
            raise UnavailableError(f"no server answers at {self._target}") from error

    async def close(self) -> None:
        """Closes the channel; calls under way fail. A channel that was given stays open."""
        own_channel = self._end()
        if own_channel is not None:
            await own_channel.close(grace=None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _open(self) -> tuple[grpc.aio.Channel, Stubs]:
        opened = super()._open()
        if self._loop not in (None, asyncio.get_running_loop()):
            raise WrongLoopError(
                f"{self!r} belongs to the event loop of its first call, and this is another one: "
                "make a client inside of each asyncio.run, or use Client"
            )
        return opened

    def _connect(self) -> grpc.aio.Channel:
        self._loop = asyncio.get_running_loop()
        if self._credentials is None:
            return grpc.aio.insecure_channel(self._target, self._options)
        return grpc.aio.secure_channel(self._target, self._credentials, self._options)

    async def _run(self, call: Call[ResultT]) -> ResultT:
        _, stubs = self._open()
        # On a channel of grpc.aio the stub's method returns an awaitable, which its type hides.
        method: Callable[..., Any] = call.method(stubs)
        try:
            response = await method(call.request, **self._sent_with(call))
        except grpc.RpcError as error:
            raise error_of_call(error) from error
        except asyncio.CancelledError as error:
            if self._closed and not _is_cancelled():
                # grpc.aio cancels the waiting task when its channel closes. Nobody asked the
                # task to end, so it gets an error, as the blocking client's callers do.
                message = "the client was closed during the call"
                raise NearhitError(message, status_code="CANCELLED") from error
            raise
        return call.result(response)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
