"""A row of a namespace between the domain and the hash that keeps it."""

from collections.abc import Sequence
from typing import Final

from nearhit_server.core.ports import NamespaceRow
from nearhit_server.stores.times import (
    from_microseconds,
    optional_duration_from_microseconds,
    optional_duration_to_microseconds,
    optional_from_microseconds,
    optional_to_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob

FIELDS: Final = (
    *("vector", "model", "created_us"),
    # Absent where there is none.
    *("text", "metadata_json", "ttl_us", "expires_us"),
)


def fields_of(row: NamespaceRow) -> list[str | bytes | int]:
    """Names and values by turns."""
    values: dict[str, str | bytes | int | None] = {
        "vector": to_blob(row.vector),
        "model": row.model,
        "created_us": to_microseconds(row.created_at),
        "text": row.text,
        "metadata_json": row.metadata_json,
        "ttl_us": optional_duration_to_microseconds(row.ttl),
        "expires_us": optional_to_microseconds(row.expires_at),
    }
    return [word for name, value in values.items() if value is not None for word in (name, value)]


def row_of(key: str, values: Sequence[bytes | None]) -> NamespaceRow | None:
    """The row whose FIELDS have these values, None if there is none."""
    vector, model, created_us, text, metadata_json, ttl_us, expires_us = values
    if vector is None or model is None or created_us is None:
        return None
    return NamespaceRow(
        key=key,
        model=model.decode(),
        vector=from_blob(vector),
        text=None if text is None else text.decode(),
        metadata_json=None if metadata_json is None else metadata_json.decode(),
        ttl=optional_duration_from_microseconds(_integer(ttl_us)),
        created_at=from_microseconds(int(created_us)),
        expires_at=optional_from_microseconds(_integer(expires_us)),
    )


def _integer(value: bytes | None) -> int | None:
    return None if value is None else int(value)
