"""What stands where RedisVL has its search indexes: the cache itself, to ask after."""

from typing import Any

from nearhit.errors import NotFoundError
from nearhit.integrations.connections import Connections
from nearhit.integrations.flows import Ask, Flow, ResultT
from nearhit.integrations.redisvl.dtypes import fields_of
from nearhit.results import Cache


class Index:
    """The cache on the server, for blocking code."""

    def __init__(self, name: str, connections: Connections) -> None:
        self._name = name
        self._connections = connections

    @property
    def name(self) -> str:
        """The cache's name."""
        return self._name

    def perform(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, once its steps are done."""
        return self._connections.run(flow)

    def exists(self) -> bool:
        """Whether there is such a cache on the server."""
        return self.perform(_exists())

    def info(self) -> dict[str, Any]:
        """What it is and how many entries it has."""
        return self.perform(_info(self._name))

    def delete(self, drop: bool = True) -> None:
        """Removes the cache, and `drop` or not its entries, which nothing could find."""
        self.perform(delete_cache())


class AsyncIndex:
    """The same for event loops."""

    def __init__(self, name: str, connections: Connections) -> None:
        self._name = name
        self._connections = connections

    @property
    def name(self) -> str:
        """The cache's name."""
        return self._name

    async def perform(self, flow: Flow[ResultT]) -> ResultT:
        """What a flow returns, once its steps are done."""
        return await self._connections.run_async(flow)

    async def exists(self) -> bool:
        """Whether there is such a cache on the server."""
        return await self.perform(_exists())

    async def info(self) -> dict[str, Any]:
        """What it is and how many entries it has."""
        return await self.perform(_info(self._name))

    async def delete(self, drop: bool = True) -> None:
        """Removes the cache, and `drop` or not its entries, which nothing could find."""
        await self.perform(delete_cache())


def delete_cache() -> Flow[None]:
    """Removes the client's cache. Raises NotFoundError if there is none."""
    yield Ask(lambda client: client.delete_cache(client.cache))


def _exists() -> Flow[bool]:
    try:
        yield Ask(lambda client: client.get_cache())
    except NotFoundError:
        return False
    return True


def _info(name: str) -> Flow[dict[str, Any]]:
    cache: Cache = yield Ask(lambda client: client.get_cache())
    return {
        "index_name": name,
        "num_docs": cache.entry_count,
        "model": cache.model,
        "dims": cache.dimension,
        "fields": {name: kind.value for name, kind in fields_of(cache.attributes).items()},
    }
