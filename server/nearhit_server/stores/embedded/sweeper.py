"""Deleting what nobody can see any more, in small steps.

Nothing depends on it but disk space: every read leaves out what has expired by itself.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from nearhit_server.core.errors import UnavailableError
from nearhit_server.stores.embedded.database import Written
from nearhit_server.stores.embedded.embedding_rows import delete_expired_embeddings
from nearhit_server.stores.embedded.entry_rows import delete_rows, save_uses
from nearhit_server.stores.embedded.index_changes import RowRemoved
from nearhit_server.stores.embedded.logs import delete_dead_log_rows
from nearhit_server.stores.embedded.namespace_rows import (
    delete_dead_namespace_rows,
    delete_expired_namespace_rows,
)
from nearhit_server.stores.embedded.session import Session, Sessions
from nearhit_server.stores.embedded.tally_rows import delete_tallies

BATCH_ROWS: Final = 100
"""Deleted in one write. Everybody else waits meanwhile, about 10 ms."""

_INTERVAL_SECONDS: Final = 1.0

_log = structlog.get_logger()


class Sweeper:
    """Deletes expired rows and dead epochs, and saves the order of use."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._sweeping = asyncio.Lock()

    async def run(self) -> None:
        """Sweep about every second until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            try:
                await self.sweep()
            except Exception:
                # A full disk, or a fault of ours; either way the next turn may go better.
                _log.exception("sweep failed")

    async def sweep(self) -> None:
        """Do all that there is to do now."""
        # One at a time, so that what `_repeat` reads is still there when it writes.
        async with self._sweeping:
            await self._repeat(_has_unsaved_uses, _save_some_uses)
            await self._repeat(_has_expired_entries, _delete_expired_entries)
            await self._repeat(_has_dead_epochs, _delete_dead_rows)
            await self._repeat(_has_expired_embeddings, _delete_expired_embeddings)
            await self._repeat(_has_expired_namespace_rows, _delete_expired_namespace_rows)

    async def finish(self) -> None:
        """Save what is in memory only, before the store closes."""
        try:
            await self._repeat(_has_unsaved_uses, _save_some_uses)
        except UnavailableError as error:
            _log.warning("order of use not saved", error=error.message)

    async def _repeat(
        self, has_more: Callable[[Session], bool], do_some: Callable[[Session], Written[None]]
    ) -> None:
        # Asked by a read, so that an idle store writes nothing.
        while await self._sessions.read(has_more):
            await self._sessions.write(do_some)


def _has_unsaved_uses(session: Session) -> bool:
    return session.index.has_unsaved_uses


def _save_some_uses(session: Session) -> Written[None]:
    save_uses(session.connection, session.index.take_unsaved_uses(BATCH_ROWS))
    return Written(None)


def _has_expired_entries(session: Session) -> bool:
    return _exists(session, "SELECT 1 FROM entries WHERE expires_us <= ?", session.now_us)


def _delete_expired_entries(session: Session) -> Written[None]:
    rows = session.connection.execute(
        "SELECT epoch, row_id FROM entries WHERE expires_us <= ? LIMIT ?",
        (session.now_us, BATCH_ROWS),
    ).fetchall()
    delete_rows(session.connection, [row_id for _, row_id in rows])
    return Written(None, [RowRemoved(epoch, row_id) for epoch, row_id in rows])


def _has_dead_epochs(session: Session) -> bool:
    return _exists(session, "SELECT 1 FROM dead_epochs")


def _delete_dead_rows(session: Session) -> Written[None]:
    (epoch,) = session.connection.execute("SELECT epoch FROM dead_epochs").fetchone()
    rows = session.connection.execute(
        "SELECT row_id FROM entries WHERE epoch = ? LIMIT ?", (epoch, BATCH_ROWS)
    ).fetchall()
    delete_rows(session.connection, [row_id for (row_id,) in rows])
    # An epoch is a cache's or a namespace's.
    of_namespace = delete_dead_namespace_rows(session, epoch, limit=BATCH_ROWS)
    logged = delete_dead_log_rows(session.connection, epoch, limit=BATCH_ROWS)
    if max(len(rows), of_namespace, logged) < BATCH_ROWS:
        delete_tallies(session.connection, epoch)
        session.connection.execute("DELETE FROM dead_epochs WHERE epoch = ?", (epoch,))
    return Written(None)


def _has_expired_embeddings(session: Session) -> bool:
    return _exists(session, "SELECT 1 FROM embeddings WHERE expires_us <= ?", session.now_us)


def _delete_expired_embeddings(session: Session) -> Written[None]:
    delete_expired_embeddings(session, limit=BATCH_ROWS)
    return Written(None)


def _has_expired_namespace_rows(session: Session) -> bool:
    return _exists(session, "SELECT 1 FROM namespace_rows WHERE expires_us <= ?", session.now_us)


def _delete_expired_namespace_rows(session: Session) -> Written[None]:
    delete_expired_namespace_rows(session, limit=BATCH_ROWS)
    return Written(None)


def _exists(session: Session, statement: str, *parameters: int) -> bool:
    row = session.connection.execute(f"{statement} LIMIT 1", parameters).fetchone()
    return row is not None
