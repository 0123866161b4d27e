"""The caches' settings, and the epochs that come and go with them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.concurrency import together
from nearhit_server.core.errors import (
    NotFoundError,
    SpecChangedError,
    cache_exists,
    cache_not_found,
)
from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock
from nearhit_server.stores.redis import cache_scripts
from nearhit_server.stores.redis.commands import Command, Commands, call, run_one
from nearhit_server.stores.redis.indexes import Indexes, is_missing_index
from nearhit_server.stores.redis.keys import CACHES, GARBAGE, NO_CACHE, CacheKeys, EpochKeys
from nearhit_server.stores.redis.lua import CACHE_GONE
from nearhit_server.stores.redis.query import EVERYTHING
from nearhit_server.stores.redis.replies import checked
from nearhit_server.stores.redis.searches import keys_of, total
from nearhit_server.stores.redis.spec_text import spec_from_text, spec_to_text
from nearhit_server.stores.redis.uses import evict_excess, note_existing_uses

_LISTED_AT_ONCE: Final = 200


class RedisCacheStore:
    """Implements the port CacheStore, which says what each method does."""

    def __init__(
        self, commands: Commands, *, indexes: Indexes, clock: Clock, observer: Observer
    ) -> None:
        self._commands = commands
        self._indexes = indexes
        self._clock = clock
        self._observer = observer

    async def create_cache(self, spec: CacheSpec) -> CacheSpec:
        """As CacheStore.create_cache."""
        keys = CacheKeys(spec.cache_id)
        # Listed first: a name without settings is passed over, but a cache that no list shows
        # would be there for good.
        await self.list_as_cache(NO_CACHE, spec.cache_id)
        if await self._one(keys.version, ("EXISTS", keys.version)):
            raise cache_exists(spec.cache_id)
        new = await self._with_new_epoch(spec)
        create = call(cache_scripts.CREATE_CACHE, _spec_keys(keys), spec_to_text(new), new.epoch)
        (reply,) = await self._commands.run(keys.version, [create], durable=True)
        version = int(_result(reply))
        if version == 0:
            raise cache_exists(spec.cache_id)
        # Again, because somebody who deletes a cache of that name may just have taken it off.
        await self.list_as_cache(spec.cache_id)
        return replace(new, version=version)

    async def list_as_cache(self, *names: str) -> None:
        """Put names on the list of caches unless they are on it."""
        members = [word for name in names for word in (0, name)]
        await self._one(CACHES, ("ZADD", CACHES, *members))

    async def get_cache(self, cache_id: str) -> CacheSpec:
        """As CacheStore.get_cache."""
        keys = CacheKeys(cache_id)
        version, text = await self._one(keys.version, ("MGET", keys.version, keys.spec))
        if version is None or text is None:
            raise cache_not_found(cache_id)
        return spec_from_text(text, cache_id=cache_id, version=int(version))

    async def list_caches(self, *, after: str, limit: int) -> list[CacheSpec]:
        """As CacheStore.list_caches."""
        listed: list[CacheSpec] = []
        while len(listed) < limit:
            low = f"({after or NO_CACHE}"
            ids = await self._one(
                CACHES, ("ZRANGEBYLEX", CACHES, low, "+", "LIMIT", 0, _LISTED_AT_ONCE)
            )
            if not ids:
                break
            found = await together(self._get_if_there(name.decode()) for name in ids)
            listed += [spec for spec in found if spec is not None]
            after = ids[-1].decode()
        return listed[:limit]

    async def _get_if_there(self, cache_id: str) -> CacheSpec | None:
        try:
            return await self.get_cache(cache_id)
        except NotFoundError:
            return None

    async def update_cache(self, spec: CacheSpec, *, flush: bool) -> CacheSpec:
        """As CacheStore.update_cache."""
        before = await self.get_cache(spec.cache_id)
        if before.version != spec.version:
            raise SpecChangedError
        kept = replace(spec, epoch=before.epoch, created_at=before.created_at)
        if flush:
            changed, _ = await self._leave_epoch(kept)
            return changed
        changed, _ = await self._replace(kept, left=kept)
        if changed.max_entries is not None:
            if before.max_entries is None:
                await note_existing_uses(self._commands, self._clock, changed)
            await evict_excess(self._commands, changed, observer=self._observer)
        return changed

    async def flush(self, spec: CacheSpec) -> int:
        """As EntryStore.flush."""
        _, count = await self._leave_epoch(spec)
        return count

    async def delete_cache(self, cache_id: str) -> int:
        """As CacheStore.delete_cache."""
        left = await self.get_cache(cache_id)
        keys = CacheKeys(cache_id)
        gone, count = await self._commands.run(
            keys.version,
            [call(cache_scripts.DELETE_CACHE, _spec_keys(keys)), _count(left)],
            durable=True,
        )
        if _result(gone) == CACHE_GONE:
            raise cache_not_found(cache_id)
        await self._one(CACHES, ("ZREM", CACHES, cache_id))
        if await self._one(keys.version, ("EXISTS", keys.version)):
            # Somebody has made a cache of that name in between.
            await self.list_as_cache(cache_id)
        await self._note_garbage(cache_id)
        return _counted(count)

    async def _leave_epoch(self, spec: CacheSpec) -> tuple[CacheSpec, int]:
        """Move a cache to a new, empty epoch at once. What was in the old one, whose entries
        are counted, is garbage."""
        moved, count = await self._replace(await self._with_new_epoch(spec), left=spec)
        await self._note_garbage(spec.cache_id)
        return moved, count

    async def _replace(self, spec: CacheSpec, *, left: CacheSpec) -> tuple[CacheSpec, int]:
        """The settings with their new version, and how many entries the epoch of `left` has.

        Counted behind the change, so that every put is either among them or refused.
        """
        keys = CacheKeys(spec.cache_id)
        words = (spec.version, spec_to_text(spec), spec.epoch)
        version, count = await self._commands.run(
            keys.version,
            [call(cache_scripts.REPLACE_SPEC, _spec_keys(keys), *words), _count(left)],
            durable=True,
        )
        return replace(spec, version=checked(spec, version)), _counted(count)

    async def _with_new_epoch(self, spec: CacheSpec) -> CacheSpec:
        """The settings with an epoch never used before, whose index is there."""
        keys = CacheKeys(spec.cache_id)
        seconds, microseconds = await self._one(keys.version, ("TIME",))
        epoch = int(seconds) * 1_000_000 + int(microseconds)
        # Garbage until the settings name it, should this replica die in between.
        await self._one(keys.version, call(cache_scripts.PROPOSE_EPOCH, (keys.dead_epochs,), epoch))
        await self._note_garbage(spec.cache_id)
        new = replace(spec, epoch=epoch)
        await self._indexes.create(new)
        return new

    async def _note_garbage(self, cache_id: str) -> None:
        await self._one(GARBAGE, call(cache_scripts.ADD_TO_SET, (GARBAGE,), cache_id))

    async def _one(self, key: str, command: Command) -> Any:
        return await run_one(self._commands, key, command)


def _spec_keys(keys: CacheKeys) -> Sequence[str]:
    return keys.version, keys.spec, keys.dead_epochs


def _count(spec: CacheSpec) -> Command:
    return keys_of(EpochKeys.of(spec), EVERYTHING, limit=0)


def _counted(reply: Any) -> int:
    # Without an index nothing can be counted, nor found.
    return 0 if is_missing_index(reply) else total(_result(reply))


def _result(reply: Any) -> Any:
    if isinstance(reply, Exception):
        raise reply
    return reply
