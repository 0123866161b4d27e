"""Replies that tell that the caller's settings are out of date."""

from collections.abc import Sequence
from typing import Any

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import SpecChangedError, cache_not_found
from nearhit_server.stores.redis.commands import Command, Commands
from nearhit_server.stores.redis.keys import CacheKeys
from nearhit_server.stores.redis.lua import CACHE_GONE, SPEC_CHANGED


async def ask(
    commands: Commands, spec: CacheSpec, questions: Sequence[Command], *, patient: bool = False
) -> list[Any]:
    """The replies to `questions` about a cache, none of them an error.

    The cache's version is read in the same round trip. Raises SpecChangedError if it is not
    the caller's, NotFoundError if the cache is gone.
    """
    keys = CacheKeys(spec.cache_id)
    version, *replies = await commands.run(
        keys.version, [("GET", keys.version), *questions], patient=patient
    )
    # First, because a changed version explains every error that may follow.
    check_version(spec, version)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def check_version(spec: CacheSpec, version: bytes | Exception | None) -> None:
    """Raise unless `version` is the reply of a cache that is as the caller knows it."""
    if isinstance(version, Exception):
        raise version
    if version is None:
        raise cache_not_found(spec.cache_id)
    if int(version) != spec.version:
        raise SpecChangedError


def checked(spec: CacheSpec, reply: Any) -> int:
    """The result of a script that compares versions itself."""
    if isinstance(reply, Exception):
        raise reply
    result = int(reply)
    if result == CACHE_GONE:
        raise cache_not_found(spec.cache_id)
    if result == SPEC_CHANGED:
        raise SpecChangedError
    return result
