"""The blocking client."""

from collections.abc import Callable, Iterator
from types import GenericAlias, TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import grpc

from nearhit.calls import Batches, Call, Counts, Pages, Timeout, timeout_seconds
from nearhit.connection import Connection
from nearhit.declared import declared_by, parameter_of
from nearhit.errors import UnavailableError
from nearhit.get_or_compute import GetOrCompute, get_or_compute
from nearhit.operations import Operations
from nearhit.statuses import error_of_call

ArgumentsT = ParamSpec("ArgumentsT")
ResultT = TypeVar("ResultT")


def _single(
    operation: Callable[Concatenate[Operations, ArgumentsT], Call[ResultT]],
) -> Callable[Concatenate["Client", ArgumentsT], ResultT]:
    """The method that performs the operation's one call."""

    @declared_by(operation, returns=parameter_of)
    def method(self: "Client", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs) -> ResultT:
        return self._run(operation(self._operations, *args, **kwargs))

    return method


def _batched(
    operation: Callable[Concatenate[Operations, ArgumentsT], Batches[ResultT]],
) -> Callable[Concatenate["Client", ArgumentsT], list[ResultT]]:
    """The method that performs the operation's calls one after the other."""

    @declared_by(operation, returns=lambda batches: parameter_of(parameter_of(batches)))
    def method(
        self: "Client", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> list[ResultT]:
        calls = operation(self._operations, *args, **kwargs)
        return [result for call in calls for result in self._run(call)]

    return method


def _summed(
    operation: Callable[Concatenate[Operations, ArgumentsT], Counts],
) -> Callable[Concatenate["Client", ArgumentsT], int]:
    """The method that performs the operation's calls one after the other and adds up."""

    @declared_by(operation, returns=lambda _: int)
    def method(self: "Client", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs) -> int:
        return sum(self._run(call) for call in operation(self._operations, *args, **kwargs))

    return method


def _paged(
    operation: Callable[Concatenate[Operations, ArgumentsT], Pages[ResultT]],
) -> Callable[Concatenate["Client", ArgumentsT], Iterator[ResultT]]:
    """The method that iterates over the items of all pages."""

    @declared_by(operation, returns=lambda pages: GenericAlias(Iterator, parameter_of(pages)))
    def method(
        self: "Client", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs
    ) -> Iterator[ResultT]:
        pages = operation(self._operations, *args, **kwargs)
        page_token = ""
        while True:
            page = self._run(pages.call(page_token))
            yield from page
            if not (page_token := page.next_page_token):
                return

    return method


def _cached(
    operation: Callable[Concatenate[Operations, ArgumentsT], GetOrCompute],
) -> Callable[Concatenate["Client", ArgumentsT], str]:
    """The method that searches, and on a miss computes and stores."""

    @declared_by(operation, returns=lambda _: str)
    def method(self: "Client", /, *args: ArgumentsT.args, **kwargs: ArgumentsT.kwargs) -> str:
        plan = operation(self._operations, *args, **kwargs)
        return get_or_compute(plan, self._run, self._timeout_seconds)

    return method


class Client(Connection[grpc.Channel]):
    """A client of one cache that blocks its thread. Threads may share it.

    `with Client("localhost:50051") as cache:` closes it at the end.
    """

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

    def wait_until_ready(self, *, timeout: Timeout = None) -> None:
        """Waits until there is a connection to the server, for scripts that start both.

        Raises UnavailableError if there is none after `timeout`, the client's if None.
        """
        channel, _ = self._open()
        seconds = timeout_seconds(timeout)
        ready = grpc.channel_ready_future(channel)
        try:
            ready.result(self._timeout_seconds if seconds is None else seconds)
        except grpc.FutureTimeoutError as error:
            raise UnavailableError(f"no server answers at {self._target}") from error
        finally:
            ready.cancel()

    def close(self) -> None:
        """Closes the channel; calls under way fail. A channel that was given stays open."""
        own_channel = self._end()
        if own_channel is not None:
            own_channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self) -> grpc.Channel:
        if self._credentials is None:
            return grpc.insecure_channel(self._target, self._options)
        return grpc.secure_channel(self._target, self._credentials, self._options)

    def _run(self, call: Call[ResultT]) -> ResultT:
        _, stubs = self._open()
        try:
            response: Any = call.method(stubs)(call.request, **self._sent_with(call))
        except grpc.RpcError as error:
            raise error_of_call(error) from error
        return call.result(response)
