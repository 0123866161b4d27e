"""The cache that answers a prompt only when it is asked again as it was."""

from collections.abc import Mapping
from datetime import timedelta
from operator import index
from typing import Any, Final

import grpc

from nearhit.calls import Timeout
from nearhit.choices import Strategy
from nearhit.filters import attribute
from nearhit.integrations.flows import Flow
from nearhit.integrations.langchain.base import NearhitBaseCache, OnError
from nearhit.integrations.langchain.prompts import digest
from nearhit.results import Cache, EntryPage, Hit, Miss

_KEY: Final = "key"


class NearhitCache(NearhitBaseCache):
    """A cache of LangChain's for the same prompts to the same model, on a nearhit server.

    In place of InMemoryCache or UpstashRedisCache: `set_llm_cache(NearhitCache(...))`.
    """

    mark = "exact"

    def __init__(
        self,
        target: str = "localhost:50051",
        *,
        cache: str = "langchain",
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        timeout: Timeout = None,
        ttl: float | timedelta | None = None,
        maxsize: int | None = None,
        create: bool = True,
        on_error: OnError = "raise",
    ) -> None:
        """Prepares the cache; nothing is sent yet.

        Args:
            target: the server's address, "host:port".
            cache: the id of the nearhit cache. Whoever names the same one shares its answers.
            api_key: sent with each call.
            credentials: TLS, as of `nearhit.tls()`; None: no encryption.
            timeout: for each call, seconds or a timedelta; 5 s if None.
            ttl: how long answers live, seconds or a timedelta. None: as long as the nearhit
                cache says, which is for ever unless set otherwise.
            maxsize: at most this many answers; past it those are removed that were stored
                the longest ago, used or not. None: no limit. It is a setting of the nearhit
                cache, so all who share one give the same.
            create: make the nearhit cache if there is none.
            on_error: "raise" a NearhitError when the server fails or is late, or take it for
                a "miss" and store nothing, so that the application goes on without a cache.

        Raises ValueError if `maxsize` or `ttl` is not positive. A lookup or an update raises
        ValueError if the nearhit cache has another `maxsize`, or searches by similarity.
        """
        super().__init__(
            target,
            cache=cache,
            api_key=api_key,
            credentials=credentials,
            timeout=timeout,
            ttl=ttl,
            create=create,
            on_error=on_error,
        )
        self._maxsize = None if maxsize is None else _count(maxsize)

    def _found(self, prompt: str, llm_string: str) -> Flow[str | None]:
        key = digest(prompt, llm_string)
        if self._maxsize is None:
            return (yield from self._searched(key, llm_string))
        return (yield from self._listed(key, llm_string))

    def _searched(self, key: str, llm_string: str) -> Flow[str | None]:
        attributes = self._attributes(llm_string)
        outcome: Hit | Miss = yield from self._asked(
            lambda client: client.search(key, strategies=[Strategy.EXACT], attributes=attributes)
        )
        return outcome.matches[0].entry.response if isinstance(outcome, Hit) else None

    def _listed(self, key: str, llm_string: str) -> Flow[str | None]:
        # A search is a use, and the least recently used go first. What is only listed keeps
        # its place, so that the oldest go first. No more than one entry has the key.
        which = (attribute(_KEY) == key) & (attribute("llm_string") == digest(llm_string))
        page: EntryPage = yield from self._asked(
            lambda client: client.list_entries_page(page_size=1, filter=which)
        )
        return page.entries[0].response if page.entries else None

    def _kept(self, prompt: str, llm_string: str, response: str) -> Flow[None]:
        # Prompts of any length and any characters; and the server sees none of them.
        key = digest(prompt, llm_string)
        attributes = {**self._attributes(llm_string), _KEY: key}
        yield from self._asked(
            lambda client: client.store(key, response, attributes=attributes, ttl=self._ttl)
        )

    def _settings(self) -> Flow[Mapping[str, Any]]:
        yield from ()
        return {"strategies": [Strategy.EXACT], "max_entries": self._maxsize}

    def _check(self, cache: Cache) -> None:
        if Strategy.SEMANTIC in cache.strategies:
            raise ValueError(
                f"the nearhit cache {cache.cache_id!r} searches by similarity, and what is kept "
                "here has none: name another one, which is made as it should be"
            )
        if self._maxsize is not None and cache.max_entries != self._maxsize:
            raise ValueError(
                f"the nearhit cache {cache.cache_id!r} has max_entries {cache.max_entries}, not "
                f"{self._maxsize}: name another one, or change its setting"
            )


def _count(maxsize: int) -> int:
    """Raises TypeError for what is no whole number, ValueError unless it is positive."""
    if isinstance(maxsize, bool):
        raise TypeError("maxsize must be a whole number, not bool")
    count = index(maxsize)
    if count <= 0:
        raise ValueError("maxsize must be greater than 0")
    return count
