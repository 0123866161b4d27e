"""RedisVL's SemanticCache on nearhit."""

from collections.abc import Mapping, Sequence
from typing import Any

import grpc

from nearhit.integrations.connections import Connections
from nearhit.integrations.flows import Ask, Flow
from nearhit.integrations.redisvl import names
from nearhit.integrations.redisvl.base import BaseCache, refuse_arguments
from nearhit.integrations.redisvl.dtypes import checked_dtype
from nearhit.integrations.redisvl.entries import Entries
from nearhit.integrations.redisvl.errors import translated
from nearhit.integrations.redisvl.expressions import condition_of
from nearhit.integrations.redisvl.fields import declared_attributes
from nearhit.integrations.redisvl.index import AsyncIndex, Index, delete_cache
from nearhit.integrations.redisvl.leaves import Leaves
from nearhit.integrations.redisvl.lifetimes import checked_seconds
from nearhit.integrations.redisvl.opening import open_cache
from nearhit.integrations.redisvl.vectorizers import ServersModel, Vectorizer
from nearhit.integrations.redisvl.wanted import Wanted
from nearhit.vectors import VectorLike


class SemanticCache(BaseCache):
    """A cache of responses to prompts, found again by what prompts mean.

    One object may be used by any number of threads and event loops. Methods raise ValueError
    for what the server refuses, ConnectionError and TimeoutError if it does not answer, and
    nearhit.NearhitError for the rest.
    """

    def __init__(
        self,
        name: str = "llmcache",
        distance_threshold: float = 0.1,
        ttl: int | None = None,
        vectorizer: Any = None,
        filterable_fields: Sequence[Mapping[str, Any]] | None = None,
        target: str = "localhost:50051",
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        overwrite: bool = False,
        create_index: bool = True,
        *,
        dtype: str | None = None,
        **kwargs: Any,
    ) -> None:
        """Connects to the cache with this name, which is made if there is none.

        Args:
            name: any text that is not too long; different names are different caches.
            distance_threshold: how far a hit may be, 1 - cosine similarity, 0 to 2.
            ttl: how many seconds what is stored lives, from its last hit on. None: for ever.
            vectorizer: a vectorizer of RedisVL's, or anything with its `embed` and `dims`.
                None: the server embeds.
            filterable_fields: {"name": ..., "type": "tag", "numeric", "timestamp" or "text"}.
            target: the nearhit server's address, "host:port".
            api_key: the key to call it with.
            credentials: TLS, as of `nearhit.tls()`.
            overwrite: change a cache that has other settings; its entries stay. With another
                numeric or text field or model their times start again; if that is interrupted,
                the next opening with overwrite=True goes on with it.
            create_index: False: take for granted that the cache is there, and send nothing
                now. An API key without administration needs this where there is no cache.
            dtype: has to be the vectorizer's, and the same whenever this cache is opened. None:
                the vectorizer's, or float32, which is what the server keeps in any case.

        Raises ValueError if the cache has other settings; TypeError for an invalid vectorizer
        or ttl; ConnectionError if the server is out of reach.
        """
        refuse_arguments(kwargs)
        if overwrite and not create_index:
            raise ValueError("overwrite=True needs create_index=True")
        embedder = None if vectorizer is None else Vectorizer(vectorizer)
        dtype = checked_dtype(dtype, embedder)
        self.set_threshold(distance_threshold)
        declared = declared_attributes(filterable_fields)
        connections = Connections(
            target,
            cache=names.cache_id_of(name),
            api_key=api_key,
            credentials=credentials,
            translated=translated,
        )
        super().__init__(name, ttl, connections)
        self._manages_cache = create_index
        self._index = Index(name, connections)
        self._aindex: AsyncIndex | None = None
        self._leaves = Leaves(declared)
        dimension = 0 if embedder is None else embedder.dimension
        if create_index:
            wanted = Wanted(embedder, declared, dtype)
            with translated():
                dimension = open_cache(connections, wanted, overwrite=overwrite).dimension
        self._vectorizer = ServersModel(dimension, dtype) if vectorizer is None else vectorizer
        self._entries = Entries(name, embedder, dimension, declared)

    def __repr__(self) -> str:
        threshold = self.distance_threshold
        return f"SemanticCache(name={self.name!r}, distance_threshold={threshold}, ttl={self.ttl})"

    @property
    def index(self) -> Index:
        """The cache on the server, to ask after."""
        return self._index

    @property
    def aindex(self) -> AsyncIndex:
        """The same for event loops."""
        if self._aindex is None:
            self._aindex = AsyncIndex(self.name, self._connections)
        return self._aindex

    @property
    def distance_threshold(self) -> float:
        """How far a hit may be, 0 to 2."""
        return self._distance_threshold

    def set_threshold(self, distance_threshold: float) -> None:
        """Sets `distance_threshold`. Raises ValueError outside of 0 to 2."""
        if not 0 <= float(distance_threshold) <= 2:
            raise ValueError(f"distance_threshold must be 0 to 2, not {distance_threshold}")
        self._distance_threshold = float(distance_threshold)

    def check(
        self,
        prompt: str | None = None,
        vector: VectorLike | None = None,
        num_results: int = 1,
        return_fields: list[str] | None = None,
        filter_expression: Any = None,
        distance_threshold: float | None = None,
    ) -> list[dict[str, Any]]:
        """The nearest entries to a prompt as dicts, [] if there is none near enough.

        Args:
            prompt: the prompt.
            vector: its embedding, shape (dimension,), which counts in place of the prompt.
            num_results: at most this many, 1 to 100.
            return_fields: the keys of each dict, beside `key`. None: all.
            filter_expression: RedisVL's or nearhit's filter. What the server cannot filter by,
                times, prompts, responses and patterns, is filtered from the 100 nearest.
            distance_threshold: how far a hit may be. None: the object's.
        """
        return self._index.perform(
            self._checking(
                prompt, vector, num_results, return_fields, filter_expression, distance_threshold
            )
        )

    async def acheck(
        self,
        prompt: str | None = None,
        vector: VectorLike | None = None,
        num_results: int = 1,
        return_fields: list[str] | None = None,
        filter_expression: Any = None,
        distance_threshold: float | None = None,
    ) -> list[dict[str, Any]]:
        """`check` for event loops."""
        return await self.aindex.perform(
            self._checking(
                prompt, vector, num_results, return_fields, filter_expression, distance_threshold
            )
        )

    def store(
        self,
        prompt: str,
        response: str,
        vector: VectorLike | None = None,
        metadata: dict[str, Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        ttl: int | None = None,
    ) -> str:
        """Keeps a response and returns its key.

        The same prompt with the same filters replaces the entry, and nothing of the old one
        is left. `ttl` in seconds is the entry's own; None or 0: the object's.
        """
        return self._index.perform(self._storing(prompt, response, vector, metadata, filters, ttl))

    async def astore(
        self,
        prompt: str,
        response: str,
        vector: VectorLike | None = None,
        metadata: dict[str, Any] | None = None,
        filters: Mapping[str, Any] | None = None,
        ttl: int | None = None,
    ) -> str:
        """`store` for event loops."""
        return await self.aindex.perform(
            self._storing(prompt, response, vector, metadata, filters, ttl)
        )

    def update(self, key: str, **fields: Any) -> None:
        """Changes prompt, response, metadata, vector or filter fields of an entry.

        In any case its time to live starts again. Raises KeyError if there is no such entry.
        """
        self._index.perform(self._entries.update(key, fields))

    async def aupdate(self, key: str, **fields: Any) -> None:
        """`update` for event loops."""
        await self.aindex.perform(self._entries.update(key, fields))

    def expire(self, key: str, ttl: int | None = None) -> None:
        """Gives an entry a time to live of its own, the object's if None."""
        self._index.perform(self._expiring(key, ttl))

    async def aexpire(self, key: str, ttl: int | None = None) -> None:
        """`expire` for event loops."""
        await self.aindex.perform(self._expiring(key, ttl))

    def drop(self, ids: Sequence[str] | None = None, keys: Sequence[str] | None = None) -> None:
        """Removes entries by id, by key, or both. What is not there is no error."""
        self._index.perform(self._entries.drop(ids, keys))

    async def adrop(
        self, ids: Sequence[str] | None = None, keys: Sequence[str] | None = None
    ) -> None:
        """`drop` for event loops."""
        await self.aindex.perform(self._entries.drop(ids, keys))

    def clear(self) -> None:
        """Removes every entry of this cache, and of no other."""
        self._index.perform(_flushing())

    async def aclear(self) -> None:
        """`clear` for event loops."""
        await self.aindex.perform(_flushing())

    def delete(self) -> None:
        """Removes the cache itself. Raises ValueError with create_index=False."""
        self._index.perform(self._deleting())

    async def adelete(self) -> None:
        """`delete` for event loops."""
        await self.aindex.perform(self._deleting())

    async def adisconnect(self) -> None:
        """Closes the running loop's connection and the blocking one."""
        self._aindex = None
        await super().adisconnect()

    def _checking(
        self,
        prompt: str | None,
        vector: VectorLike | None,
        num_results: int,
        return_fields: list[str] | None,
        filter_expression: Any,
        distance_threshold: float | None,
    ) -> Flow[list[dict[str, Any]]]:
        own = self.distance_threshold
        return self._entries.check(
            prompt,
            vector,
            num_results=num_results,
            return_fields=return_fields,
            condition=condition_of(filter_expression, self._leaves),
            distance_threshold=own if distance_threshold is None else distance_threshold,
        )

    def _storing(
        self,
        prompt: str,
        response: str,
        vector: VectorLike | None,
        metadata: dict[str, Any] | None,
        filters: Mapping[str, Any] | None,
        ttl: int | None,
    ) -> Flow[str]:
        return self._entries.store(
            prompt,
            response,
            vector,
            metadata=metadata,
            filters=filters,
            seconds=checked_seconds(ttl) or self.ttl,
        )

    def _expiring(self, key: str, ttl: int | None) -> Flow[None]:
        seconds = checked_seconds(ttl)
        return self._entries.expire(key, self.ttl if seconds is None else seconds)

    def _deleting(self) -> Flow[None]:
        if not self._manages_cache:
            raise ValueError(
                "made with create_index=False, this object does not manage the cache's "
                "lifecycle; clear() removes its entries"
            )
        return delete_cache()


def _flushing() -> Flow[None]:
    yield Ask(lambda client: client.flush())
