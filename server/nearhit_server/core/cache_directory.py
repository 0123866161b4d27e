"""The caches' settings as this process knows them, and what happens when they have moved on."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from nearhit_server.core.caches import CacheSpec
from nearhit_server.core.errors import NotFoundError, Reason, SpecChangedError, UnavailableError
from nearhit_server.core.ports import CacheStore

T = TypeVar("T")

_MAX_ATTEMPTS: Final = 5
"""More changes of a cache's settings than this within one call are a fault somewhere."""


class CacheDirectory:
    """Remembers the settings of caches between calls.

    What it remembers may be out of date; the store notices, and `use` then repeats the call
    with the new settings. So another replica's change needs no message to be seen.
    """

    def __init__(self, store: CacheStore) -> None:
        self._store = store
        self._specs: dict[str, CacheSpec] = {}

    async def use(self, cache_id: str, call: Callable[[CacheSpec], Awaitable[T]]) -> T:
        """The result of `call` with the cache's present settings. `call` may be repeated.
        Raises NotFoundError if there is no such cache."""
        for _ in range(_MAX_ATTEMPTS):
            try:
                return await call(await self._spec(cache_id))
            except SpecChangedError:
                self.forget(cache_id)
            except NotFoundError as error:
                if error.reason is Reason.CACHE_NOT_FOUND:
                    self.forget(cache_id)
                raise
        raise UnavailableError(
            f"the settings of cache {cache_id!r} keep changing", reason=Reason.STORE_UNAVAILABLE
        )

    def forget(self, cache_id: str) -> None:
        """Ask the store again when the cache is next used."""
        self._specs.pop(cache_id, None)

    async def _spec(self, cache_id: str) -> CacheSpec:
        spec = self._specs.get(cache_id)
        if spec is None:
            spec = self._specs[cache_id] = await self._store.get_cache(cache_id)
        return spec
