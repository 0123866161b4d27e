"""Removing epochs that have been left, in small steps, by whichever replica gets to it.

Nothing is found by scanning: a shared Redis holds other people's keys too. An epoch's index
lists its entries, and `dead_epochs` of each cache in GARBAGE lists the epochs. Namespaces have
lists of their own.
"""

import asyncio
import uuid
from typing import Any, Final

import structlog

from nearhit_server.core.errors import NearhitError, NotFoundError
from nearhit_server.stores.redis import cache_scripts
from nearhit_server.stores.redis.cache_store import RedisCacheStore
from nearhit_server.stores.redis.commands import Command, Commands, call, run_one
from nearhit_server.stores.redis.indexes import is_missing_index
from nearhit_server.stores.redis.keys import GARBAGE, CacheKeys, EpochKeys
from nearhit_server.stores.redis.namespace_garbage import collect_namespaces
from nearhit_server.stores.redis.searches import (
    all_keys,
    create_key_index,
    drop_index,
    keys_of_rows,
    more_keys,
)

_log = structlog.get_logger()

_INTERVAL_SECONDS: Final = 1.0
_PAUSE_SECONDS: Final = 0.05
_REMOVED_AT_ONCE: Final = 500
_LEASE_MILLISECONDS: Final = 10_000
"""How long a replica that died keeps the others from going on."""

_PROPOSAL_MICROSECONDS: Final = 60_000_000
"""An epoch that no settings name after this long belonged to a replica that died."""


class GarbageCollector:
    """Unlinks the entries of dead epochs and drops their indexes."""

    def __init__(self, commands: Commands, caches: RedisCacheStore) -> None:
        self._commands = commands
        self._caches = caches
        self._name = uuid.uuid4().hex

    async def run(self) -> None:
        """Collect about every second until cancelled."""
        while True:
            await asyncio.sleep(_INTERVAL_SECONDS)
            try:
                await self.collect()
            except NearhitError as error:
                _log.debug("garbage not collected", error=error.message)
            except Exception:
                _log.exception("collecting garbage failed")

    async def collect(self) -> None:
        """Remove all that there is to remove now."""
        for name in await self._one(GARBAGE, ("SMEMBERS", GARBAGE)):
            await self._collect_cache(name.decode())
        await collect_namespaces(self._commands)

    async def _collect_cache(self, cache_id: str) -> None:
        keys = CacheKeys(cache_id)
        if not await self._lease(keys):
            return
        seconds, _ = await self._one(keys.version, ("TIME",))
        settled = int(seconds) * 1_000_000 - _PROPOSAL_MICROSECONDS
        current = await self._current_epoch(cache_id)
        dead = await self._one(
            keys.dead_epochs, ("ZRANGEBYSCORE", keys.dead_epochs, "-inf", settled)
        )
        for epoch in map(int, dead):
            if epoch != current:
                await self._remove_epoch(keys, keys.epoch(epoch))
            await self._one(keys.dead_epochs, ("ZREM", keys.dead_epochs, epoch))
        await self._one(keys.lease, ("DEL", keys.lease))
        if not await self._one(keys.dead_epochs, ("EXISTS", keys.dead_epochs)):
            await self._one(GARBAGE, ("SREM", GARBAGE, cache_id))
            # Somebody may have left an epoch in between, and would then be forgotten.
            if await self._one(keys.dead_epochs, ("EXISTS", keys.dead_epochs)):
                await self._one(GARBAGE, ("SADD", GARBAGE, cache_id))

    async def _lease(self, keys: CacheKeys) -> bool:
        lease = call(cache_scripts.LEASE, (keys.lease,), self._name, _LEASE_MILLISECONDS)
        return bool(await self._one(keys.lease, lease))

    async def _current_epoch(self, cache_id: str) -> int | None:
        try:
            return (await self._caches.get_cache(cache_id)).epoch
        except NotFoundError:
            return None

    async def _remove_epoch(self, keys: CacheKeys, epoch: EpochKeys) -> None:
        # The entries are noted and the index dropped before they are removed: taking one out
        # of the index costs Redis a hundred times as much as unlinking it.
        await self._doom(keys, epoch)
        await self._commands.run(keys.version, [drop_index(epoch)], patient=True)
        remove = call(cache_scripts.REMOVE_DOOMED, (epoch.doomed,), _REMOVED_AT_ONCE)
        while await self._one(epoch.doomed, remove):
            await self._renew_lease(keys)
        await self._one(keys.version, ("UNLINK", epoch.uses, epoch.expiries, *epoch.quality))

    async def _doom(self, keys: CacheKeys, epoch: EpochKeys) -> None:
        """Note the keys of all entries, unless that was done before."""
        if not await self._has_index(keys, epoch):
            return
        rows, cursor = await self._one(keys.version, all_keys(epoch, at_once=_REMOVED_AT_ONCE))
        while True:
            if found := keys_of_rows(rows):
                doom = call(cache_scripts.ADD_TO_SET, (epoch.doomed,), *found)
                await self._one(epoch.doomed, doom)
            if not cursor:
                return
            await self._renew_lease(keys)
            rows, cursor = await self._one(keys.version, more_keys(epoch, cursor))

    async def _has_index(self, keys: CacheKeys, epoch: EpochKeys) -> bool:
        """Whether the epoch has an index; made again if it was lost, as one that does not move
        with its slot in a Cluster, and not dropped here."""
        info, doomed = await self._commands.run(
            keys.version, [("FT.INFO", epoch.index), ("EXISTS", epoch.doomed)], patient=True
        )
        if not is_missing_index(info):
            return True
        if doomed:
            return False
        await self._one(keys.version, create_key_index(epoch))
        while int((await self._one(keys.version, ("FT.INFO", epoch.index)))[b"indexing"]):
            await self._renew_lease(keys)
            await asyncio.sleep(_PAUSE_SECONDS)
        return True

    async def _renew_lease(self, keys: CacheKeys) -> None:
        await self._one(keys.lease, ("PEXPIRE", keys.lease, _LEASE_MILLISECONDS))

    async def _one(self, key: str, command: Command) -> Any:
        return await run_one(self._commands, key, command, patient=True)
