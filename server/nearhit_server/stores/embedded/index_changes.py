"""What a committed write changes in memory, as values."""

from collections.abc import Sequence
from dataclasses import dataclass

from nearhit_server.core.vectors import FloatVector


@dataclass(frozen=True)
class RowPut:
    """A row was written, new or over its old self. Times in microseconds since 1970."""

    epoch: int
    row_id: int
    vector: FloatVector | None
    expires_us: int
    updated_us: int


@dataclass(frozen=True)
class RowUsed:
    """A row was used and now expires at `expires_us`."""

    epoch: int
    row_id: int
    expires_us: int


@dataclass(frozen=True)
class RowRemoved:
    """A row was deleted."""

    epoch: int
    row_id: int


@dataclass(frozen=True)
class RowHidden:
    """A row is still there, but no search is to find it."""

    epoch: int
    row_id: int


@dataclass(frozen=True)
class RowShown:
    """A hidden row, which has a vector, is to be found again. Times as in RowPut."""

    epoch: int
    row_id: int
    vector: FloatVector
    expires_us: int
    updated_us: int


@dataclass(frozen=True)
class RowsEvicted:
    """Rows were deleted because their cache was full."""

    epoch: int
    cache_id: str
    row_ids: Sequence[int]


@dataclass(frozen=True)
class EpochDropped:
    """No cache is in this epoch any more."""

    epoch: int


@dataclass(frozen=True)
class EpochBounded:
    """The epoch, which is `cache_id`'s, shall have at most `max_entries` rows that live at
    `now_us` (microseconds since 1970) when the transaction commits."""

    epoch: int
    cache_id: str
    max_entries: int
    now_us: int


IndexChange = (
    RowPut | RowUsed | RowRemoved | RowHidden | RowShown | RowsEvicted | EpochDropped | EpochBounded
)
