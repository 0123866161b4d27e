"""What is kept in memory beside the database: vectors and recency, by epoch."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence

from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.embedded.entry_rows import count_expired, delete_rows
from nearhit_server.stores.embedded.eviction import rows_to_evict
from nearhit_server.stores.embedded.index_changes import (
    EpochBounded,
    EpochDropped,
    IndexChange,
    RowHidden,
    RowPut,
    RowRemoved,
    RowsEvicted,
    RowShown,
    RowUsed,
)
from nearhit_server.stores.embedded.recency import Recency
from nearhit_server.stores.embedded.vector_table import VectorTable


class EntryIndex:
    """The rows of every living epoch. Touched only by the thread that owns the database."""

    def __init__(self, *, on_eviction: Callable[[str, int], object]) -> None:
        """`on_eviction` is told, on that thread, which cache has lost how many entries."""
        self._on_eviction = on_eviction
        self._vectors: dict[int, VectorTable] = {}
        self._recency: dict[int, Recency] = {}
        self._last_used_order = 0

    def continue_after(self, used_order: int) -> None:
        """Give the next uses numbers higher than `used_order`."""
        self._last_used_order = max(self._last_used_order, used_order)

    def next_used_order(self) -> int:
        """The number of a use that happens now: a counter, because times can be equal."""
        self._last_used_order += 1
        return self._last_used_order

    def vectors(self, epoch: int, dimension: int) -> VectorTable:
        """The vectors of an epoch."""
        table = self._vectors.get(epoch)
        if table is None:
            table = self._vectors[epoch] = VectorTable(dimension)
        return table

    def recency(self, epoch: int) -> Recency:
        """The order of use in an epoch."""
        recency = self._recency.get(epoch)
        if recency is None:
            recency = self._recency[epoch] = Recency()
        return recency

    def take_unsaved_uses(self, limit: int) -> list[tuple[int, int]]:
        """Up to `limit` pairs (row id, used order) to write to the database."""
        for recency in self._recency.values():
            if recency.has_unsaved:
                return recency.take_unsaved(limit)
        return []

    @property
    def has_unsaved_uses(self) -> bool:
        """Whether there are uses to write to the database."""
        return any(recency.has_unsaved for recency in self._recency.values())

    def prepare(
        self, connection: sqlite3.Connection, changes: Sequence[IndexChange]
    ) -> Sequence[IndexChange]:
        """Do what the open transaction's changes entail and what could fail after it: evict
        from full caches, make room for vectors. Returns all changes to apply."""
        # The last bound of an epoch counts, should its settings change between two writes.
        bounds = {change.epoch: change for change in changes if isinstance(change, EpochBounded)}
        evicted: list[IndexChange] = []
        for bound in bounds.values():
            row_ids = self._overflow(connection, changes, bound)
            delete_rows(connection, row_ids)
            if row_ids:
                evicted.append(RowsEvicted(bound.epoch, bound.cache_id, row_ids))
        self._reserve(changes)
        return [*changes, *evicted]

    def _overflow(
        self, connection: sqlite3.Connection, changes: Sequence[IndexChange], bound: EpochBounded
    ) -> list[int]:
        expired = count_expired(connection, bound.epoch, bound.now_us)
        return rows_to_evict(self.recency(bound.epoch), changes, bound, expired=expired)

    def _reserve(self, changes: Sequence[IndexChange]) -> None:
        puts = [change for change in changes if isinstance(change, RowPut | RowShown)]
        room = Counter(put.epoch for put in puts if put.vector is not None)
        dimensions = {put.epoch: len(put.vector) for put in puts if put.vector is not None}
        for epoch, rows in room.items():
            self.vectors(epoch, dimensions[epoch]).reserve(rows)

    def apply(self, changes: Sequence[IndexChange]) -> None:
        """Make the changes, which are committed, in order."""
        for change in changes:
            self._apply(change)

    def _apply(self, change: IndexChange) -> None:
        match change:
            case RowPut():
                self._put(change)
            case RowUsed(epoch, row_id, expires_us):
                self.recency(epoch).put(row_id, expires_us=expires_us)
                if epoch in self._vectors:
                    self._vectors[epoch].set_expiry(row_id, expires_us)
            case RowRemoved(epoch, row_id):
                self._remove(epoch, row_id)
            case RowHidden(epoch, row_id):
                self._remove_vector(epoch, row_id)
            case RowShown():
                self._put_vector(change, change.vector)
            case RowsEvicted(epoch, cache_id, row_ids):
                for row_id in row_ids:
                    self._remove(epoch, row_id)
                self._on_eviction(cache_id, len(row_ids))
            case EpochDropped(epoch):
                self._vectors.pop(epoch, None)
                self._recency.pop(epoch, None)
            case EpochBounded():
                pass

    def _remove(self, epoch: int, row_id: int) -> None:
        # The epoch can be gone already, dropped by the same transaction.
        if epoch in self._recency:
            self._recency[epoch].remove(row_id)
        self._remove_vector(epoch, row_id)

    def _remove_vector(self, epoch: int, row_id: int) -> None:
        if epoch in self._vectors:
            self._vectors[epoch].remove(row_id)

    def _put(self, put: RowPut) -> None:
        self.recency(put.epoch).put(put.row_id, expires_us=put.expires_us)
        if put.vector is not None:
            self._put_vector(put, put.vector)
        else:
            self._remove_vector(put.epoch, put.row_id)

    def _put_vector(self, put: RowPut | RowShown, vector: FloatVector) -> None:
        self.vectors(put.epoch, len(vector)).put(
            put.row_id, vector, expires_us=put.expires_us, updated_us=put.updated_us
        )
