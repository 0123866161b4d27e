"""What goes wrong with Redis, in the words of the core."""

from collections.abc import Iterable
from typing import Final

import redis.exceptions as theirs

from nearhit_server.core.errors import (
    NearhitError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)

_NO_SEARCH = ("unknown command 'FT.", "unknown command `FT.", "Unknown Redis command 'FT.")

OF_A_CLUSTER: Final = (
    "Redis is a Cluster, so its URL begins with redis+cluster:// or rediss+cluster://"
)
_NOT_NOW = ("MISCONF", "NOREPLICAS", "MASTERDOWN", "BUSY ")
"""The disk, the replicas or a script of somebody's keep Redis from it."""


def translated(error: BaseException) -> NearhitError | None:
    """The error for the caller, None if it says nothing of Redis's state."""
    text = str(error)
    match error:
        case theirs.OutOfMemoryError():
            return ResourceExhaustedError(
                "Redis has reached its maxmemory, so nothing can be stored",
                reason=Reason.STORE_FULL,
            )
        case theirs.ReadOnlyError():
            return _unavailable("Redis is a read-only replica", Reason.STORE_READ_ONLY)
        case theirs.BusyLoadingError():
            return _unavailable("Redis is loading its data", Reason.STORE_LOADING)
        case theirs.AuthenticationError() | theirs.NoPermissionError():
            return _unavailable(
                "Redis refuses the user, the password or the permission",
                Reason.STORE_MISCONFIGURED,
            )
        case theirs.ResponseError() if text.startswith(("NOAUTH", "WRONGPASS", "NOPERM")):
            return _unavailable(
                "Redis refuses the user, the password or the permission",
                Reason.STORE_MISCONFIGURED,
            )
        case theirs.ResponseError() if any(words in text for words in _NO_SEARCH):
            return _unavailable(
                "Redis has no Search module (the Redis Query Engine)", Reason.STORE_MISCONFIGURED
            )
        case theirs.AskError():
            return _unavailable(
                OF_A_CLUSTER,
                Reason.STORE_MISCONFIGURED,
            )
        case theirs.RedisClusterException() if "not enabled" in text:
            return _unavailable(
                "Redis is not a Cluster, so its URL begins with redis:// or rediss://",
                Reason.STORE_MISCONFIGURED,
            )
        case theirs.ConnectionError() if "CERTIFICATE_VERIFY_FAILED" in text:
            return _unavailable(
                "the certificate of Redis is not trusted; ssl_ca_certs in the URL names the file "
                "of its authority",
                Reason.STORE_MISCONFIGURED,
            )
        case theirs.ResponseError() if text.startswith(_NOT_NOW):
            return _unavailable("Redis cannot do it for now", Reason.STORE_UNAVAILABLE)
        case theirs.ResponseError() if "OOM" in text[:40]:
            return translated(theirs.OutOfMemoryError(text))
        case theirs.ResponseError() if "READONLY" in text[:40]:
            return translated(theirs.ReadOnlyError(text))
        case (
            theirs.ConnectionError()
            | theirs.TimeoutError()
            | theirs.ClusterError()
            | theirs.RedisClusterException()
            | TimeoutError()
            | OSError()
        ):
            return _unavailable("Redis cannot be reached", Reason.STORE_UNAVAILABLE)
    return None


def raise_translated(replies: Iterable[object]) -> None:
    """Raise the first error among replies that says something of Redis's state."""
    for reply in replies:
        if isinstance(reply, Exception) and (error := translated(reply)) is not None:
            raise error from reply


def _unavailable(message: str, reason: Reason) -> UnavailableError:
    return UnavailableError(message, reason=reason)
