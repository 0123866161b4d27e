"""Opening and closing the SQLite database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import Enum
from pathlib import Path
from typing import Final

from nearhit_server.stores.embedded.schema import migrate
from nearhit_server.stores.failures import StoreStartupError


class Durability(Enum):
    """What an acknowledged write outlives."""

    NORMAL = "normal"
    """The process's death. A loss of power may take the last writes, never the database."""

    FULL = "full"
    """A loss of power too: every commit waits for the disk."""


_LOCK_WAIT_MS: Final = 5_000
"""For somebody else's backup or sqlite3 shell; nearhit itself has one connection."""

_WAL_KEPT_BYTES: Final = 64 << 20
"""The write-ahead log is cut back to this after it has grown for a large transaction."""


def connect(path: Path, durability: Durability) -> sqlite3.Connection:
    """The database at `path`, made if missing, with its tables up to date.

    Transactions are explicit. Raises StoreStartupError.
    """
    with startup_errors(path):
        connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        try:
            _configure(connection, durability)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _configure(connection: sqlite3.Connection, durability: Durability) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_LOCK_WAIT_MS}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise StoreStartupError(
            "the data directory is on a file system without shared memory, which the "
            "database's write-ahead log needs (a network file system?)"
        )
    connection.execute(f"PRAGMA synchronous = {durability.value}")
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_KEPT_BYTES}")
    # Some builds overwrite what is deleted with zeros, which doubles what a delete writes.
    connection.execute("PRAGMA secure_delete = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")


def size_on_disk(connection: sqlite3.Connection) -> int:
    """Bytes of the database file and its write-ahead log."""
    ((_, _, name),) = connection.execute("PRAGMA database_list")
    files = (Path(name), Path(f"{name}-wal"))
    # Other tools may take the log away when they close; the next write makes it again.
    return sum(file.stat().st_size for file in files if file.exists())


def disconnect(connection: sqlite3.Connection) -> None:
    """Write the log back into the database file and close."""
    with closing(connection):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def startup_errors(path: Path) -> Iterator[None]:
    """Turns SQLite's errors within into StoreStartupError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreStartupError(f"the database {path} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise StoreStartupError(f"the database {path} is damaged: {error}") from error
