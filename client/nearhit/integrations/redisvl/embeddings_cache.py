"""RedisVL's EmbeddingsCache on nearhit."""

from collections.abc import Iterable, Mapping
from typing import Any

import grpc

from nearhit.integrations.connections import Connections
from nearhit.integrations.redisvl import names
from nearhit.integrations.redisvl.base import BaseCache, refuse_arguments
from nearhit.integrations.redisvl.contents import (
    Content,
    Item,
    item_in,
    item_of,
    key_digest,
    one,
    several,
)
from nearhit.integrations.redisvl.embeddings import Embeddings
from nearhit.integrations.redisvl.errors import translated
from nearhit.integrations.redisvl.lifetimes import checked_seconds
from nearhit.vectors import VectorLike


class EmbeddingsCache(BaseCache):
    """Embeddings by the content and the model that they are of, kept as float32.

    `name` is an embedding namespace of the server: differently named caches never see or
    clear each other's. What was called `text` and `texts` in older versions of RedisVL may
    still be given by these names. Threads, event loops and errors are as with SemanticCache;
    nothing is sent before the first call.
    """

    def __init__(
        self,
        name: str = "embedcache",
        ttl: int | None = None,
        target: str = "localhost:50051",
        api_key: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        **kwargs: Any,
    ) -> None:
        """Prepares a cache; `ttl` is in seconds, the rest is as with SemanticCache."""
        refuse_arguments(kwargs)
        connections = Connections(
            target,
            cache="default",
            api_key=api_key,
            credentials=credentials,
            translated=translated,
        )
        super().__init__(name, ttl, connections)
        self._rows = Embeddings(name)

    def __repr__(self) -> str:
        return f"EmbeddingsCache(name={self.name!r}, ttl={self.ttl})"

    def get(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> dict[str, Any] | None:
        """The embedding as a dict with its content, None if there is none.

        A hit starts its time to live again.
        """
        return self.mget([one(content, text)], model_name)[0]

    async def aget(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> dict[str, Any] | None:
        """`get` for event loops."""
        return (await self.amget([one(content, text)], model_name))[0]

    def mget(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> list[dict[str, Any] | None]:
        """`get` for several, in order."""
        asked = several(contents, texts)
        return self._connections.run(self._rows.get(self._keys(asked, model_name), asked))

    async def amget(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> list[dict[str, Any] | None]:
        """`mget` for event loops."""
        asked = several(contents, texts)
        flow = self._rows.get(self._keys(asked, model_name), asked)
        return await self._connections.run_async(flow)

    def get_by_key(self, key: str) -> dict[str, Any] | None:
        """`get` by the key that `set` returned; without the content if it is over 64 KiB."""
        return self.mget_by_keys([key])[0]

    async def aget_by_key(self, key: str) -> dict[str, Any] | None:
        """`get_by_key` for event loops."""
        return (await self.amget_by_keys([key]))[0]

    def mget_by_keys(self, keys: Iterable[str]) -> list[dict[str, Any] | None]:
        """`get_by_key` for several, in order."""
        return self._connections.run(self._rows.get(list(keys)))

    async def amget_by_keys(self, keys: Iterable[str]) -> list[dict[str, Any] | None]:
        """`mget_by_keys` for event loops."""
        return await self._connections.run_async(self._rows.get(list(keys)))

    def set(
        self,
        content: Content | None = None,
        model_name: str = "",
        embedding: VectorLike | None = None,
        metadata: dict[str, Any] | None = None,
        ttl: int | None = None,
        *,
        text: str | None = None,
    ) -> str:
        """Keeps an embedding and returns its key. `ttl` None: the object's; 0: for ever."""
        item = item_of(content, model_name, embedding, metadata, text=text)
        return self._connections.run(self._rows.set([item], self._seconds(ttl)))[0]

    async def aset(
        self,
        content: Content | None = None,
        model_name: str = "",
        embedding: VectorLike | None = None,
        metadata: dict[str, Any] | None = None,
        ttl: int | None = None,
        *,
        text: str | None = None,
    ) -> str:
        """`set` for event loops."""
        item = item_of(content, model_name, embedding, metadata, text=text)
        flow = self._rows.set([item], self._seconds(ttl))
        return (await self._connections.run_async(flow))[0]

    def mset(self, items: Iterable[Mapping[str, Any]], ttl: int | None = None) -> list[str]:
        """`set` for several, dicts of its arguments but `ttl`, which is for all of them."""
        return self._connections.run(self._rows.set(_items(items), self._seconds(ttl)))

    async def amset(self, items: Iterable[Mapping[str, Any]], ttl: int | None = None) -> list[str]:
        """`mset` for event loops."""
        flow = self._rows.set(_items(items), self._seconds(ttl))
        return await self._connections.run_async(flow)

    def exists(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> bool:
        """Whether there is an embedding."""
        return self.mexists([one(content, text)], model_name)[0]

    async def aexists(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> bool:
        """`exists` for event loops."""
        return (await self.amexists([one(content, text)], model_name))[0]

    def mexists(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> list[bool]:
        """`exists` for several, in order."""
        return self.mexists_by_keys(self._keys(several(contents, texts), model_name))

    async def amexists(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> list[bool]:
        """`mexists` for event loops."""
        return await self.amexists_by_keys(self._keys(several(contents, texts), model_name))

    def exists_by_key(self, key: str) -> bool:
        """`exists` by key."""
        return self.mexists_by_keys([key])[0]

    async def aexists_by_key(self, key: str) -> bool:
        """`exists_by_key` for event loops."""
        return (await self.amexists_by_keys([key]))[0]

    def mexists_by_keys(self, keys: Iterable[str]) -> list[bool]:
        """`exists_by_key` for several, in order."""
        return self._connections.run(self._rows.exist(list(keys)))

    async def amexists_by_keys(self, keys: Iterable[str]) -> list[bool]:
        """`mexists_by_keys` for event loops."""
        return await self._connections.run_async(self._rows.exist(list(keys)))

    def drop(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> None:
        """Removes an embedding, if it is there."""
        self.mdrop([one(content, text)], model_name)

    async def adrop(
        self, content: Content | None = None, model_name: str = "", *, text: str | None = None
    ) -> None:
        """`drop` for event loops."""
        await self.amdrop([one(content, text)], model_name)

    def mdrop(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> None:
        """`drop` for several."""
        self.mdrop_by_keys(self._keys(several(contents, texts), model_name))

    async def amdrop(
        self,
        contents: Iterable[Content] | None = None,
        model_name: str = "",
        *,
        texts: Iterable[str] | None = None,
    ) -> None:
        """`mdrop` for event loops."""
        await self.amdrop_by_keys(self._keys(several(contents, texts), model_name))

    def drop_by_key(self, key: str) -> None:
        """`drop` by key."""
        self.mdrop_by_keys([key])

    async def adrop_by_key(self, key: str) -> None:
        """`drop_by_key` for event loops."""
        await self.amdrop_by_keys([key])

    def mdrop_by_keys(self, keys: Iterable[str]) -> None:
        """`drop_by_key` for several."""
        self._connections.run(self._rows.drop(keys))

    async def amdrop_by_keys(self, keys: Iterable[str]) -> None:
        """`mdrop_by_keys` for event loops."""
        await self._connections.run_async(self._rows.drop(keys))

    def expire(self, key: str, ttl: int | None = None) -> None:
        """Gives an embedding a time to live of its own, the object's if None."""
        self._connections.run(self._rows.expire(key, self._seconds(ttl)))

    async def aexpire(self, key: str, ttl: int | None = None) -> None:
        """`expire` for event loops."""
        await self._connections.run_async(self._rows.expire(key, self._seconds(ttl)))

    def clear(self) -> None:
        """Removes every embedding of this cache, and of no other."""
        self._connections.run(self._rows.clear())

    async def aclear(self) -> None:
        """`clear` for event loops."""
        await self._connections.run_async(self._rows.clear())

    def _make_entry_id(self, content: Content, model_name: str) -> str:
        return key_digest(content, model_name)

    def _make_cache_key(self, content: Content, model_name: str) -> str:
        return names.key_of(self.name, self._make_entry_id(content, model_name))

    def _keys(self, contents: Iterable[Content], model_name: str) -> list[str]:
        return [self._make_cache_key(content, model_name) for content in contents]

    def _seconds(self, ttl: int | None) -> int | None:
        seconds = checked_seconds(ttl)
        return self.ttl if seconds is None else seconds


def _items(items: Iterable[Mapping[str, Any]]) -> list[Item]:
    return [item_in(item) for item in items]
