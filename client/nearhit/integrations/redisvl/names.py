"""Names as RedisVL takes them, any text, and as the server does; and keys, `name:entry_id`.

A name that the server takes stands for itself. Any other is escaped, reversibly, so that no
two names ever share a cache: `My:Cache` is `x--4dy-3a-43ache`.
"""

import hashlib
import re
from typing import Final

_ESCAPED: Final = "x-"
_MAX_CHARACTERS: Final = 64

_CACHE_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9_-]+")
_KEPT_IN_CACHE_ID: Final = re.compile(r"[a-z0-9_]")
_KEPT_IN_NAMESPACE: Final = re.compile(r"[A-Za-z0-9_]")


def cache_id_of(name: str) -> str:
    """The id of the cache with that name. ValueError for a name that is empty or too long."""
    return _identifier(name, _CACHE_ID, kept=_KEPT_IN_CACHE_ID)


def copy_id_of(cache_id: str) -> str:
    """The id of the cache that holds another's entries while that one is changed. No name is
    escaped to it."""
    return f"{_ESCAPED}-copy-{hashlib.sha256(cache_id.encode()).hexdigest()[:32]}"


def namespace_of(name: str) -> str:
    """The embedding namespace with that name. ValueError as for `cache_id_of`."""
    return _identifier(name, _NAMESPACE, kept=_KEPT_IN_NAMESPACE)


def key_of(name: str, entry_id: str) -> str:
    """The key of an entry of the cache with that name."""
    return f"{name}:{entry_id}"


def entry_id_of(name: str, key: str, *, form: re.Pattern[str]) -> str | None:
    """The id in a key, None if it is not of the form that this cache gives its keys."""
    prefix = f"{name}:"
    entry_id = key.removeprefix(prefix)
    return entry_id if key.startswith(prefix) and form.fullmatch(entry_id) else None


def _identifier(name: str, allowed: re.Pattern[str], *, kept: re.Pattern[str]) -> str:
    if not isinstance(name, str):
        raise TypeError(f"name must be a string, not {type(name).__name__}")
    if not name:
        raise ValueError("name must not be empty")
    # What looks escaped is escaped too, or it could be another name's escaped form.
    plain = allowed.fullmatch(name) and not name.startswith(_ESCAPED)
    identifier = name if plain else _ESCAPED + "".join(_escaped(c, kept) for c in name)
    if len(identifier) > _MAX_CHARACTERS:
        raise ValueError(
            f"name {name!r} is too long: it takes {len(identifier)} characters where the server "
            f"has {_MAX_CHARACTERS}; all but letters, digits and _ take three for each byte there"
        )
    return identifier


def _escaped(character: str, kept: re.Pattern[str]) -> str:
    if kept.fullmatch(character):
        return character
    return "".join(f"-{byte:02x}" for byte in character.encode())
