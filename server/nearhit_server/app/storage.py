"""The store that the settings name."""

from contextlib import AbstractAsyncContextManager

from nearhit_server.core.observing import Observer
from nearhit_server.core.ports import Clock, Storage
from nearhit_server.settings import Settings
from nearhit_server.stores.embedded import Durability, open_embedded_store
from nearhit_server.stores.redis import RedisOptions, open_redis_store


def open_store(
    settings: Settings, clock: Clock, observer: Observer
) -> AbstractAsyncContextManager[Storage]:
    """The embedded store, or Redis."""
    if settings.store == "embedded":
        return open_embedded_store(
            settings.data_dir,
            clock=clock,
            durability=Durability(settings.durability),
            observer=observer,
        )
    options = RedisOptions(
        algorithm=settings.redis_algorithm,
        max_connections=settings.redis_max_connections,
        command_timeout_seconds=settings.redis_timeout_seconds,
        replicas_to_wait_for=settings.redis_wait_replicas,
    )
    return open_redis_store(settings.store, clock=clock, options=options, observer=observer)
