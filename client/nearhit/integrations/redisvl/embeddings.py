"""What EmbeddingsCache does with rows of its namespace, as flows."""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from nearhit.inputs import NewEmbedding
from nearhit.integrations.flows import Ask, Flow
from nearhit.integrations.redisvl import names
from nearhit.integrations.redisvl.contents import (
    Content,
    Item,
    entry_of,
    key_digest,
    row_of,
)
from nearhit.results import Embedding

_DIGEST: Final = re.compile("[0-9a-f]{64}")


class Embeddings:
    """The rows of the cache called `name`. What has a key of no row of its own is not there."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._namespace = names.namespace_of(name)

    def key(self, content: Content, model_name: str) -> str:
        """The key of a row, `name:digest`."""
        return names.key_of(self._name, key_digest(content, model_name))

    def get(
        self, keys: Sequence[str], contents: Sequence[Content] | None = None
    ) -> Flow[list[dict[str, Any] | None]]:
        """The rows with these keys, in order; `contents` are what the keys are of."""
        digests = self._digests(keys)
        known = [digest for digest in digests if digest]
        if not known:
            return [None] * len(keys)
        found: list[Embedding | None] = yield Ask(
            lambda client: client.get_embeddings(
                keys=known, namespace=self._namespace, refresh_ttl=True
            )
        )
        rows = iter(found)
        each = [next(rows) if digest else None for digest in digests]
        asked: Sequence[Content | None] = contents or [None] * len(keys)
        return [
            None if row is None else entry_of(row, content)
            for row, content in zip(each, asked, strict=True)
        ]

    def set(self, items: Sequence[Item], seconds: int | None) -> Flow[list[str]]:
        """Writes rows; their keys, in order."""
        keys = [self.key(item.content, item.model_name) for item in items]
        by_model: dict[str, list[NewEmbedding]] = {}
        for item in items:
            by_model.setdefault(item.model_name, []).append(row_of(item, seconds))
        for model_name, rows in by_model.items():
            yield self._setting(model_name, rows)
        return keys

    def exist(self, keys: Sequence[str]) -> Flow[list[bool]]:
        """Whether there are rows with these keys, in order."""
        digests = self._digests(keys)
        known = [digest for digest in digests if digest]
        if not known:
            return [False] * len(keys)
        found: list[bool] = yield Ask(
            lambda client: client.embeddings_exist(keys=known, namespace=self._namespace)
        )
        there = iter(found)
        return [next(there) if digest else False for digest in digests]

    def drop(self, keys: Iterable[str]) -> Flow[None]:
        """Removes the rows with these keys."""
        known = [digest for digest in self._digests(keys) if digest]
        if known:
            yield Ask(
                lambda client: client.delete_embeddings(keys=known, namespace=self._namespace)
            )

    def expire(self, key: str, seconds: int | None) -> Flow[None]:
        """Gives a row, if it is there, a time to live."""
        (digest,) = self._digests([key])
        if digest is None or not seconds:
            return
        ttl = timedelta(seconds=seconds)
        yield Ask(
            lambda client: client.get_embeddings(keys=[digest], namespace=self._namespace, ttl=ttl)
        )

    def clear(self) -> Flow[None]:
        """Removes every row."""
        yield Ask(lambda client: client.flush_embeddings(self._namespace))

    def _setting(self, model_name: str, rows: Sequence[NewEmbedding]) -> Ask:
        return Ask(
            lambda client: client.set_embeddings(rows, model=model_name, namespace=self._namespace)
        )

    def _digests(self, keys: Iterable[str]) -> list[str | None]:
        return [names.entry_id_of(self._name, key, form=_DIGEST) for key in keys]
