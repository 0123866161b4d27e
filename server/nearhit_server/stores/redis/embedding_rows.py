"""The embedding table: one string a row, spread over a Cluster."""

import struct
from collections.abc import Sequence
from typing import Final

from nearhit_server.core.ports import Clock, EmbeddingKey, EmbeddingRow
from nearhit_server.stores.redis.commands import Command, Commands
from nearhit_server.stores.redis.keys import embedding
from nearhit_server.stores.times import (
    NEVER_US,
    expiry_to_microseconds,
    from_microseconds,
    to_microseconds,
)
from nearhit_server.stores.vector_blobs import from_blob, to_blob

_TIMES: Final = struct.Struct("<qq")
"""When the row was made and when it expires, before the vector."""


async def get_embeddings(
    commands: Commands, names: Sequence[EmbeddingKey]
) -> list[EmbeddingRow | None]:
    """As EmbeddingTable.get_embeddings."""
    replies = await commands.spread([("GET", embedding(name)) for name in names])
    return [_row(name, reply) for name, reply in zip(names, replies, strict=True)]


async def put_embeddings(commands: Commands, clock: Clock, rows: Sequence[EmbeddingRow]) -> None:
    """As EmbeddingTable.put_embeddings."""
    for reply in await commands.spread([_set(row, clock) for row in rows]):
        if isinstance(reply, Exception):
            raise reply


def _set(row: EmbeddingRow, clock: Clock) -> Command:
    times = _TIMES.pack(to_microseconds(row.created_at), expiry_to_microseconds(row.expires_at))
    command: Command = ("SET", embedding(row.name), times + to_blob(row.vector))
    if row.expires_at is None:
        return command
    lifetime = row.expires_at - clock.now()
    return (*command, "PX", max(1, round(lifetime.total_seconds() * 1_000)))


def _row(name: EmbeddingKey, reply: bytes | Exception | None) -> EmbeddingRow | None:
    if reply is None:
        return None
    if isinstance(reply, Exception):
        raise reply
    created_us, expires_us = _TIMES.unpack_from(reply)
    return EmbeddingRow(
        name=name,
        vector=from_blob(reply[_TIMES.size :]),
        created_at=from_microseconds(created_us),
        expires_at=None if expires_us == NEVER_US else from_microseconds(expires_us),
    )
