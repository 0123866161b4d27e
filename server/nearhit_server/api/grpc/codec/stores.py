"""Store and update requests and what became of them."""

from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask

from nearhit.v1 import semantic_cache_pb2 as pb
from nearhit_server.api.grpc.codec.choices import EXACT_ONLY_REASON_NUMBERS
from nearhit_server.api.grpc.codec.entries import encode_entry
from nearhit_server.api.grpc.codec.values import (
    decode_duration,
    decode_mask,
    decode_vector,
    named_part,
)
from nearhit_server.core.queries import EntryUpdate, NewEntry, Stored, Updated, UpdateField

_ATTRIBUTE_PATH: Final = "attributes."
"""What comes before a key of the map, as in AIP-161; no attribute's name needs its backticks."""


def decode_new_entry(message: pb.StoreRequest) -> NewEntry:
    """What to store. Raises InvalidArgumentError."""
    return NewEntry(
        prompt=message.prompt,
        response=message.response,
        vector=decode_vector(message.vector) if message.HasField("vector") else None,
        attributes=dict(message.attributes),
        metadata_json=message.metadata_json if message.HasField("metadata_json") else None,
        ttl=decode_duration(message.ttl, field="ttl") if message.HasField("ttl") else None,
    )


def encode_stored(stored: Stored) -> pb.StoreResponse:
    """What became of a store."""
    return pb.StoreResponse(
        entry_id=stored.entry_id,
        created=stored.created,
        exact_only_reason=EXACT_ONLY_REASON_NUMBERS[stored.exact_only_reason],
    )


def decode_update(message: pb.UpdateRequest) -> EntryUpdate:
    """What to change. Raises InvalidArgumentError."""
    named = decode_mask(message.update_mask.paths, _changed, field="update_mask")
    fields = frozenset(field for field in named if isinstance(field, UpdateField))
    names = sorted(name for name in named if isinstance(name, str))
    changes = {name: message.attributes.get(name) for name in names}
    message = named_part(message, FieldMask(paths=[field.value for field in fields]))
    return EntryUpdate(
        fields=fields,
        prompt=message.prompt if message.HasField("prompt") else None,
        response=message.response if message.HasField("response") else None,
        metadata_json=message.metadata_json if message.HasField("metadata_json") else None,
        attributes=dict(message.attributes),
        attribute_changes=changes,
        vector=decode_vector(message.vector) if message.HasField("vector") else None,
        ttl=decode_duration(message.ttl, field="ttl") if message.HasField("ttl") else None,
    )


def _changed(path: str) -> UpdateField | str:
    """What a path of a mask names: a field, or a single attribute, of which this is the name."""
    if path.startswith(_ATTRIBUTE_PATH):
        return path.removeprefix(_ATTRIBUTE_PATH)
    return UpdateField(path)


def encode_updated(updated: Updated) -> pb.UpdateResponse:
    """The entry after an update."""
    return pb.UpdateResponse(
        entry=encode_entry(updated.entry),
        exact_only_reason=EXACT_ONLY_REASON_NUMBERS[updated.exact_only_reason],
    )
