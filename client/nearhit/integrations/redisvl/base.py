"""What both caches have: a name, a time to live, connections."""

from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self

from nearhit.integrations.connections import Connections
from nearhit.integrations.redisvl.lifetimes import checked_seconds

_REPLACED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "redis_url": 'target="host:port", the address of the nearhit server',
        "redis_client": 'target="host:port", the address of the nearhit server',
        "async_redis_client": 'target="host:port"; one object serves both ways',
        "connection_kwargs": "api_key= and credentials=, as nearhit.Client takes them",
    }
)


def refuse_arguments(given: Mapping[str, Any]) -> None:
    """Raises TypeError for arguments that there are not, with what to give instead."""
    for name in given:
        if name in _REPLACED:
            raise TypeError(
                f"there is no Redis behind this cache: for {name} give {_REPLACED[name]}"
            )
        raise TypeError(f"unexpected argument {name!r}")


class BaseCache:
    """A named cache with a default time to live."""

    def __init__(self, name: str, ttl: int | None, connections: Connections) -> None:
        self._name = name
        self._ttl = checked_seconds(ttl) or None
        self._connections = connections

    @property
    def name(self) -> str:
        """The cache's name."""
        return self._name

    @property
    def ttl(self) -> int | None:
        """The time to live in seconds of what this object stores, None for ever."""
        return self._ttl

    def set_ttl(self, ttl: int | None = None) -> None:
        """Sets `ttl`; None clears it. Raises ValueError if it is no whole number of seconds."""
        try:
            self._ttl = checked_seconds(ttl) or None
        except TypeError as error:
            raise ValueError(str(error)) from error

    def disconnect(self) -> None:
        """Closes the connections. The next call opens one again."""
        self._connections.close()

    async def adisconnect(self) -> None:
        """The same for event loops."""
        await self._connections.aclose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.disconnect()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.adisconnect()
