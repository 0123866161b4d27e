"""The search index of each epoch: made once, by whichever replica comes first."""

import asyncio
from typing import Any, Final

import redis.exceptions
import structlog

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import (
    FailedPreconditionError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from nearhit_server.stores.redis import cache_scripts, searches
from nearhit_server.stores.redis.commands import Commands, call
from nearhit_server.stores.redis.keys import CacheKeys, EpochKeys

_log = structlog.get_logger()

_PAUSE_SECONDS: Final = 0.05
_MAX_PAUSES: Final = 15


class Indexes:
    """Makes indexes and, where one has gone missing, makes it again."""

    def __init__(self, commands: Commands, *, algorithm: str) -> None:
        self._commands = commands
        self._algorithm = algorithm

    async def create(self, spec: CacheSpec, *, of_new_epoch: bool = True) -> None:
        """Make the index of the cache's epoch; a new one has no entries to look for. Raises
        FailedPreconditionError if there is one that does not fit."""
        create = searches.create_index(spec, algorithm=self._algorithm, scan=not of_new_epoch)
        try:
            (reply,) = await self._run(spec, create)
        except ResourceExhaustedError:
            # A flush is how to get out of this.
            _, index, *words = create
            full = call(cache_scripts.CREATE_INDEX, (str(index),), *words)
            (reply,) = await self._run(spec, full)
        if isinstance(reply, Exception):
            if "exists" not in str(reply):
                raise reply
            await self._check_existing(spec)

    async def rebuild(self, spec: CacheSpec) -> None:
        """Make a missing index again, and wait a little while Redis fills it from the entries.
        Raises UnavailableError if that takes longer."""
        _log.warning("index missing, making it again", cache=spec.cache_id)
        await self.create(spec, of_new_epoch=False)
        for _ in range(_MAX_PAUSES):
            if not int((await self._info(spec))[b"indexing"]):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        raise UnavailableError(
            f"the index of cache {spec.cache_id!r} is being made again",
            reason=Reason.STORE_LOADING,
        )

    async def _check_existing(self, spec: CacheSpec) -> None:
        info = await self._info(spec)
        dimensions = [int(field[b"dim"]) for field in info[b"attributes"] if b"dim" in field]
        if dimensions != [spec.dimension]:
            raise FailedPreconditionError(
                f"Redis has an index for cache {spec.cache_id!r} whose vectors have "
                f"{dimensions} components, not {spec.dimension}",
                reason=Reason.DIMENSION_MISMATCH,
            )

    async def _info(self, spec: CacheSpec) -> dict[bytes, Any]:
        (info,) = await self._run(spec, ("FT.INFO", EpochKeys.of(spec).index))
        if isinstance(info, Exception):
            raise info
        return dict(info)

    async def _run(self, spec: CacheSpec, command: Any) -> list[Any]:
        return await self._commands.run(CacheKeys(spec.cache_id).version, [command], patient=True)


def is_missing_index(error: object) -> bool:
    """Whether a command failed because its index does not exist."""
    return isinstance(error, redis.exceptions.ResponseError) and (
        "no such index" in str(error).lower() or "unknown index" in str(error).lower()
    )
