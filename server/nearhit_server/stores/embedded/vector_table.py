"""The vectors of one epoch in memory, searched exactly."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from nearhit_server.core.vectors import SIMILARITY_DECIMALS, FloatMatrix, FloatVector

_SMALLEST_CAPACITY: Final = 64

_SPARSE_SELECTION: Final = 8
"""Rows in a selection of less than one in this many are copied out and multiplied alone;
for more, one pass over the whole matrix in memory order is quicker (measured at 384)."""

RowIds = NDArray[np.int64]
"""Ids of rows in the `entries` table, shape (count,)."""


class VectorTable:
    """Rows of (row id, vector, time of expiry, time of last change), in no order.

    Rows are dense: the last one moves into the gap that a removed one leaves. Times are
    microseconds since 1970, `expires_us` NEVER_US for rows that do not expire.
    """

    def __init__(self, dimension: int) -> None:
        self._count = 0
        self._slots: dict[int, int] = {}
        self._row_ids: RowIds = np.empty(0, np.int64)
        self._expires_us = np.empty(0, np.int64)
        self._updated_us = np.empty(0, np.int64)
        self._matrix: FloatMatrix = np.empty((0, dimension), np.float32)

    def __len__(self) -> int:
        return self._count

    def reserve(self, more: int) -> None:
        """Make room for `more` rows, so that the next `more` calls of `put` cannot fail."""
        needed = self._count + more
        if needed <= len(self._row_ids):
            return
        # Doubling copies each row about once; pages not yet written to take no memory.
        capacity = max(_SMALLEST_CAPACITY, needed, 2 * len(self._row_ids))
        self._row_ids = self._grown(self._row_ids, capacity)
        self._expires_us = self._grown(self._expires_us, capacity)
        self._updated_us = self._grown(self._updated_us, capacity)
        matrix = np.empty((capacity, self._matrix.shape[1]), np.float32)
        matrix[: self._count] = self._matrix[: self._count]
        self._matrix = matrix

    def _grown(self, column: RowIds, capacity: int) -> RowIds:
        grown = np.empty(capacity, np.int64)
        grown[: self._count] = column[: self._count]
        return grown

    def put(self, row_id: int, vector: FloatVector, *, expires_us: int, updated_us: int) -> None:
        """Keep a row, replacing the one with its id. Raises ValueError unless `vector` has
        shape (dimension,)."""
        if vector.shape != self._matrix.shape[1:]:
            raise ValueError(f"a vector has {len(vector)} components, not {self._matrix.shape[1]}")
        slot = self._slots.get(row_id)
        if slot is None:
            self.reserve(1)
            slot = self._slots[row_id] = self._count
            self._row_ids[slot] = row_id
            self._count += 1
        self._matrix[slot] = vector
        self._expires_us[slot] = expires_us
        self._updated_us[slot] = updated_us

    def set_expiry(self, row_id: int, expires_us: int) -> None:
        """Change when a row expires; nothing happens if there is no such row."""
        slot = self._slots.get(row_id)
        if slot is not None:
            self._expires_us[slot] = expires_us

    def remove(self, row_id: int) -> None:
        """Forget a row; nothing happens if there is no such row."""
        slot = self._slots.pop(row_id, None)
        if slot is None:
            return
        self._count -= 1
        last = self._count
        if slot == last:
            return
        self._row_ids[slot] = self._row_ids[last]
        self._expires_us[slot] = self._expires_us[last]
        self._updated_us[slot] = self._updated_us[last]
        self._matrix[slot] = self._matrix[last]
        self._slots[int(self._row_ids[slot])] = slot

    def nearest(
        self, vector: FloatVector, *, limit: int, now_us: int, among: RowIds | None = None
    ) -> list[tuple[int, float]]:
        """Up to `limit` (row id, cosine), nearest first, of those rows that have not expired
        at `now_us` and are in `among`, if given.

        `vector` has length 1 and shape (dimension,). Equal similarities are ordered by the
        latest change.
        """
        slots = self._live_slots(now_us, among)
        scores = self._scores(vector, slots)
        best = _best(scores, limit)
        if slots is not None:
            slots, scores = slots[best], scores[best]
        else:
            slots, scores = best, scores[best]
        order = self._order(slots, scores)[:limit]
        row_ids = self._row_ids[slots[order]].tolist()
        return list(zip(row_ids, scores[order].tolist(), strict=True))

    def _live_slots(self, now_us: int, among: RowIds | None) -> NDArray[np.int64] | None:
        """The slots to search, None for all of them."""
        live = self._expires_us[: self._count] > now_us
        if among is not None:
            live &= np.isin(self._row_ids[: self._count], among)
        return None if live.all() else np.flatnonzero(live)

    def _scores(self, vector: FloatVector, slots: NDArray[np.int64] | None) -> FloatVector:
        """The cosine of each of `slots`, in their order."""
        if slots is None:
            return self._matrix[: self._count] @ vector
        if len(slots) * _SPARSE_SELECTION < self._count:
            return self._matrix[slots] @ vector
        scores: FloatVector = (self._matrix[: self._count] @ vector)[slots]
        return scores

    def _order(self, slots: NDArray[np.int64], scores: FloatVector) -> NDArray[np.int64]:
        """Indices that sort by similarity as it is shown, then by what changed last."""
        similarities = np.minimum(np.round(scores.astype(np.float64), SIMILARITY_DECIMALS), 1.0)
        order = np.lexsort((self._row_ids[slots], self._updated_us[slots], similarities))
        return order[::-1]


def _best(scores: FloatVector, limit: int) -> NDArray[np.int64]:
    """Indices, in no order, of the `limit` highest scores and of all that tie with the last."""
    if limit <= 0:
        return np.empty(0, np.int64)
    if len(scores) <= limit:
        return np.arange(len(scores))
    least = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    # Scores this close can be the same once rounded.
    return np.flatnonzero(scores >= least - 10.0**-SIMILARITY_DECIMALS)
