"""What a client method does, as a value: which RPC, the request, how to read the response.

Both clients perform these; only how they wait differs.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from numbers import Real
from typing import Any, Final, Generic, Protocol, Self, TypeAlias, TypeVar

import grpc
import grpc.aio

from nearhit.messages.outcomes import read
from nearhit.v1.cache_admin_pb2_grpc import CacheAdminServiceStub
from nearhit.v1.cache_quality_pb2_grpc import CacheQualityServiceStub
from nearhit.v1.embedding_cache_pb2_grpc import EmbeddingCacheServiceStub
from nearhit.v1.key_admin_pb2_grpc import KeyAdminServiceStub
from nearhit.v1.semantic_cache_pb2_grpc import SemanticCacheServiceStub

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")
ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)
ItemT_co = TypeVar("ItemT_co", covariant=True)

Timeout: TypeAlias = float | timedelta | None
"""How long a call may take: seconds, or a timedelta. None: the default."""

DEFAULT_TIMEOUT_SECONDS: Final = 5.0
LONG_TIMEOUT_SECONDS: Final = 30.0
"""For batches, for what touches any number of entries, and for administration."""


_LONGEST_TIMEOUT_SECONDS: Final = 365 * 24 * 60 * 60.0
"""Anything longer is taken for this: gRPC has 64 bits for the nanoseconds from 1970 to a
deadline, and one that does not fit them has passed at once."""


@dataclass(frozen=True)
class Stubs:
    """The generated stubs on one channel.

    Typed as the blocking ones; on a channel of grpc.aio their methods are to be awaited.
    """

    semantic: SemanticCacheServiceStub
    embeddings: EmbeddingCacheServiceStub
    admin: CacheAdminServiceStub
    keys: KeyAdminServiceStub
    quality: CacheQualityServiceStub

    @classmethod
    def on(cls, channel: grpc.Channel | grpc.aio.Channel) -> Self:
        """The stubs on `channel`, of either kind."""
        return cls(
            semantic=SemanticCacheServiceStub(channel),
            embeddings=EmbeddingCacheServiceStub(channel),
            admin=CacheAdminServiceStub(channel),
            keys=KeyAdminServiceStub(channel),
            quality=CacheQualityServiceStub(channel),
        )


class Method(Protocol[RequestT, ResponseT]):
    """Picks an RPC's method from the stubs."""

    def __call__(self, stubs: Stubs, /) -> "grpc.UnaryUnaryMultiCallable[RequestT, ResponseT]": ...


@dataclass(frozen=True)
class Call(Generic[ResultT_co]):
    """One RPC to perform. Made by `short_call` and `long_call`, which check the types."""

    method: Method[Any, Any]
    request: Any
    reader: Callable[[Any], ResultT_co]
    timeout_seconds: float | None
    """None: the client's own default."""

    def result(self, response: Any) -> ResultT_co:
        """What `response` says. Raises InternalError if it cannot be read."""
        return read(self.reader, response)


def short_call(
    method: Method[RequestT, ResponseT],
    request: RequestT,
    reader: Callable[[ResponseT], ResultT],
    timeout: Timeout,
) -> Call[ResultT]:
    """A call that answers at once, under the client's default timeout."""
    return Call(method, request, reader, timeout_seconds(timeout))


def long_call(
    method: Method[RequestT, ResponseT],
    request: RequestT,
    reader: Callable[[ResponseT], ResultT],
    timeout: Timeout,
) -> Call[ResultT]:
    """A call that may take its time."""
    seconds = timeout_seconds(timeout)
    return Call(method, request, reader, LONG_TIMEOUT_SECONDS if seconds is None else seconds)


def timeout_seconds(timeout: Timeout) -> float | None:
    """The timeout in seconds, a year at most, None if none is given.

    Raises TypeError or ValueError for what is no length of time: a call without a
    deadline can hang for ever, so there is none.
    """
    if timeout is None:
        return None
    if isinstance(timeout, timedelta):
        return min(timeout.total_seconds(), _LONGEST_TIMEOUT_SECONDS)
    if not isinstance(timeout, Real):
        raise TypeError(f"timeout must be seconds or a timedelta, not {type(timeout).__name__}")
    seconds = float(timeout)
    if not math.isfinite(seconds):
        raise ValueError(f"timeout must be finite, not {seconds}")
    return min(seconds, _LONGEST_TIMEOUT_SECONDS)


class Page(Protocol[ItemT_co]):
    """Some items, and the token to ask for the next ones with, "" if there are none."""

    @property
    def next_page_token(self) -> str: ...

    def __iter__(self) -> Iterator[ItemT_co]: ...


Batches: TypeAlias = Iterable[Call[list[ResultT]]]
"""Calls to perform one after the other, whose results make one list."""

Counts: TypeAlias = Iterable[Call[int]]
"""Calls to perform one after the other, whose results add up."""


@dataclass(frozen=True)
class Pages(Generic[ItemT_co]):
    """A list to read page by page: `call` makes the call for the page of a token."""

    call: Callable[[str], Call[Page[ItemT_co]]]
