"""Stores one batch of an import, as often as it takes."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from nearhit import (
    FailedPreconditionError,
    InvalidArgumentError,
    NearhitError,
    NewEntry,
    ResourceExhaustedError,
    Stored,
    UnavailableError,
)

BATCH_TIMEOUT_SECONDS: Final = 120.0
"""The client's 30 s are short for 256 long prompts on a slow machine."""

MAX_WAIT_SECONDS: Final = 300.0
_MIN_DELAY_SECONDS: Final = 0.1
_ITEM_DELAY_SECONDS: Final = 1.0
"""Items of a batch carry no retry delay of their own."""

_REASONS_OF_A_LINE: Final = {"DIMENSION_MISMATCH", "VECTOR_REQUIRED"}


class StoresMany(Protocol):
    """The part of nearhit.Client that an import needs."""

    def store_many(
        self, entries: Sequence[NewEntry], *, timeout: float
    ) -> list[Stored | NearhitError]: ...


@dataclass(frozen=True)
class BatchStorer:
    """Stores batches and waits where the server asks for it, MAX_WAIT_SECONDS a batch at most."""

    client: StoresMany
    timeout_seconds: float = BATCH_TIMEOUT_SECONDS
    sleep: Callable[[float], None] = field(default=time.sleep)

    def store(self, entries: Mapping[int, NewEntry]) -> dict[int, Stored | NearhitError]:
        """What became of each entry: Stored, or an error that is the entry's own fault.

        Raises NearhitError for every other failure, or when the server is still busy after
        all the waiting; what was stored by then stays.
        """
        outcomes: dict[int, Stored | NearhitError] = {}
        waited = 0.0
        while pending := {key: new for key, new in entries.items() if key not in outcomes}:
            results, busy = self._attempt(pending)
            outcomes |= results
            if busy is None:
                continue
            if waited >= MAX_WAIT_SECONDS:
                raise busy
            delay = _delay_seconds(busy)
            self.sleep(delay)
            waited += delay
        return outcomes

    def _attempt(
        self, pending: Mapping[int, NewEntry]
    ) -> tuple[dict[int, Stored | NearhitError], NearhitError | None]:
        """What is settled, and the error that asks to try the rest again."""
        try:
            results = self.client.store_many(list(pending.values()), timeout=self.timeout_seconds)
        except ResourceExhaustedError as error:
            if error.retry_delay is None:
                raise
            return {}, error
        settled: dict[int, Stored | NearhitError] = {}
        busy: NearhitError | None = None
        for key, result in zip(pending, results, strict=True):
            if isinstance(result, Stored) or _is_the_lines_fault(result):
                settled[key] = result
            elif isinstance(result, ResourceExhaustedError | UnavailableError):
                busy = result
            else:
                raise result
        return settled, busy


def _is_the_lines_fault(error: NearhitError) -> bool:
    if isinstance(error, FailedPreconditionError):
        return error.reason in _REASONS_OF_A_LINE
    return isinstance(error, InvalidArgumentError)


def _delay_seconds(error: NearhitError) -> float:
    if error.retry_delay is None:
        return _ITEM_DELAY_SECONDS
    return min(max(error.retry_delay.total_seconds(), _MIN_DELAY_SECONDS), MAX_WAIT_SECONDS)
