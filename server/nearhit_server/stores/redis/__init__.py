"""The store for production: Redis with the Query Engine, one node to a Cluster."""

from nearhit_server.stores.redis.options import RedisOptions
from nearhit_server.stores.redis.store import RedisStore, open_redis_store

__all__ = ["RedisOptions", "RedisStore", "open_redis_store"]
