"""Requests of the SemanticCacheService."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from google.protobuf.field_mask_pb2 import FieldMask

from nearhit.filters import Filter
from nearhit.inputs import UNSET, NewEntry, Query, Unset
from nearhit.messages import values
from nearhit.messages.enums import STRATEGIES
from nearhit.messages.filters import filter_message
from nearhit.v1 import semantic_cache_pb2, types_pb2
from nearhit.vectors import VectorLike, float32_le

GivenT = TypeVar("GivenT")
ConvertedT = TypeVar("ConvertedT")
ItemT = TypeVar("ItemT")

MAX_BATCH_ITEMS: Final = 1_000
"""The most that the server takes in one call."""

MAX_BATCH_BYTES: Final = 24 * 1024 * 1024
"""Keeps a batch under the largest message, 32 MiB, with room for what wraps the items."""

_WITH_VECTORS: Final = tuple(field.name for field in types_pb2.Entry.DESCRIPTOR.fields)

_ENTRY_CHANGES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "prompt": partial(values.text, "prompt"),
    "response": partial(values.text, "response"),
    "metadata_json": values.metadata_json,
    "attributes": values.attributes,
    "vector": lambda vector: _vector(vector),
    "ttl": partial(values.duration, "ttl"),
}


def search(query: Query, *, cache: str = "") -> semantic_cache_pb2.SearchRequest:
    """The request for one search; `cache` stays empty inside a batch."""
    return semantic_cache_pb2.SearchRequest(
        cache=cache,
        prompt=_optional(partial(values.text, "prompt"), query.prompt),
        vector=_vector(query.vector),
        strategies=[STRATEGIES.number_of(strategy) for strategy in query.strategies or ()],
        similarity_threshold=_optional(
            partial(values.number, "similarity_threshold"), query.similarity_threshold
        ),
        attributes=_optional(values.attributes, query.attributes),
        filter=_optional(filter_message, query.filter),
        max_results=_optional(partial(values.whole, "max_results"), query.max_results),
        context=_optional(partial(values.texts, "context"), query.context),
        read_mask=read_mask(with_vectors=query.with_vectors),
    )


def store(entry: NewEntry, *, cache: str = "") -> semantic_cache_pb2.StoreRequest:
    """The request to store one entry; `cache` stays empty inside a batch."""
    return semantic_cache_pb2.StoreRequest(
        cache=cache,
        prompt=values.text("prompt", entry.prompt),
        response=values.text("response", entry.response),
        vector=_vector(entry.vector),
        attributes=_optional(values.attributes, entry.attributes),
        metadata_json=_optional(values.metadata_json, entry.metadata),
        ttl=_optional(partial(values.duration, "ttl"), entry.ttl),
    )


def update(
    cache: str,
    entry_id: str,
    *,
    merge_attributes: Mapping[str, str | None] | Unset = UNSET,
    **changes: Any,
) -> semantic_cache_pb2.UpdateRequest:
    """The request to change the fields of an entry that are not UNSET; TypeError if attributes
    are given as a whole and one by one."""
    fields, mask = values.changes(_ENTRY_CHANGES, changes)
    if merge_attributes is not UNSET:
        if "attributes" in mask.paths:
            raise TypeError("give attributes or merge_attributes, not both")
        fields["attributes"], paths = values.attribute_changes(merge_attributes)
        mask.paths.extend(paths)
    return semantic_cache_pb2.UpdateRequest(
        cache=cache, entry_id=values.text("entry_id", entry_id), update_mask=mask, **fields
    )


def delete(
    cache: str,
    *,
    entry_ids: Iterable[str] | None,
    attributes: Mapping[str, str] | None,
    filter: Filter | None,
) -> semantic_cache_pb2.DeleteRequest:
    """The request to remove what the one selector given selects; TypeError if not just one is."""
    request = semantic_cache_pb2.DeleteRequest(cache=cache)
    if sum(selector is not None for selector in (entry_ids, attributes, filter)) != 1:
        raise TypeError("give one of entry_ids, attributes and filter; flush() removes everything")
    # An empty selector is sent too, and refused there: it must never come to mean everything.
    if entry_ids is not None:
        ids = values.texts("entry_ids", entry_ids)
        request.entry_ids.CopyFrom(request.EntryIds(ids=ids))
    elif attributes is not None:
        pairs = values.attributes(attributes)
        request.attributes.CopyFrom(request.Attributes(values=pairs))
    elif filter is not None:
        request.filter.CopyFrom(filter_message(filter))
    return request


def list_entries(
    cache: str, *, page_token: str, page_size: int | None, filter: Filter | None, with_vectors: bool
) -> semantic_cache_pb2.ListEntriesRequest:
    """The request for one page of entries."""
    return semantic_cache_pb2.ListEntriesRequest(
        cache=cache,
        page_size=values.whole("page_size", page_size or 0),
        page_token=values.text("page_token", page_token),
        filter=_optional(filter_message, filter),
        read_mask=read_mask(with_vectors=with_vectors),
    )


def read_mask(*, with_vectors: bool) -> FieldMask | None:
    """Which fields of Entry to return. None: all but the vector."""
    return FieldMask(paths=_WITH_VECTORS) if with_vectors else None


def batches(items: Iterable[ItemT], *, size_bytes: Callable[[ItemT], int]) -> Iterator[list[ItemT]]:
    """The items in lists that one call can carry. One item too large has a list of its own."""
    batch: list[ItemT] = []
    room = MAX_BATCH_BYTES
    for item in items:
        size = size_bytes(item)
        if batch and (size > room or len(batch) == MAX_BATCH_ITEMS):
            yield batch
            batch, room = [], MAX_BATCH_BYTES
        batch.append(item)
        room -= size
    if batch:
        yield batch


def _optional(convert: Callable[[GivenT], ConvertedT], given: GivenT | None) -> ConvertedT | None:
    return None if given is None else convert(given)


def _vector(vector: VectorLike | None) -> types_pb2.Vector | None:
    return None if vector is None else types_pb2.Vector(float32_le=float32_le(vector))
