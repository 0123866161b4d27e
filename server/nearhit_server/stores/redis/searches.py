"""FT.* commands and what their replies mean. Search 2.8 syntax, DIALECT 2."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from nearhit_server.core.caches import AttributeType, CacheSpec
from nearhit_server.core.errors import Reason, UnavailableError
from nearhit_server.core.vectors import FloatVector
from nearhit_server.stores.redis.commands import Command
from nearhit_server.stores.redis.keys import EpochKeys
from nearhit_server.stores.redis.query import EVERYTHING, numeric_field
from nearhit_server.stores.vector_blobs import to_blob

DISTANCE: Final = "distance"
"""The name under which a KNN search returns 1 - cosine."""

# Measured with 100,000 vectors of 384 dimensions: the engine's own default of 10 candidates
# misses the nearest entry too often, and a miss is worse than a slow hit.
_HNSW: Final[Command] = ("M", 16, "EF_CONSTRUCTION", 200, "EF_RUNTIME", 100)


@dataclass(frozen=True)
class Document:
    """A found entry: its key, and the fields asked for, None if it has just expired."""

    key: str
    fields: Mapping[bytes, bytes] | None


def create_index(spec: CacheSpec, *, algorithm: str, scan: bool) -> Command:
    """Makes the index of a cache's epoch. `algorithm` is HNSW or FLAT; `scan` looks for entries
    that are there already, among all keys of the Redis."""
    keys = EpochKeys.of(spec)
    tuning: Command = _HNSW if algorithm == "HNSW" else ()
    vector: Command = (
        *("TYPE", "FLOAT32", "DIM", spec.dimension, "DISTANCE_METRIC", "COSINE"),
        *tuning,
    )
    numbers: list[str] = [
        word
        for name, type_ in spec.attribute_types.items()
        if type_ is AttributeType.NUMERIC
        for word in (numeric_field(name), "NUMERIC")
    ]
    return (
        *("FT.CREATE", keys.index, "ON", "HASH", "PREFIX", 1, keys.entries),
        *(() if scan else ("SKIPINITIALSCAN",)),
        "SCHEMA",
        *("folded_key", "TAG", "cased_key", "TAG", "tags", "TAG"),
        *("updated_us", "NUMERIC", "SORTABLE"),
        *numbers,
        *("vector", "VECTOR", algorithm, len(vector), *vector),
    )


def create_key_index(keys: EpochKeys) -> Command:
    """Makes an index that serves for `all_keys` alone."""
    return (
        *("FT.CREATE", keys.index, "ON", "HASH", "PREFIX", 1, keys.entries),
        *("SCHEMA", "cased_key", "TAG"),
    )


def drop_index(keys: EpochKeys) -> Command:
    """Removes an index; the entries stay."""
    return ("FT.DROPINDEX", keys.index)


def nearest(
    keys: EpochKeys, query: str, vector: FloatVector, *, limit: int, fields: Sequence[str]
) -> Command:
    """The `limit` nearest of what `query` selects, nearest first."""
    selected = query if query == EVERYTHING else f"({query})"
    return (
        *("FT.SEARCH", keys.index, f"{selected}=>[KNN $k @vector $vector AS {DISTANCE}]"),
        *("SORTBY", DISTANCE, "RETURN", len(fields) + 1, DISTANCE),
        *fields,
        *("LIMIT", 0, limit, "PARAMS", 4, "k", limit, "vector", to_blob(vector)),
        *("DIALECT", 2),
    )


def by_last_change(
    keys: EpochKeys, query: str, *, limit: int, fields: Sequence[str], newest_first: bool
) -> Command:
    """Up to `limit` of what `query` selects, by their last change."""
    return (
        *("FT.SEARCH", keys.index, query),
        *("SORTBY", "updated_us", "DESC" if newest_first else "ASC"),
        *("RETURN", len(fields)),
        *fields,
        *("LIMIT", 0, limit, "DIALECT", 2),
    )


def keys_of(keys: EpochKeys, query: str, *, limit: int) -> Command:
    """The keys of up to `limit` of what `query` selects, and how many there are in all."""
    return ("FT.SEARCH", keys.index, query, "NOCONTENT", "LIMIT", 0, limit, "DIALECT", 2)


def all_keys(keys: EpochKeys, *, at_once: int) -> Command:
    """The keys of all entries, the first of them and a cursor for the others. Unlike pages of a
    search, the cursor leaves none out when others expire meanwhile."""
    return (
        *("FT.AGGREGATE", keys.index, EVERYTHING, "LOAD", 1, "@__key"),
        *("WITHCURSOR", "COUNT", at_once, "DIALECT", 2),
    )


def more_keys(keys: EpochKeys, cursor: int) -> Command:
    """The next keys of a cursor."""
    return ("FT.CURSOR", "READ", keys.index, cursor)


def keys_of_rows(rows: Mapping[bytes, Any]) -> list[bytes]:
    """The keys in a reply of FT.AGGREGATE or FT.CURSOR."""
    found = (row.get(b"extra_attributes") for row in rows[b"results"])
    return [fields[b"__key"] for fields in found if fields]


def documents(reply: Mapping[bytes, Any]) -> list[Document]:
    """What a search found, in its order. Raises UnavailableError if it is not all."""
    _check_complete(reply)
    return [
        Document(result[b"id"].decode(), result.get(b"extra_attributes"))
        for result in reply[b"results"]
    ]


def total(reply: Mapping[bytes, Any]) -> int:
    """How many entries the query selects, those beyond the limit included. Raises
    UnavailableError if not all were counted."""
    _check_complete(reply)
    return int(reply[b"total_results"])


def _check_complete(reply: Mapping[bytes, Any]) -> None:
    # By default a search that takes too long returns what it has, which looks like a miss.
    if reply.get(b"warning"):
        raise UnavailableError(
            "Redis gave up a search before its end", reason=Reason.STORE_UNAVAILABLE
        )
