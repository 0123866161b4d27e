"""What the store changes about entries. All of it runs on the database's thread."""

from collections.abc import Sequence
from dataclasses import replace

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import Entry, EntryChange
from nearhit_server.core.errors import EntryChangedError
from nearhit_server.core.filters import Filter
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.changed_content import changes_content
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.entry_reads import get_row
from nearhit_server.stores.embedded.entry_rows import (
    delete_rows,
    find_row,
    insert_entry,
    rewrite_entry,
)
from nearhit_server.stores.embedded.held_reports import forget_reports
from nearhit_server.stores.embedded.index_changes import (
    EpochBounded,
    IndexChange,
    RowPut,
    RowRemoved,
)
from nearhit_server.stores.embedded.selection import select_among
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.times import expiry_to_microseconds, to_microseconds


def put_entries(session: Session, spec: CacheSpec, entries: Sequence[Entry]) -> Written[list[bool]]:
    """As EntryStore.put; what is too many is evicted when the transaction commits."""
    created: list[bool] = []
    changes: list[IndexChange] = []
    for entry in entries:
        _check_dimension(spec, entry)
        # Deleted and not written over: nothing of the old entry can be left then.
        old = find_row(session.connection, spec.epoch, entry.entry_id)
        if old is not None:
            delete_rows(session.connection, [old.row_id])
            changes.append(RowRemoved(spec.epoch, old.row_id))
        created.append(old is None or not old.live_at(session.now_us))
        used_order = session.index.next_used_order()
        row_id = insert_entry(session.connection, spec, entry, used_order=used_order)
        changes.append(_row_put(spec, row_id, entry, entry.vector))
    if spec.max_entries is not None:
        bound = EpochBounded(spec.epoch, spec.cache_id, spec.max_entries, session.now_us)
        changes.append(bound)
    return Written(created, changes)


def update_entry(
    session: Session, spec: CacheSpec, entry_id: str, change: EntryChange
) -> Written[Entry | None]:
    """As EntryStore.update."""
    found = get_row(session, spec, entry_id, with_vectors=True)
    if found is None:
        return Written(None)
    row_id, old = found
    if change.if_updated_at not in (None, old.updated_at):
        raise EntryChangedError
    if change.if_attributes not in (None, old.attributes):
        raise EntryChangedError
    entry = changed_entry(old, change)
    _check_dimension(spec, entry)
    used_order = session.index.next_used_order()
    rewrite_entry(session.connection, spec, row_id, entry, used_order=used_order)
    if changes_content(change):
        forget_reports(session.connection, row_id)
    searched = None if entry.quarantined else entry.vector
    return Written(replace(entry, vector=None), [_row_put(spec, row_id, entry, searched)])


def changed_entry(entry: Entry, change: EntryChange) -> Entry:
    """`entry` with the fields that `change` names; the others as they were."""
    fields: dict[str, object] = {}
    if change.prompt is not None:
        fields |= {"prompt": change.prompt.prompt, "vector": change.prompt.vector}
    if change.response is not None:
        fields["response"] = change.response
    if change.attributes is not None:
        fields["attributes"] = dict(change.attributes)
    if change.metadata is not None:
        fields["metadata_json"] = change.metadata.metadata_json
    if change.lifetime is not None:
        fields |= {"ttl": change.lifetime.ttl, "expires_at": change.lifetime.expires_at}
    if change.updated_at is not None:
        fields["updated_at"] = change.updated_at
    if changes_content(change):
        fields["quarantined"] = False
    return replace(entry, **fields)  # type: ignore[arg-type]


def delete_entries(session: Session, spec: CacheSpec, entry_ids: Sequence[str]) -> Written[int]:
    """As EntryStore.delete."""
    # An id that is given twice is one entry.
    found = [
        find_row(session.connection, spec.epoch, entry_id) for entry_id in dict.fromkeys(entry_ids)
    ]
    rows = [row for row in found if row is not None]
    removed = _remove(session, spec, [row.row_id for row in rows])
    return Written(sum(row.live_at(session.now_us) for row in rows), removed)


def delete_selected(
    session: Session, spec: CacheSpec, row_ids: Sequence[int], where: Filter
) -> Written[int]:
    """Delete those of `row_ids` that `where` still selects; returns how many."""
    selected = sorted(select_among(session, row_ids, where, spec.epoch))
    return Written(len(selected), _remove(session, spec, selected))


def _remove(session: Session, spec: CacheSpec, row_ids: Sequence[int]) -> list[RowRemoved]:
    delete_rows(session.connection, row_ids)
    return [RowRemoved(spec.epoch, row_id) for row_id in row_ids]


def _row_put(spec: CacheSpec, row_id: int, entry: Entry, vector: FloatVector | None) -> RowPut:
    updated_us = to_microseconds(entry.updated_at)
    expires_us = expiry_to_microseconds(entry.expires_at)
    return RowPut(spec.epoch, row_id, vector, expires_us, updated_us)


def _check_dimension(spec: CacheSpec, entry: Entry) -> None:
    # The core has checked this; a wrong row would break every later search.
    if entry.vector is not None and entry.vector.shape != (spec.dimension,):
        raise ValueError(f"a vector of shape {entry.vector.shape} in a cache of {spec.dimension}")
