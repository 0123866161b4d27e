"""What a key's secret looks like: `nh_<key id>_<256 random bits>`.

256 random bits cannot be guessed, so that one round of SHA-256 keeps them as well as a slow
hash would.
"""

import re
import secrets
from hashlib import sha256
from hmac import compare_digest
from typing import Final

_SECRET_BYTES: Final = 32
_KEY_ID_BYTES: Final = 8

KEY_ID: Final = re.compile(r"[0-9a-f]{16}")
_SECRET: Final = re.compile(r"nh_([0-9a-f]{16})_[A-Za-z0-9_-]{43}")

NOBODY: Final = "0" * 16
"""The id of no key: looked up where there is none to look up."""


def new_key_id() -> str:
    """An id for a new key."""
    return secrets.token_hex(_KEY_ID_BYTES)


def new_secret(key_id: str) -> str:
    """A new secret for a key."""
    return f"nh_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"


def key_id_of(secret: str) -> str:
    """The key that a secret claims to be of; NOBODY if it is none of ours."""
    match = _SECRET.fullmatch(secret)
    return NOBODY if match is None else match[1]


def digest(secret: str) -> str:
    """What is kept of a secret."""
    # Surrogates, as of bytes that are not UTF-8, have a digest too: that of no key.
    return sha256(secret.encode(errors="surrogatepass")).hexdigest()


def same(digest_: str, other: str) -> bool:
    """Whether two digests are equal, in a time that does not depend on where they differ."""
    return compare_digest(digest_, other)
