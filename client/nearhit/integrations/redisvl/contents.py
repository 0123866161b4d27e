"""What is embedded, text or bytes, and how a row of a namespace keeps it.

A text that the server takes as one is the row's text, so every client finds it by it. Bytes,
and texts that are blank, too long or hold a NUL, go by key, and the row's metadata hold them
beside the caller's, if there is room.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from nearhit.embedding_keys import embedding_key
from nearhit.inputs import NewEmbedding
from nearhit.integrations.redisvl.entries import check_json
from nearhit.integrations.redisvl.lifetimes import lifetime
from nearhit.results import Embedding
from nearhit.vectors import VectorLike

Content: TypeAlias = str | bytes

_MAX_TEXT_CHARACTERS: Final = 8_192
"""The server's limit, unless it is set otherwise."""

_MAX_METADATA_BYTES: Final = 64 << 10

_MEMBERS: Final = ("content", "text", "model_name", "embedding", "metadata")
"""What an item of `mset` may say."""


@dataclass(frozen=True)
class Item:
    """What is to be kept."""

    content: Content
    model_name: str
    embedding: VectorLike
    metadata: dict[str, Any] | None = None


def item_of(
    content: Content | None = None,
    model_name: str = "",
    embedding: VectorLike | None = None,
    metadata: dict[str, Any] | None = None,
    *,
    text: str | None = None,
) -> Item:
    """What is to be kept, from RedisVL's arguments. TypeError if one is missing."""
    if embedding is None:
        raise TypeError("give an embedding")
    return Item(one(content, text), model_name, embedding, metadata)


def item_in(members: Mapping[str, Any]) -> Item:
    """What is to be kept, from one of the dicts of RedisVL's `mset`. TypeError as `item_of`, and
    for a member that there is not."""
    if unknown := members.keys() - _MEMBERS:
        named = ", ".join(sorted(map(repr, unknown)))
        raise TypeError(f"an item has {', '.join(_MEMBERS)}, not {named}")
    return item_of(**members)


def one(content: Content | None, text: str | None) -> Content:
    """The content, by either name. TypeError unless it is given by just one."""
    given = [each for each in (content, text) if each is not None]
    if len(given) != 1:
        raise TypeError("give content, or text, which is its older name")
    return given[0]


def several(contents: Iterable[Content] | None, texts: Iterable[str] | None) -> list[Content]:
    """The contents, by either name. TypeError unless they are given by just one."""
    given = [each for each in (contents, texts) if each is not None]
    if len(given) != 1 or isinstance(given[0], (str, bytes)):
        raise TypeError("give several contents, or texts, which is their older name")
    return list(given[0])


def key_digest(content: Content, model_name: str) -> str:
    """The key of a row, 64 hexadecimal digits, different for different content.

    Raises TypeError for what is neither text nor bytes, or of no model.
    """
    if not isinstance(model_name, str) or not model_name:
        raise TypeError("model_name must be a string that is not empty")
    if not isinstance(content, (str, bytes)):
        raise TypeError(f"content must be a string or bytes, not {type(content).__name__}")
    if isinstance(content, str):
        return embedding_key(model_name, content)
    # Three elements: no text's key is made of an array like it.
    array = json.dumps([model_name, b64encode(content).decode(), "base64"], ensure_ascii=False)
    return hashlib.sha256(array.encode()).hexdigest()


def row_of(item: Item, seconds: int | None) -> NewEmbedding:
    """The row to write. Raises TypeError or ValueError for what cannot be one."""
    if item.metadata is not None and not isinstance(item.metadata, dict):
        raise ValueError(f"metadata must be a dict, not {type(item.metadata).__name__}")
    check_json(item.metadata)
    ttl = lifetime(seconds)
    if isinstance(item.content, str) and _is_text(item.content):
        return NewEmbedding(
            text=item.content, vector=item.embedding, metadata=item.metadata, ttl=ttl
        )
    return NewEmbedding(
        key=key_digest(item.content, item.model_name),
        vector=item.embedding,
        metadata=_wrapped(item.content, item.metadata),
        ttl=ttl,
    )


def entry_of(row: Embedding, asked: Content | None) -> dict[str, Any]:
    """A row as RedisVL's dict. `asked` is the content, if it was asked by content."""
    content, metadata = _unwrapped(row)
    entry: dict[str, Any] = {
        "entry_id": row.key,
        "model_name": row.model,
        "embedding": list(row.vector),
    }
    content = asked if content is None else content
    if content is not None:
        entry["content"] = content
    if isinstance(content, str):
        entry["text"] = content
    if row.created_at is not None:
        entry["inserted_at"] = row.created_at.timestamp()
    if metadata is not None:
        entry["metadata"] = metadata
    return entry


def _is_text(text: str) -> bool:
    return bool(text.strip()) and "\0" not in text and len(text) <= _MAX_TEXT_CHARACTERS


def _wrapped(content: Content, metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    wrapped: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
    if isinstance(content, str):
        kept = {"content": content}
    else:
        kept = {"base64": b64encode(content).decode()}
    whole = {**wrapped, **kept}
    size_bytes = len(json.dumps(whole, ensure_ascii=False).encode())
    return whole if size_bytes <= _MAX_METADATA_BYTES else wrapped


def _unwrapped(row: Embedding) -> tuple[Content | None, dict[str, Any] | None]:
    if row.text is not None:
        return row.text, row.metadata
    wrapped = row.metadata or {}
    metadata = wrapped.get("metadata")
    if "base64" in wrapped:
        return b64decode(wrapped["base64"]), metadata
    return wrapped.get("content"), metadata
