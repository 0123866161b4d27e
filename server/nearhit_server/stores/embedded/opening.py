"""Starting and stopping the embedded store's database."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from nearhit_server.stores.embedded.connection import Durability, connect, startup_errors
from nearhit_server.stores.embedded.data_directory import held_data_directory
from nearhit_server.stores.embedded.database import Database
from nearhit_server.stores.embedded.entry_index import EntryIndex
from nearhit_server.stores.embedded.loading import load_index


@asynccontextmanager
async def open_database(
    data_dir: Path, index: EntryIndex, durability: Durability
) -> AsyncIterator[Database]:
    """The database in `data_dir`, with `index` filled from it. Raises StoreStartupError."""
    with _one_thread() as executor, held_data_directory(data_dir) as path:
        loop = asyncio.get_running_loop()
        connection = await loop.run_in_executor(executor, _start, path, index, durability)
        database = Database(executor, connection, index)
        try:
            yield database
        finally:
            await database.close()


def _start(path: Path, index: EntryIndex, durability: Durability) -> sqlite3.Connection:
    connection = connect(path, durability)
    try:
        with startup_errors(path):
            load_index(connection, index)
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="nearhit-store")
    try:
        yield executor
    finally:
        executor.shutdown()
