"""What an entry is, what names it, and what may change about it."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from nearhit_server.core.vectors import FloatVector

_ID_HEX_DIGITS = 32


def canonical_prompt(prompt: str) -> str:
    """The prompt in NFC and trimmed: what is identified and embedded.

    Not NFKC, which makes "10⁵" equal "105"; inner spaces stay, because they can mean
    something in code.
    """
    return unicodedata.normalize("NFC", prompt).strip()


@dataclass(frozen=True)
class PromptKey:
    """Digests by which exact search finds a prompt, 32 hexadecimal digits each.

    `folded` ignores case and decides what matches; `cased` keeps it and decides what
    comes first.
    """

    folded: str
    cased: str

    @classmethod
    def of(cls, prompt: str) -> Self:
        """The keys of a prompt."""
        canonical = canonical_prompt(prompt)
        return cls(folded=_digest(canonical.casefold()), cased=_digest(canonical))


def entry_id_of(prompt: str, attributes: Mapping[str, str]) -> str:
    """The id of the entry for `prompt` and `attributes`: 32 hexadecimal digits.

    JSON keeps the two apart, whatever characters they hold.
    """
    identity = [canonical_prompt(prompt), dict(attributes)]
    return _digest(json.dumps(identity, ensure_ascii=False, separators=(",", ":"), sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_HEX_DIGITS]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A cached prompt with its response.

    `ttl` is the entry's own; `expires_at` already counts the cache's default in.
    `vector` is of length 1, None if the entry is found by exact search only or if it
    was read without vectors. One that is `quarantined` is kept, and found by no search.
    """

    entry_id: str
    prompt: str
    response: str
    attributes: Mapping[str, str]
    metadata_json: str | None
    vector: FloatVector | None
    ttl: timedelta | None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    quarantined: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryUse:
    """That an entry was hit. All but `expires_at` is as the entry was read."""

    entry_id: str
    updated_at: datetime
    ttl: timedelta | None
    previous_expires_at: datetime | None
    """When the entry expired before the hit."""
    expires_at: datetime | None
    """When it expires because of the hit, if the cache's TTL slides."""

    @classmethod
    def of(cls, entry: Entry, *, expires_at: datetime | None) -> Self:
        """The use of an entry as it was read."""
        return cls(
            entry_id=entry.entry_id,
            updated_at=entry.updated_at,
            ttl=entry.ttl,
            previous_expires_at=entry.expires_at,
            expires_at=expires_at,
        )


@dataclass(frozen=True)
class PromptChange:
    """A new prompt and the vector that belongs to it, None if it has none."""

    prompt: str
    vector: FloatVector | None


@dataclass(frozen=True)
class MetadataChange:
    """New metadata, None to remove them."""

    metadata_json: str | None


@dataclass(frozen=True)
class LifetimeChange:
    """A new time to live of the entry's own, None for the cache's default."""

    ttl: timedelta | None
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EntryChange:
    """What an Update writes; None leaves a field as it is, so that it cannot undo another's.

    `updated_at` is None for a change of the lifetime alone. A change that was made of what an
    entry said must not be applied to one that says something else: `if_updated_at` is when the
    entry was last changed, `if_attributes` the attributes that it had.
    """

    prompt: PromptChange | None = None
    response: str | None = None
    attributes: Mapping[str, str] | None = None
    metadata: MetadataChange | None = None
    lifetime: LifetimeChange | None = None
    updated_at: datetime | None = None
    if_updated_at: datetime | None = None
    if_attributes: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Neighbour:
    """An entry and the cosine of the angle between its vector and the asked one."""

    entry: Entry
    cosine: float


@dataclass(frozen=True)
class EntryPage:
    """Entries in the order of their last change; `next_cursor` is None on the last page."""

    entries: tuple[Entry, ...]
    next_cursor: str | None
