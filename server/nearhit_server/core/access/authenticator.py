"""From an `authorization` header to a caller."""

import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from nearhit_server.core.access.callers import ANYBODY, Caller
from nearhit_server.core.access.keys import ApiKey
from nearhit_server.core.access.secrets import digest, key_id_of, same
from nearhit_server.core.errors import UnauthenticatedError
from nearhit_server.core.ports import Clock, KeyStore

_SCHEME: Final = "bearer "

_MAX_AGE_SECONDS: Final = 2.0
"""How long a key is believed to be as it was read. A key that is revoked through another replica
works here for that long at most."""

_MAX_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class _Read:
    key: ApiKey
    caller: Caller
    at: float


class Authenticator:
    """Tells callers by the secrets they present.

    A key that was read a moment ago costs no round trip. Whoever is refused is refused after one
    look into the store, whether the key is missing, malformed, unknown, revoked or has another
    secret, so that the time it takes says nothing; and a key that was made or rotated through
    another replica is good here at once.
    """

    def __init__(self, keys: KeyStore, *, clock: Clock, full_access: Iterable[str] = ()) -> None:
        """`full_access` are secrets of the settings, which may do everything."""
        self._keys = keys
        self._clock = clock
        self._full_access = [
            (digest(secret), replace(ANYBODY, key_id=f"settings-{number}"))
            for number, secret in enumerate(full_access, start=1)
        ]
        self._read: OrderedDict[str, _Read] = OrderedDict()

    async def identify(self, authorization: str | None) -> Caller:
        """Who sends this header, None if there is none.

        Raises UnauthenticatedError; UnavailableError if the store is out of reach.
        """
        secret = _secret_of(authorization)
        presented = digest(secret)
        key_id = key_id_of(secret)
        known = self._read.get(key_id)
        if (
            known is not None
            and time.monotonic() - known.at < _MAX_AGE_SECONDS
            and self._is_good(known.key, presented)
        ):
            return known.caller
        caller = self._settings_caller(presented)
        if caller is not None:
            return caller
        key = await self._look_up(key_id)
        if key is None or not self._is_good(key, presented):
            raise UnauthenticatedError
        return key.caller

    def _settings_caller(self, presented: str) -> Caller | None:
        # All of them are compared, so that the time does not tell which one it was.
        found = [caller for good, caller in self._full_access if same(good, presented)]
        return found[0] if found else None

    async def _look_up(self, key_id: str) -> ApiKey | None:
        at = time.monotonic()
        key = await self._keys.get_key(key_id)
        self._read.pop(key_id, None)
        if key is not None:
            self._read[key_id] = _Read(key, key.caller, at)
            while len(self._read) > _MAX_REMEMBERED:
                self._read.popitem(last=False)
        return key

    def _is_good(self, key: ApiKey, presented: str) -> bool:
        matches = [good for good in key.secrets if same(good.digest, presented)]
        return (
            key.revoked_at is None
            and not self._is_over(key.expires_at)
            and any(not self._is_over(good.expires_at) for good in matches)
        )

    def _is_over(self, expires_at: datetime | None) -> bool:
        return expires_at is not None and expires_at <= self._clock.now()


def _secret_of(authorization: str | None) -> str:
    """The secret in a header; "" for what is none, which is nobody's."""
    if authorization is None or authorization[: len(_SCHEME)].lower() != _SCHEME:
        return ""
    return authorization[len(_SCHEME) :].strip()
