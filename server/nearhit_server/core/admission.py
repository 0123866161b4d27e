"""The door: every call, whatever its protocol, comes in through here."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.access.callers import ANYBODY, Access, Caller
from nearhit_server.core.errors import (
    Allowance,
    RateLimitedError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
)
from nearhit_server.core.observing import Observer, Shed
from nearhit_server.core.ports import RateLimiter

_RETRY_DELAY: Final = timedelta(milliseconds=250)
"""An overloaded server's calls in hand take about this long; the caller's own jitter does the
rest."""


class Admission:
    """Says who calls, what they may do, and whether there is room for it now."""

    def __init__(
        self,
        *,
        authenticator: Authenticator | None,
        limiter: RateLimiter | None,
        observer: Observer,
        max_calls: int,
        max_request_bytes: int,
        max_seconds: float,
    ) -> None:
        self._authenticator = authenticator
        self._limiter = limiter
        self._observer = observer
        self.max_calls = max_calls
        self._max_request_bytes = max_request_bytes
        self._max_seconds = max_seconds
        self._request_bytes = 0
        self._closed = False
        self.calls = 0
        """How many calls are in hand."""

    @property
    def asks_for_keys(self) -> bool:
        """Whether callers need a key."""
        return self._authenticator is not None

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Room for one call. Raises ResourceExhaustedError if the server has its hands full, and
        UnavailableError if it is on its way out."""
        if self._closed:
            raise UnavailableError("the server is shutting down", reason=Reason.SHUTTING_DOWN)
        if self.calls >= self.max_calls:
            raise self._overloaded()
        self.calls += 1
        try:
            yield
        finally:
            self.calls -= 1

    @contextmanager
    def holding(self, request_bytes: int) -> Iterator[None]:
        """Room for a request, perhaps while it is still being read. Raises
        ResourceExhaustedError if there are too many bytes already, or too many calls for one
        more to be of use; a single request is let in whatever its size."""
        held = self._request_bytes
        heavy = held > 0 and held + request_bytes > self._max_request_bytes
        if heavy or self.calls >= self.max_calls:
            raise self._overloaded()
        self._request_bytes += request_bytes
        try:
            yield
        finally:
            self._request_bytes -= request_bytes

    def _overloaded(self) -> ResourceExhaustedError:
        self._observer.shed(Shed.OVERLOAD)
        return ResourceExhaustedError(
            "the server has as many calls in hand as it takes at once",
            reason=Reason.SERVER_OVERLOADED,
            retry_delay=_RETRY_DELAY,
        )

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True

    async def identify(self, authorization: str | None) -> Caller:
        """Who sends this `authorization` header, None if there is none.

        Raises UnauthenticatedError, and UnavailableError if keys cannot be looked up.
        """
        if self._authenticator is None:
            return ANYBODY
        try:
            return await self._authenticator.identify(authorization)
        except UnauthenticatedError:
            self._observer.refused()
            raise

    async def admit(self, caller: Caller, access: Access) -> Allowance | None:
        """Let a caller in; how it then stands with its rate limit, None if there is none.

        Raises PermissionDeniedError and RateLimitedError.
        """
        caller.check(access)
        if self._limiter is None:
            return None
        name = access.cache if access.cache is not None else access.namespace
        try:
            return await self._limiter.take(caller.key_id, name or "", cost=access.cost)
        except RateLimitedError:
            self._observer.shed(Shed.RATE_LIMIT)
            raise

    def seconds(self, remaining: float | None) -> float:
        """How long a call may take whose own deadline leaves `remaining` seconds, if any."""
        return self._max_seconds if remaining is None else min(remaining, self._max_seconds)
