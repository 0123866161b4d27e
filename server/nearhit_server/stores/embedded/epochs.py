"""Numbers for versions and epochs, and the epochs that are left. On the database's thread."""

import sqlite3


def next_number(connection: sqlite3.Connection) -> int:
    """A number for a version or an epoch, of a cache or a namespace; never the same twice."""
    number: int
    (number,) = connection.execute("UPDATE sequence SET last = last + 1 RETURNING last").fetchone()
    return number


def bury(connection: sqlite3.Connection, epoch: int) -> None:
    """Leave an epoch's rows to the sweeper."""
    connection.execute("INSERT INTO dead_epochs VALUES (?)", (epoch,))
