"""The directory that a store's files live in, held by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from nearhit_server.stores.failures import StoreStartupError

DATABASE_FILE: Final = "nearhit.sqlite3"
LOCK_FILE: Final = "nearhit.lock"


@contextmanager
def held_data_directory(data_dir: Path) -> Iterator[Path]:
    """Create `data_dir` if it is missing and hold it; gives the database file's path.

    Two processes on one database would each search a matrix that misses what the other
    wrote. The lock goes with the process, however it ends.
    Raises StoreStartupError if the directory cannot be made, written to or held.
    """
    lock = _open_lock_file(data_dir)
    try:
        _lock(lock, data_dir)
        yield data_dir / DATABASE_FILE
    finally:
        os.close(lock)


def _open_lock_file(data_dir: Path) -> int:
    try:
        # Entries are answers to people's questions: nobody else on the machine reads them.
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreStartupError(
            f"the data directory {data_dir} cannot be created: {error.strerror}"
        ) from error
    try:
        return os.open(data_dir / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreStartupError(
            f"the data directory {data_dir} cannot be written to: {error.strerror}"
        ) from error


def _lock(lock: int, data_dir: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise StoreStartupError(
            f"the data directory {data_dir} is in use by another nearhit process"
        ) from error
    except OSError as error:
        raise StoreStartupError(
            f"the data directory {data_dir} is on a file system that cannot lock files: "
            f"{error.strerror}"
        ) from error
