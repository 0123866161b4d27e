"""A store that is timed."""

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from time import perf_counter
from typing import Any, Final, cast

from nearhit_server.core.errors import (
    AlreadyExistsError,
    EntryChangedError,
    NearhitError,
    NotFoundError,
    Reason,
    SpecChangedError,
)
from nearhit_server.core.ports import Storage
from nearhit_server.telemetry.store_metrics import StoreMetrics

_ANSWERS: Final = (
    *(AlreadyExistsError, NotFoundError, SpecChangedError, EntryChangedError),
    # A page token of the caller's own making.
    ValueError,
)
"""Exceptions by which a store that works says how things are."""

_OPERATIONS: Final = tuple(
    name for name, _ in inspect.getmembers(Storage, inspect.iscoroutinefunction)
)


class _Measured:
    """Has every operation of the port Storage, so that none can be forgotten here."""

    def __init__(self, store: Storage, metrics: StoreMetrics) -> None:
        for operation in _OPERATIONS:
            setattr(self, operation, _timed(getattr(store, operation), operation, metrics))


def measured(store: Storage, metrics: StoreMetrics) -> Storage:
    """The store, with the times of its operations and its failures told to `metrics`."""
    return cast(Storage, _Measured(store, metrics))


def _timed(
    operate: Callable[..., Awaitable[Any]], operation: str, metrics: StoreMetrics
) -> Callable[..., Awaitable[Any]]:
    observe = metrics.duration(operation).observe

    @wraps(operate)
    async def timed(*arguments: Any, **options: Any) -> Any:
        started = perf_counter()
        try:
            return await operate(*arguments, **options)
        except _ANSWERS:
            raise
        except Exception as error:
            reason = error.reason if isinstance(error, NearhitError) else Reason.INTERNAL
            metrics.failed(operation, reason)
            raise
        finally:
            observe(perf_counter() - started)

    return timed
