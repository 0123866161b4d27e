"""What both clients are made of: where to connect, what to send along, and the channel."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from threading import Lock
from typing import Any, Final, Generic, TypeAlias, TypeVar

import grpc
import grpc.aio

from nearhit.calls import DEFAULT_TIMEOUT_SECONDS, Call, Stubs, Timeout, timeout_seconds
from nearhit.operations import Operations
from nearhit.transport import ChannelOptions, channel_options

ChannelT = TypeVar("ChannelT", grpc.Channel, grpc.aio.Channel)

Metadata: TypeAlias = Sequence[tuple[str, str | bytes]]

_METADATA_NAME: Final = re.compile(r"[a-z0-9_.-]+")
_PRINTABLE_ASCII: Final = re.compile(r"[ -~]*")
_API_KEY: Final = re.compile(r"[!-~]+")


class Connection(ABC, Generic[ChannelT]):
    """A channel to a server, made when it is first used, and the defaults of its calls."""

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        cache: str = "default",
        api_key: str | None = None,
        timeout: Timeout = None,
        metadata: Metadata = (),
        credentials: grpc.ChannelCredentials | None = None,
        options: ChannelOptions = (),
        channel: ChannelT | None = None,
    ) -> None:
        """Prepares a client; nothing is sent yet.

        Args:
            target: the server's address, "host:port" or any other gRPC name.
            cache: the id of the cache that the calls are about.
            api_key: sent with each call as `authorization: Bearer ...`, never shown.
            timeout: for single calls that name none, seconds or a timedelta; 5 s if None.
                Batches, deletes, flushes and administration have 30 s.
            metadata: more gRPC metadata for each call, pairs of name and value.
            credentials: TLS, as of `nearhit.tls()`; None: no encryption.
            options: gRPC channel options, in place of or in addition to the client's own.
            channel: a channel to use instead of a new one, for tests and tracing. Then
                `target`, `credentials` and `options` say nothing, nothing is retried
                unless that channel does, and closing it is its owner's business.

        Raises ValueError for a key, metadata or a timeout that could not be sent.
        """
        seconds = timeout_seconds(timeout)
        self._target = target
        self._timeout_seconds = DEFAULT_TIMEOUT_SECONDS if seconds is None else seconds
        self._metadata = (*_checked(metadata), *_authorization(api_key))
        self._credentials = credentials
        self._options = channel_options(options)
        self._operations = Operations(cache)
        self._given_channel: ChannelT | None = channel
        self._channel: ChannelT | None = None
        self._stubs: Stubs | None = None
        self._closed = False
        self._lock = Lock()

    @property
    def cache(self) -> str:
        """The id of the cache that the calls are about."""
        return self._operations.cache

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._target!r}, cache={self.cache!r})"

    @abstractmethod
    def _connect(self) -> ChannelT:
        """A new channel to the target."""

    def _open(self) -> tuple[ChannelT, Stubs]:
        """The channel and its stubs. Raises RuntimeError after close."""
        # Not when the client is made: a channel of grpc.aio belongs to the loop it is made
        # in, and one made before a fork is of no use after it.
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self!r} is closed")
            if self._channel is None or self._stubs is None:
                self._channel = self._given_channel or self._connect()
                self._stubs = Stubs.on(self._channel)
            return self._channel, self._stubs

    def _end(self) -> ChannelT | None:
        """Marks the client closed; the channel that is left to close, if it is ours."""
        with self._lock:
            self._closed = True
            own = None if self._given_channel is not None else self._channel
            self._channel = self._stubs = None
            return own

    def _sent_with(self, call: Call[Any]) -> dict[str, Any]:
        """What goes with a call's request, as arguments of the stub's method."""
        seconds = call.timeout_seconds
        return {
            "timeout": self._timeout_seconds if seconds is None else seconds,
            "metadata": self._metadata,
        }


def _authorization(api_key: str | None) -> Metadata:
    if api_key is None:
        return ()
    # gRPC would refuse it too, but shows it in the message.
    if not _API_KEY.fullmatch(api_key):
        raise ValueError("api_key must be printable ASCII without spaces or line ends")
    return (("authorization", f"Bearer {api_key}"),)


def _checked(metadata: Metadata) -> Metadata:
    # As above: gRPC's complaint would list all the metadata, the API key among them.
    for name, value in metadata:
        if not _METADATA_NAME.fullmatch(name):
            raise ValueError(f"metadata name {name!r} must be of a-z, 0-9, _, - and .")
        if isinstance(value, bytes) != name.endswith("-bin"):
            raise ValueError(f"metadata {name!r}: bytes go with names in -bin, strings with others")
        if isinstance(value, str) and not _PRINTABLE_ASCII.fullmatch(value):
            raise ValueError(f"metadata {name!r} must be printable ASCII")
    return metadata
