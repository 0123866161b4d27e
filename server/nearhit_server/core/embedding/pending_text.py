"""A text between its caller and the model."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import TypeAlias

from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.ports import TokenizedText
from nearhit_server.core.vectors import FloatVector

TextOutcome: TypeAlias = FloatVector | UnavailableError
"""A text's vector, or the error for the text alone, if the model refuses it."""


@dataclass(eq=False)
class PendingText:
    """A text on its way through the model, and everyone who waits for its vector.

    Times are of time.perf_counter(): when the text came, and when its batch began.
    """

    text: TokenizedText
    arrived: float = field(default_factory=perf_counter)
    started: float | None = None
    waiters: list[asyncio.Future[TextOutcome]] = field(default_factory=list)

    def wanted(self) -> bool:
        """Whether anyone still waits."""
        return any(True for _ in self._still_waiting())

    def resolve(self, vector: FloatVector) -> None:
        """Give the vector to all who wait."""
        for waiter in self._still_waiting():
            waiter.set_result(vector)

    def refuse(self, cause: Exception) -> None:
        """Give all who wait the error of this text, of which their other texts know nothing."""
        for waiter in self._still_waiting():
            waiter.set_result(_error("the model refuses this text", Reason.EMBEDDING_FAILED, cause))

    def fail(self, message: str, reason: Reason, cause: Exception | None = None) -> None:
        """Raise UnavailableError for all who wait."""
        for waiter in self._still_waiting():
            waiter.set_exception(_error(message, reason, cause))

    def _still_waiting(self) -> Iterator[asyncio.Future[TextOutcome]]:
        return (waiter for waiter in self.waiters if not waiter.done())


def _error(message: str, reason: Reason, cause: Exception | None) -> UnavailableError:
    # One for each who waits: a shared one would collect every waiter's traceback.
    error = UnavailableError(message, reason=reason)
    error.__cause__ = cause
    return error
