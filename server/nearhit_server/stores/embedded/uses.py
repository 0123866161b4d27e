"""Noting that entries were used. All of it runs on the database's thread."""

from collections.abc import Sequence

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.entries import EntryUse
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.entry_rows import find_row
from nearhit_server.stores.embedded.index_changes import RowUsed
from nearhit_server.stores.embedded.session import Session
from nearhit_server.stores.times import (
    expiry_to_microseconds,
    optional_duration_to_microseconds,
    optional_to_microseconds,
    to_microseconds,
)


def slide_entries(session: Session, spec: CacheSpec, uses: Sequence[EntryUse]) -> Written[None]:
    """Note uses together with the entries' new times of expiry."""
    changes = []
    for use in uses:
        row_id = _slide(session, spec, use)
        if row_id is not None:
            expires_us = expiry_to_microseconds(use.expires_at)
            changes.append(RowUsed(spec.epoch, row_id, expires_us))
    return Written(None, changes)


def _slide(session: Session, spec: CacheSpec, use: EntryUse) -> int | None:
    # The time of change and the ttl spare an entry that was replaced since this one was read:
    # it has a lifetime of its own. Under one ttl, a later expiry than the one read is that of a
    # later hit or update.
    expires_us = optional_to_microseconds(use.expires_at)
    row = session.connection.execute(
        "UPDATE entries SET expires_us = ?, used_order = ? WHERE epoch = ? AND entry_id = ?"
        " AND updated_us = ? AND ttl_us IS ? AND (expires_us IS ? OR expires_us < ?)"
        " AND (expires_us IS NULL OR expires_us > ?) RETURNING row_id",
        (
            expires_us,
            session.index.next_used_order(),
            spec.epoch,
            use.entry_id,
            to_microseconds(use.updated_at),
            optional_duration_to_microseconds(use.ttl),
            *(optional_to_microseconds(use.previous_expires_at), expires_us),
            session.now_us,
        ),
    ).fetchone()
    return None if row is None else row[0]


def note_uses(session: Session, spec: CacheSpec, uses: Sequence[EntryUse]) -> None:
    """Note uses in memory alone; the sweeper writes them later."""
    recency = session.index.recency(spec.epoch)
    for use in uses:
        row = find_row(session.connection, spec.epoch, use.entry_id)
        if row is not None:
            recency.use(row.row_id, used_order=session.index.next_used_order())
