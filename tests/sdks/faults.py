"""Faults that callers see, caused on purpose."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from nearhit_server.core.cache_directory import CacheDirectory
from nearhit_server.core.errors import Reason, UnavailableError

Use = Callable[..., Awaitable[Any]]


async def _fail() -> None:
    raise RuntimeError("the password is hunter2")


async def _go_away() -> None:
    raise UnavailableError("the server is shutting down", reason=Reason.SHUTTING_DOWN)


async def _hang() -> None:
    await asyncio.Event().wait()


FAULTS: Final[dict[str, Callable[[], Awaitable[None]]]] = {
    "fails": _fail,
    "goes-away": _go_away,
    "hangs": _hang,
}
"""What happens to every call that names one of these caches."""


def with_faults(use: Use) -> Use:
    """CacheDirectory.use, which every call goes through, with these faults."""

    async def faulty_use(directory: CacheDirectory, cache_id: str, call: Any) -> Any:
        if cache_id in FAULTS:
            return await FAULTS[cache_id]()
        return await use(directory, cache_id, call)

    return faulty_use


def spoil_database(data_dir: Path) -> None:
    """Take the entries away from a server on the embedded store, behind its back."""
    with closing(sqlite3.connect(data_dir / "nearhit.sqlite3")) as connection:
        connection.execute("DROP TABLE entries")
