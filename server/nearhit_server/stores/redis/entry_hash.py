"""Entries as hashes. What changes on a hit is not among the fields: any HSET indexes the whole
hash anew, vector included."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from nearhit_server.core.caches import AttributeType, CacheSpec
from nearhit_server.core.entries import Entry, EntryChange, PromptKey
from nearhit_server.stores.changed_content import changes_content
from nearhit_server.stores.redis.query import index_tags, numeric_field
from nearhit_server.stores.times import (
    from_microseconds,
    optional_duration_from_microseconds,
    optional_duration_to_microseconds,
    optional_from_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob

Fields = dict[str, str | bytes | int]

SHOWN: Final = (
    "prompt",
    "response",
    "attributes",
    "metadata_json",
    "ttl_us",
    "created_us",
    "updated_us",
    "expires_us",
    "quarantined",
)
"""The fields that an entry without its vector is made of."""

HELD_REPORTS: Final = ("quarantined", "report_round", "reported_right", "reported_wrong")
"""What is held against an entry: whether it is quarantined, and for how many prompts it was
reported right and wrong in the round of reports that ends when it is changed or released."""


def returned_fields(*, with_vectors: bool) -> tuple[str, ...]:
    """The fields to ask Redis for."""
    return (*SHOWN, "vector") if with_vectors else SHOWN


def fields_of(spec: CacheSpec, entry: Entry) -> Fields:
    """The hash of an entry; what is None is left out."""
    optional = {
        "metadata_json": entry.metadata_json,
        "ttl_us": optional_duration_to_microseconds(entry.ttl),
        "expires_us": None if entry.expires_at is None else to_microseconds(entry.expires_at),
    }
    return {
        **_prompt_fields(entry.prompt),
        **({} if entry.vector is None else {"vector": to_blob(entry.vector)}),
        "response": entry.response,
        **_attribute_fields(spec, entry.attributes),
        "created_us": to_microseconds(entry.created_at),
        "updated_us": to_microseconds(entry.updated_at),
        **{name: value for name, value in optional.items() if value is not None},
    }


def changed_fields(spec: CacheSpec, change: EntryChange) -> tuple[Fields, list[str]]:
    """The fields that a change writes, and the names of those it removes."""
    written: Fields = {}
    removed: list[str] = []
    if change.prompt is not None:
        written |= _prompt_fields(change.prompt.prompt)
        if change.prompt.vector is None:
            removed.append("vector")
        else:
            written["vector"] = to_blob(change.prompt.vector)
    if change.response is not None:
        written["response"] = change.response
    if change.attributes is not None:
        new = _attribute_fields(spec, change.attributes)
        written |= new
        removed += [field for field in _numeric_fields(spec) if field not in new]
    if change.updated_at is not None:
        written["updated_us"] = to_microseconds(change.updated_at)
    if changes_content(change):
        removed += HELD_REPORTS
    _put_or_remove(written, removed, _metadata_and_lifetime(change))
    return written, removed


def _metadata_and_lifetime(change: EntryChange) -> dict[str, str | int | None]:
    fields: dict[str, str | int | None] = {}
    if change.metadata is not None:
        fields["metadata_json"] = change.metadata.metadata_json
    if change.lifetime is not None:
        expires_at = change.lifetime.expires_at
        fields["ttl_us"] = optional_duration_to_microseconds(change.lifetime.ttl)
        fields["expires_us"] = None if expires_at is None else to_microseconds(expires_at)
    return fields


def _put_or_remove(
    written: Fields, removed: list[str], fields: Mapping[str, str | int | None]
) -> None:
    for name, value in fields.items():
        if value is None:
            removed.append(name)
        else:
            written[name] = value


def _prompt_fields(prompt: str) -> Fields:
    key = PromptKey.of(prompt)
    return {"prompt": prompt, "folded_key": key.folded, "cased_key": key.cased}


def attributes_json(attributes: Mapping[str, str]) -> str:
    """The attributes as the hash has them, to be written or compared."""
    return json.dumps(dict(attributes), ensure_ascii=False)


def _attribute_fields(spec: CacheSpec, attributes: Mapping[str, str]) -> Fields:
    numbers: Fields = {
        numeric_field(name): repr(float(value))
        for name, value in attributes.items()
        if spec.attribute_types.get(name) is AttributeType.NUMERIC
    }
    return {
        "attributes": attributes_json(attributes),
        "tags": ",".join(index_tags(attributes, spec.attribute_types)),
        **numbers,
    }


def _numeric_fields(spec: CacheSpec) -> Sequence[str]:
    return [
        numeric_field(name)
        for name, type_ in spec.attribute_types.items()
        if type_ is AttributeType.NUMERIC
    ]


def entry_of(
    entry_id: str, fields: Mapping[bytes, bytes], *, expires_at: datetime | None = None
) -> Entry:
    """The entry of a hash. `expires_at`, where given, is newer than what the hash says."""
    vector = fields.get(b"vector")
    return Entry(
        entry_id=entry_id,
        prompt=fields[b"prompt"].decode(),
        response=fields[b"response"].decode(),
        attributes=json.loads(fields[b"attributes"]),
        metadata_json=_text(fields, b"metadata_json"),
        vector=None if vector is None else from_blob(vector),
        ttl=optional_duration_from_microseconds(_integer(fields, b"ttl_us")),
        created_at=from_microseconds(int(fields[b"created_us"])),
        updated_at=from_microseconds(int(fields[b"updated_us"])),
        expires_at=expires_at or optional_from_microseconds(_integer(fields, b"expires_us")),
        quarantined=b"quarantined" in fields,
    )


def _text(fields: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = fields.get(name)
    return None if value is None else value.decode()


def _integer(fields: Mapping[bytes, Any], name: bytes) -> int | None:
    value = fields.get(name)
    return None if value is None else int(value)
