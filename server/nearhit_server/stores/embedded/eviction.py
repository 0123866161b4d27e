"""Which rows a full cache loses when a transaction adds to it."""

from collections.abc import Iterable
from itertools import chain, islice

from nearhit_server.stores.embedded.index_changes import (
    EpochBounded,
    IndexChange,
    RowPut,
    RowRemoved,
    RowUsed,
)
from nearhit_server.stores.embedded.recency import Recency


def rows_to_evict(
    recency: Recency,
    changes: Iterable[IndexChange],
    bound: EpochBounded,
    *,
    expired: int,
) -> list[int]:
    """The least recently used rows of `bound.epoch` that are too many after `changes`.

    `changes` are those of the open transaction, which `recency` does not know yet; `expired`
    is how many of the rows there will be then have expired: they do not count, and are the
    sweeper's.
    """
    written, removed = _net_effect(changes, bound.epoch)
    rows_after = (
        len(recency)
        + sum(row_id not in recency for row_id in written)
        - sum(row_id in recency for row_id in removed)
    )
    excess = rows_after - expired - bound.max_entries
    if excess <= 0:
        return []
    unchanged = recency.least_recent(now_us=bound.now_us, without=written.keys() | removed)
    latest = (row_id for row_id, expires_us in written.items() if expires_us > bound.now_us)
    return list(islice(chain(unchanged, latest), excess))


def _net_effect(changes: Iterable[IndexChange], epoch: int) -> tuple[dict[int, int], set[int]]:
    """The rows used last, in order and with their time of expiry, and the rows deleted."""
    written: dict[int, int] = {}
    removed: set[int] = set()
    for change in changes:
        match change:
            case RowPut(epoch=changed) | RowUsed(epoch=changed) if changed == epoch:
                written.pop(change.row_id, None)
                written[change.row_id] = change.expires_us
                removed.discard(change.row_id)
            case RowRemoved(epoch=changed) if changed == epoch:
                written.pop(change.row_id, None)
                removed.add(change.row_id)
    return written, removed
