"""Entries and the masks that choose among their fields."""

from typing import Final

from google.protobuf.field_mask_pb2 import FieldMask

from nearhit.v1 import types_pb2
from nearhit_server.api.grpc.codec.values import (
    decode_mask,
    encode_duration,
    encode_time,
    encode_vector,
)
from nearhit_server.core.entries import Entry

_FIELDS: Final = frozenset(types_pb2.Entry.DESCRIPTOR.fields_by_name)

ALL_BUT_VECTOR: Final = _FIELDS - {"vector"}


def decode_read_mask(mask: FieldMask) -> frozenset[str]:
    """The fields of Entry to return. Raises InvalidArgumentError."""
    if not mask.paths:
        return ALL_BUT_VECTOR
    return decode_mask(mask.paths, _known_field, field="read_mask")


def _known_field(path: str) -> str:
    if path not in _FIELDS:
        raise KeyError(path)
    return path


def encode_entry(entry: Entry, fields: frozenset[str] = ALL_BUT_VECTOR) -> types_pb2.Entry:
    """The named fields of an entry."""
    vector = entry.vector if "vector" in fields else None
    message = types_pb2.Entry(
        entry_id=entry.entry_id,
        prompt=entry.prompt,
        response=entry.response,
        attributes=entry.attributes,
        metadata_json=entry.metadata_json,
        vector=None if vector is None else encode_vector(vector),
        create_time=encode_time(entry.created_at),
        update_time=encode_time(entry.updated_at),
        expire_time=None if entry.expires_at is None else encode_time(entry.expires_at),
        ttl=None if entry.ttl is None else encode_duration(entry.ttl),
        quarantined=entry.quarantined,
    )
    for field in ALL_BUT_VECTOR - fields:
        # The generated types take the names as literals only.
        message.ClearField(field)  # type: ignore[arg-type]
    return message
