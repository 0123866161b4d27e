"""Entries and the masks that choose among their fields."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.field_mask_pb2 import FieldMask

from nearhit.v1 import types_pb2
from nearhit_server.api.grpc.codec.values import (
    decode_mask,
    encode_duration,
    encode_time,
    encode_vector,
)
from nearhit_server.core.entries import Entry

_ENCODERS: Final[Mapping[str, Callable[[Entry], Any]]] = {
    "entry_id": lambda entry: entry.entry_id,
    "prompt": lambda entry: entry.prompt,
    "response": lambda entry: entry.response,
    "attributes": lambda entry: entry.attributes,
    "metadata_json": lambda entry: entry.metadata_json,
    "vector": lambda entry: None if entry.vector is None else encode_vector(entry.vector),
    "create_time": lambda entry: encode_time(entry.created_at),
    "update_time": lambda entry: encode_time(entry.updated_at),
    "expire_time": lambda e: None if e.expires_at is None else encode_time(e.expires_at),
    "ttl": lambda entry: None if entry.ttl is None else encode_duration(entry.ttl),
}
"""How each field of the message is made; None leaves it absent."""

ALL_BUT_VECTOR: Final = frozenset(_ENCODERS) - {"vector"}


def decode_read_mask(mask: FieldMask) -> frozenset[str]:
    """The fields of Entry to return. Raises InvalidArgumentError."""
    if not mask.paths:
        return ALL_BUT_VECTOR
    return decode_mask(mask.paths, _known_field, field="read_mask")


def _known_field(path: str) -> str:
    if path not in _ENCODERS:
        raise KeyError(path)
    return path


def encode_entry(entry: Entry, fields: frozenset[str] = ALL_BUT_VECTOR) -> types_pb2.Entry:
    """The named fields of an entry."""
    return types_pb2.Entry(**{field: _ENCODERS[field](entry) for field in fields})
