"""Finds or makes the cache behind a SemanticCache, with the settings that it needs."""

from nearhit.errors import AlreadyExistsError, NotFoundError
from nearhit.integrations.connections import Connections
from nearhit.integrations.redisvl.names import copy_id_of
from nearhit.integrations.redisvl.refilling import Refill
from nearhit.integrations.redisvl.wanted import Wanted
from nearhit.results import Cache
from nearhit.sync import Client


def open_cache(connections: Connections, wanted: Wanted, *, overwrite: bool) -> Cache:
    """Their cache, made if there is none, and changed to what is wanted if `overwrite`.

    Raises ValueError if it has other settings and must not be changed, or cannot be.
    """
    client = connections.client
    cache = _existing_or_new(client, wanted)
    if overwrite:
        with connections.client_of(copy_id_of(client.cache)) as copy:
            return _overwritten(Refill(client, copy), cache, wanted)
    if differences := wanted.differences(cache):
        raise ValueError(
            f"cache {cache.cache_id!r} has other settings: {'; '.join(differences)}. "
            "Give another name, or overwrite=True to change them and keep the entries"
        )
    return cache


def _existing_or_new(client: Client, wanted: Wanted) -> Cache:
    try:
        return client.get_cache()
    except NotFoundError:
        pass
    try:
        return client.create_cache(
            client.cache,
            dimension=wanted.dimension,
            ttl_refresh_on_hit=True,
            attributes=wanted.attributes,
        )
    except AlreadyExistsError:
        # Somebody else was quicker.
        return client.get_cache()


def _overwritten(refill: Refill, cache: Cache, wanted: Wanted) -> Cache:
    refill.finish_interrupted(cache)
    if not wanted.differences(cache):
        return cache
    if wanted.has_indexes_of(cache):
        return wanted.applied(refill.client, cache)
    return refill.refilled(cache, wanted)
