"""The thread that owns the database, and the transactions that writes share."""

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

import structlog

from nearhit_server.stores.embedded.connection import disconnect
from nearhit_server.stores.embedded.failures import store_closed, store_unavailable
from nearhit_server.stores.embedded.index_changes import IndexChange

T = TypeVar("T")

MAX_READING_SECONDS: Final = 0.005
"""How long reads go on that came one behind the other, before a transaction gets its turn."""

MAX_WRITES_PER_COMMIT: Final = 1_000
MAX_COMMIT_SECONDS: Final = 0.02
"""How much goes into one transaction, so that reads, which wait for the same thread, get their
turn. A transaction has one write at least, however long that takes."""

_log = structlog.get_logger()


@dataclass(frozen=True)
class Written(Generic[T]):
    """What a write came to, and what changes in memory once it is committed."""

    result: T
    changes: Sequence[IndexChange] = ()


class Mirror(Protocol):
    """What is kept in memory beside the database."""

    def prepare(
        self, connection: sqlite3.Connection, changes: Sequence[IndexChange]
    ) -> Sequence[IndexChange]:
        """Do everything that can fail, before the commit; returns the changes to apply."""

    def apply(self, changes: Sequence[IndexChange]) -> None:
        """Make the changes, after the commit."""


@dataclass(frozen=True, eq=False)
class _Write:
    work: Callable[[sqlite3.Connection], Written[Any]]
    future: asyncio.Future[Any]


@dataclass(frozen=True, eq=False)
class _Read:
    work: Callable[[sqlite3.Connection], Any]
    future: asyncio.Future[Any]


@dataclass
class _Group:
    """The writes of one transaction, with what came of each: a result or an exception."""

    writes: list[_Write] = field(default_factory=list)
    outcomes: list[Any] = field(default_factory=list)
    changes: list[IndexChange] = field(default_factory=list)


class Database:
    """Runs whole functions on the one thread that has the connection and the mirror.

    A function never meets another's open transaction, nor a mirror that is ahead of or behind
    the database: nothing else runs on that thread meanwhile. (aiosqlite hops to its thread for
    every statement, and another coroutine's statement can land in between.)

    `connection` and the mirror must not be touched outside those functions.
    """

    def __init__(
        self, executor: ThreadPoolExecutor, connection: sqlite3.Connection, mirror: Mirror
    ) -> None:
        self._executor = executor
        self._connection = connection
        self._mirror = mirror
        # Not bounded here: each caller waits for its own write, so it is as long as there
        # are calls in progress.
        self._pending: deque[_Write] = deque()
        self._committing: asyncio.Task[None] | None = None
        self._reads: deque[_Read] = deque()
        self._visit: asyncio.Future[Any] | None = None
        self._closing = False

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`. Raises UnavailableError where SQLite fails or is closing."""
        if self._closing:
            raise store_closed()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._reads.append(_Read(work, future))
        if self._visit is None:
            self._visit_for_reads()
        return await future

    async def write(self, work: Callable[[sqlite3.Connection], Written[T]]) -> T:
        """The result of `work` once it is committed, together with other writes waiting now.

        If `work` raises, it alone is rolled back. It may still run if the caller is cancelled.
        Raises UnavailableError as `read` does.
        """
        if self._closing:
            raise store_closed()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._pending.append(_Write(work, future))
        if self._committing is None:
            self._committing = asyncio.create_task(self._commit_pending())
        return await future

    async def close(self) -> None:
        """Finish what was asked for, then close the connection and end the thread."""
        self._closing = True
        if self._committing is not None:
            await self._committing
        while self._visit is not None:
            await asyncio.wait([self._visit])
        try:
            await self._on_thread(lambda: disconnect(self._connection))
        except sqlite3.Error as error:
            # All that was acknowledged is in the log file; the next start reads it from there.
            _log.warning("database not tidied up on closing", error=str(error))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _visit_for_reads(self) -> None:
        # To wake a thread costs several times what most reads do, so those that come while it
        # is at work share the visit.
        visit = asyncio.get_running_loop().run_in_executor(self._executor, self._run_reads)
        visit.add_done_callback(self._resolve_reads)
        self._visit = visit

    def _resolve_reads(self, visit: asyncio.Future[list[tuple[_Read, Any]]]) -> None:
        self._visit = None
        if self._reads:
            self._visit_for_reads()
        for read, outcome in visit.result():
            _resolve(read.future, outcome)

    async def _commit_pending(self) -> None:
        try:
            while self._pending:
                group = await self._on_thread(self._commit_group)
                for write, outcome in zip(group.writes, group.outcomes, strict=True):
                    _resolve(write.future, outcome)
        finally:
            self._committing = None

    # What follows runs on the thread.

    def _run_reads(self) -> list[tuple[_Read, Any]]:
        outcomes: list[tuple[_Read, Any]] = []
        deadline = time.monotonic() + MAX_READING_SECONDS
        while self._reads and (not outcomes or time.monotonic() < deadline):
            read = self._reads.popleft()
            if not read.future.cancelled():
                outcomes.append((read, self._read_one(read)))
        return outcomes

    def _read_one(self, read: _Read) -> Any:
        try:
            return read.work(self._connection)
        except Exception as error:
            return error

    def _commit_group(self) -> _Group:
        group = _Group()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._run_pending(group)
            changes = self._mirror.prepare(self._connection, group.changes)
            self._connection.execute("COMMIT")
            self._mirror.apply(changes)
        except Exception as error:
            self._fail(group, error)
        return group

    def _run_pending(self, group: _Group) -> None:
        # Taken here and not on the event loop, so that writes which came while the thread was
        # busy are among them. Taking from a deque's left while another thread appends is safe.
        deadline = time.monotonic() + MAX_COMMIT_SECONDS
        while self._pending and len(group.writes) < MAX_WRITES_PER_COMMIT:
            group.writes.append(self._pending.popleft())
            group.outcomes.append(self._run_one(group.writes[-1], group.changes))
            if time.monotonic() > deadline:
                break

    def _fail(self, group: _Group, error: Exception) -> None:
        # If the transaction did not even begin, no waiting write fares better than another.
        while not group.outcomes and self._pending:
            group.writes.append(self._pending.popleft())
        group.outcomes = [error] * len(group.writes)
        with suppress(sqlite3.Error):
            self._connection.rollback()

    def _run_one(self, write: _Write, changes: list[IndexChange]) -> Any:
        self._connection.execute("SAVEPOINT write")
        try:
            written = write.work(self._connection)
        except Exception as error:
            if not self._connection.in_transaction:
                # On a full disk SQLite may take back the whole transaction by itself.
                raise
            self._connection.execute("ROLLBACK TO write")
            self._connection.execute("RELEASE write")
            return error
        self._connection.execute("RELEASE write")
        changes.extend(written.changes)
        return written.result


def _resolve(future: asyncio.Future[Any], outcome: Any) -> None:
    if future.done():
        return
    if isinstance(outcome, sqlite3.Error):
        translated = store_unavailable(outcome)
        translated.__cause__ = outcome
        future.set_exception(translated)
    elif isinstance(outcome, Exception):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)
