"""Statements on the tables that keep the latest of something: `reports` and `shadow_searches`.
All run on the database's thread."""

import sqlite3

from nearhit_server.stores.positions import REPORTS, SHADOW_SEARCHES, PositionCursor


def forget_oldest(connection: sqlite3.Connection, table: str, epoch: int, *, keep: int) -> None:
    """Delete all but the latest `keep` rows of an epoch."""
    connection.execute(
        f"DELETE FROM {table} WHERE position IN (SELECT position FROM {table} WHERE epoch = ?"
        " ORDER BY position DESC LIMIT -1 OFFSET ?)",
        (epoch, keep),
    )


def read_page(
    connection: sqlite3.Connection, table: str, cursor: PositionCursor, *, limit: int
) -> tuple[list[str], str | None]:
    """Up to `limit` bodies behind a cursor, the oldest first, and the cursor of the next page."""
    # One more than asked for tells whether there is another page.
    rows = connection.execute(
        f"SELECT position, body FROM {table} WHERE epoch = ? AND position > ?"
        " ORDER BY position LIMIT ?",
        (cursor.epoch, cursor.position, limit + 1),
    ).fetchall()
    next_cursor = str(cursor.at(rows[limit - 1][0])) if len(rows) > limit else None
    return [body for _, body in rows[:limit]], next_cursor


def delete_dead_log_rows(connection: sqlite3.Connection, epoch: int, *, limit: int) -> int:
    """Delete up to `limit` rows of an epoch from each table; returns how many there were of the
    one with the most."""
    return max(
        _delete_some(connection, table, epoch, limit) for table in (REPORTS, SHADOW_SEARCHES)
    )


def _delete_some(connection: sqlite3.Connection, table: str, epoch: int, limit: int) -> int:
    deleted = connection.execute(
        f"DELETE FROM {table} WHERE position IN"
        f" (SELECT position FROM {table} WHERE epoch = ? LIMIT ?)",
        (epoch, limit),
    )
    return deleted.rowcount
