"""The exceptions that a caller may be shown. Everything else is a fault of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, auto


class Reason(StrEnum):
    """Machine-readable causes; the names of `nearhit.v1.ErrorReason` without their prefix."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[str]) -> str:
        return name

    INVALID_FIELD = auto()
    MALFORMED_MESSAGE = auto()
    CACHE_NOT_FOUND = auto()
    ENTRY_NOT_FOUND = auto()
    CACHE_EXISTS = auto()
    DIMENSION_MISMATCH = auto()
    MODEL_MISMATCH = auto()
    MODEL_UNAVAILABLE = auto()
    VECTOR_REQUIRED = auto()
    SEMANTIC_DISABLED = auto()
    FLUSH_REQUIRED = auto()
    EMBEDDING_QUEUE_FULL = auto()
    RESPONSE_TOO_LARGE = auto()
    RATE_LIMITED = auto()
    STORE_UNAVAILABLE = auto()
    SHUTTING_DOWN = auto()
    DEADLINE_EXCEEDED = auto()
    KEY_INVALID = auto()
    KEY_FORBIDDEN = auto()
    KEY_NOT_FOUND = auto()
    INTERNAL = auto()
    EMBEDDING_FAILED = auto()
    STORE_FULL = auto()
    STORE_READ_ONLY = auto()
    STORE_LOADING = auto()
    STORE_MISCONFIGURED = auto()
    SERVER_OVERLOADED = auto()
    KEY_REVOKED = auto()
    KEY_EXPIRED = auto()


@dataclass(frozen=True)
class Violation:
    """A field of a request, by its path, and what is wrong with it."""

    field: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """How a caller stands with its rate limit: at most `limit` calls in any `window_seconds`,
    of which `remaining` are left; after `reset_seconds` all of them are there again."""

    limit: int
    remaining: int
    window_seconds: int
    reset_seconds: float


class NearhitError(Exception):
    """An outcome that the caller is told, in `message`, a sentence without secrets.

    `violations` names the fields of the request that it is about, if any.
    """

    def __init__(
        self, message: str, *, reason: Reason, violations: Sequence[Violation] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.violations = tuple(violations)


class InvalidArgumentError(NearhitError):
    """The request breaks the contract, whatever the state of the server."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        message = "; ".join(f"{v.field}: {v.description}" for v in violations)
        super().__init__(message, reason=Reason.INVALID_FIELD, violations=violations)


class MalformedMessageError(NearhitError):
    """The bytes received are not a message of the expected type."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason=Reason.MALFORMED_MESSAGE)


class NotFoundError(NearhitError):
    """There is no such cache, entry or key."""


class AlreadyExistsError(NearhitError):
    """There is such a cache already."""


class FailedPreconditionError(NearhitError):
    """The request is well formed, but the cache or the server is not made for it."""


class ResourceExhaustedError(NearhitError):
    """A limit is reached. `retry_delay` is when to come back, None if that is no use."""

    def __init__(
        self, message: str, *, reason: Reason, retry_delay: timedelta | None = None
    ) -> None:
        super().__init__(message, reason=reason)
        self.retry_delay = retry_delay


class RateLimitedError(ResourceExhaustedError):
    """The caller has used up its rate limit; `allowance` says how it stands."""

    def __init__(self, allowance: Allowance, *, retry_delay: timedelta) -> None:
        super().__init__(
            f"the rate limit of {allowance.limit} calls in {allowance.window_seconds} s is used up",
            reason=Reason.RATE_LIMITED,
            retry_delay=retry_delay,
        )
        self.allowance = allowance


class UnauthenticatedError(NearhitError):
    """The call comes without a key that is good. Says the same whatever is wrong with it."""

    def __init__(self) -> None:
        super().__init__(
            "the API key is missing, unknown, expired or revoked", reason=Reason.KEY_INVALID
        )


class PermissionDeniedError(NearhitError):
    """The caller's key does not allow this. Says the same whether or not the thing exists."""

    def __init__(self) -> None:
        super().__init__("the API key does not allow this", reason=Reason.KEY_FORBIDDEN)


class UnavailableError(NearhitError):
    """Something this call needs is out of reach for now."""


class DeadlineExceededError(NearhitError):
    """The call's time was used up."""

    def __init__(self) -> None:
        super().__init__("the call's deadline has passed", reason=Reason.DEADLINE_EXCEEDED)


class InternalError(NearhitError):
    """A fault of ours. The caller gets an id to ask about, the log has the rest."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"internal error; request id {request_id}", reason=Reason.INTERNAL)


class ModelError(Exception):
    """A model cannot be found or loaded; the message is one plain sentence for the operator.

    Passes between an encoder and the core; callers are told only that the model is unavailable.
    """


class SpecChangedError(Exception):
    """The cache's settings are no longer those the caller holds: reload them and repeat.

    Passes between a store and the core; no caller of the service ever sees it.
    """


class EntryChangedError(Exception):
    """An entry is no longer as the caller read it: read it again and repeat.

    Passes between a store and the core; no caller of the service ever sees it.
    """


def cache_not_found(cache_id: str) -> NotFoundError:
    """The error for a cache that does not exist."""
    return NotFoundError(
        f"there is no cache {cache_id!r}",
        reason=Reason.CACHE_NOT_FOUND,
        violations=[Violation("cache", "does not exist")],
    )


def entry_not_found(cache_id: str, entry_id: str) -> NotFoundError:
    """The error for an entry that does not exist or has expired."""
    return NotFoundError(
        f"there is no entry {entry_id!r} in cache {cache_id!r}",
        reason=Reason.ENTRY_NOT_FOUND,
        violations=[Violation("entry_id", "does not exist in this cache")],
    )


def key_not_found(key_id: str) -> NotFoundError:
    """The error for an API key that does not exist."""
    return NotFoundError(
        f"there is no key {key_id!r}",
        reason=Reason.KEY_NOT_FOUND,
        violations=[Violation("key_id", "does not exist")],
    )


def cache_exists(cache_id: str) -> AlreadyExistsError:
    """The error for creating a cache that exists."""
    return AlreadyExistsError(
        f"cache {cache_id!r} exists already",
        reason=Reason.CACHE_EXISTS,
        violations=[Violation("cache.cache_id", "is taken")],
    )
