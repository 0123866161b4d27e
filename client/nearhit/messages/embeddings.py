"""Requests and responses of the EmbeddingCacheService."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from nearhit.inputs import NewEmbedding
from nearhit.messages import values
from nearhit.messages.outcomes import check_count
from nearhit.messages.requests import batches
from nearhit.messages.responses import metadata_of, moment, vector
from nearhit.results import Embedding
from nearhit.v1.embedding_cache_pb2 import (
    EmbeddingDeleteRequest,
    EmbeddingDeleteResponse,
    EmbeddingExistsRequest,
    EmbeddingExistsResponse,
    EmbeddingFlushRequest,
    EmbeddingFlushResponse,
    EmbeddingGetRequest,
    EmbeddingGetResponse,
    EmbeddingResult,
    EmbeddingSetRequest,
    EmbeddingSetResponse,
)
from nearhit.v1.types_pb2 import Vector
from nearhit.vectors import float32_le

Item = EmbeddingSetRequest.Item


@dataclass(frozen=True)
class Names:
    """Rows by their texts or by their keys, as many as one call can carry."""

    texts: Sequence[str] = ()
    keys: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.texts) + len(self.keys)

    @classmethod
    def batches(cls, texts: Iterable[str] | None, keys: Iterable[str] | None) -> Iterator[Self]:
        """The one that is given, in batches; TypeError if not just one is."""
        if (texts is None) == (keys is None):
            raise TypeError("give texts or keys, not both")
        if texts is not None:
            for batch in batches(values.texts("texts", texts), size_bytes=_utf8_bytes_at_most):
                yield cls(texts=batch)
        elif keys is not None:
            for batch in batches(values.texts("keys", keys), size_bytes=_utf8_bytes_at_most):
                yield cls(keys=batch)


@dataclass(frozen=True)
class Place:
    """A namespace, and a model in it."""

    namespace: str
    model: str

    def __post_init__(self) -> None:
        values.text("namespace", self.namespace)
        values.text("model", self.model)


def get(
    place: Place,
    names: Names,
    *,
    compute_if_missing: bool = False,
    refresh_ttl: bool = False,
    ttl: timedelta | None = None,
) -> EmbeddingGetRequest:
    """The request for vectors."""
    return EmbeddingGetRequest(
        namespace=place.namespace,
        model=place.model,
        texts=names.texts,
        keys=names.keys,
        compute_if_missing=compute_if_missing,
        refresh_ttl=refresh_ttl,
        ttl=None if ttl is None else values.duration("ttl", ttl),
    )


def exists(place: Place, names: Names) -> EmbeddingExistsRequest:
    """The request that asks which rows there are."""
    return EmbeddingExistsRequest(
        namespace=place.namespace, model=place.model, texts=names.texts, keys=names.keys
    )


def delete(place: Place, names: Names) -> EmbeddingDeleteRequest:
    """The request to remove rows."""
    return EmbeddingDeleteRequest(
        namespace=place.namespace, model=place.model, texts=names.texts, keys=names.keys
    )


def items(embeddings: Iterable[NewEmbedding]) -> Iterator[list[Item]]:
    """The rows to write, in batches. TypeError for what is no NewEmbedding, or has not just one
    of text and key."""
    return batches(map(_item, embeddings), size_bytes=Item.ByteSize)


def set_(place: Place, batch: Sequence[Item]) -> EmbeddingSetRequest:
    """The request to write rows."""
    return EmbeddingSetRequest(namespace=place.namespace, model=place.model, items=batch)


def flush(namespace: str) -> EmbeddingFlushRequest:
    """The request to empty a namespace."""
    return EmbeddingFlushRequest(namespace=values.text("namespace", namespace))


def got(response: EmbeddingGetResponse, *, count: int) -> list[Embedding | None]:
    """The embeddings by `count` names, in order, None for those that there are not."""
    check_count(response.results, count)
    return [embedding(result) for result in response.results]


def told(response: EmbeddingExistsResponse, *, count: int) -> list[bool]:
    """Which of `count` rows there are, in order."""
    check_count(response.exists, count)
    return list(response.exists)


def kept(response: EmbeddingSetResponse, *, count: int) -> list[str]:
    """The keys of `count` rows, in order."""
    check_count(response.keys, count)
    return list(response.keys)


def removed(response: EmbeddingDeleteResponse | EmbeddingFlushResponse) -> int:
    """How many rows were removed."""
    return response.deleted_count


def embedding(result: EmbeddingResult) -> Embedding | None:
    """A text's embedding, None if there is none. Raises ValueError if neither is said."""
    kind = result.WhichOneof("outcome")
    if kind == "missing":
        return None
    if kind is None:
        raise ValueError("there is neither an embedding nor the word that it is missing")
    message = result.embedding
    return Embedding(
        key=result.key,
        vector=vector(message.vector),
        cached=message.cached,
        model=message.model,
        truncated=message.truncated,
        text=message.text if message.HasField("text") else None,
        metadata=metadata_of(message),
        created_at=moment(message.create_time) if message.HasField("create_time") else None,
        expires_at=moment(message.expire_time) if message.HasField("expire_time") else None,
    )


def _item(new: NewEmbedding) -> Item:
    if not isinstance(new, NewEmbedding):
        raise TypeError(f"each embedding must be a NewEmbedding, not {type(new).__name__}")
    if (new.text is None) == (new.key is None):
        raise TypeError("a NewEmbedding has a text or a key, not both")
    item = Item(vector=Vector(float32_le=float32_le(new.vector)))
    if new.text is not None:
        item.text = values.text("text", new.text)
    elif new.key is not None:
        item.key = values.text("key", new.key)
    if new.metadata is not None:
        item.metadata_json = values.metadata_json(new.metadata)
    if new.ttl is not None:
        item.ttl.CopyFrom(values.duration("ttl", new.ttl))
    return item


def _utf8_bytes_at_most(text: str) -> int:
    return 4 * len(text)
