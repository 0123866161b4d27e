"""What the embedded store raises when it cannot do its work."""

import sqlite3

from nearhit_server.core.errors import Reason, UnavailableError


def store_unavailable(error: sqlite3.Error) -> UnavailableError:
    """The error for a call that SQLite could not carry out.

    Carries SQLite's name for the failure (SQLITE_FULL, SQLITE_IOERR_WRITE), which says what
    to do, but not its text, which can quote statements.
    """
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return UnavailableError(f"the embedded store failed: {name}", reason=Reason.STORE_UNAVAILABLE)


def store_closed() -> UnavailableError:
    """The error for a call that comes after the store has begun to close."""
    return UnavailableError("the embedded store is closing", reason=Reason.SHUTTING_DOWN)
