"""A text between its caller and the model."""

import asyncio
from dataclasses import dataclass, field
from time import perf_counter

from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatVector


@dataclass(eq=False)
class PendingText:
    """A text on its way through the model, and everyone who waits for its vector.

    Times are of time.perf_counter(): when the text came, and when its batch began.
    """

    text: TokenizedText
    arrived: float = field(default_factory=perf_counter)
    started: float | None = None
    waiters: list[asyncio.Future[FloatVector]] = field(default_factory=list)

    def wanted(self) -> bool:
        """Whether anyone still waits."""
        return any(not waiter.done() for waiter in self.waiters)

    def resolve(self, vector: FloatVector) -> None:
        """Give the vector to all who wait."""
        for waiter in self.waiters:
            if not waiter.done():
                waiter.set_result(vector)

    def fail(self, message: str, reason: Reason, cause: Exception | None = None) -> None:
        """Raise UnavailableError for all who wait."""
        for waiter in self.waiters:
            if not waiter.done():
                # One exception each: a shared one would collect every waiter's traceback.
                error = UnavailableError(message, reason=reason)
                error.__cause__ = cause
                waiter.set_exception(error)
