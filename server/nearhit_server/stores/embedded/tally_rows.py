"""Statements on the `tallies` table. All run on the database's thread."""

import sqlite3

from nearhit_server.core.quality.tallies import QUARANTINED, Tallies
from nearhit_server.stores.embedded.held_reports import count_quarantined
from nearhit_server.stores.embedded.session import Session


def add_to_tallies(connection: sqlite3.Connection, epoch: int, tallies: Tallies) -> None:
    """Add to the counts of an epoch."""
    connection.executemany(
        "INSERT INTO tallies (epoch, name, count) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
        [(epoch, name, count) for name, count in tallies.items()],
    )


def read_tallies(session: Session, epoch: int) -> Tallies:
    """The counts of an epoch."""
    rows = session.connection.execute(
        "SELECT name, count FROM tallies WHERE epoch = ? AND count != 0", (epoch,)
    )
    return {**dict(rows), QUARANTINED: count_quarantined(session, epoch)}


def delete_tallies(connection: sqlite3.Connection, epoch: int) -> None:
    """Forget the counts of an epoch, which are few."""
    connection.execute("DELETE FROM tallies WHERE epoch = ?", (epoch,))
