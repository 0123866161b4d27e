"""Making, listing and ending API keys."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from nearhit_server.core.access.callers import EVERYTHING, Caller, Grant
from nearhit_server.core.access.key_settings import (
    NewKey,
    check_grace_period,
    check_key_id,
    check_new_key,
)
from nearhit_server.core.access.keys import ApiKey, SecretHash
from nearhit_server.core.access.secrets import digest, new_key_id, new_secret
from nearhit_server.core.errors import (
    FailedPreconditionError,
    PermissionDeniedError,
    Reason,
    UnavailableError,
    key_not_found,
)
from nearhit_server.core.ports import Clock, KeyStore
from nearhit_server.core.validation import check_page_size, invalid

_DEFAULT_PAGE_SIZE: Final = 100

_MAX_ATTEMPTS: Final = 10
"""More changes of a key than this within one call are a fault somewhere."""


@dataclass(frozen=True)
class IssuedKey:
    """A key with its newest secret, which nobody can tell again."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True)
class KeyPage:
    """Keys in the order of their ids; `next_page_token` is "" on the last page."""

    keys: tuple[ApiKey, ...]
    next_page_token: str


class KeyAdmin:
    """Manages API keys for callers with the scope ADMIN, each within its own reach.

    A caller whose own key expires gets no secret that lives longer: it could not be ended with
    that key.

    Methods raise InvalidArgumentError, PermissionDeniedError, NotFoundError,
    FailedPreconditionError and UnavailableError as the contract says.
    """

    def __init__(self, keys: KeyStore, *, clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    async def create(self, new: NewKey, caller: Caller) -> IssuedKey:
        """Make a key."""
        now = self._clock.now()
        check_new_key(new, now=now)
        caches, namespaces = Grant.of(new.caches), Grant.of(new.namespaces)
        if not _reaches(caller, caches, namespaces):
            raise PermissionDeniedError
        if _outlives(new.expires_at, await self._end_of(caller)):
            raise invalid("expire_time", "is later than that of the caller's own key, or absent")
        key_id = new_key_id()
        secret = new_secret(key_id)
        key = ApiKey(
            key_id=key_id,
            display_name=new.display_name,
            scopes=frozenset(new.scopes),
            caches=caches,
            namespaces=namespaces,
            secrets=(SecretHash(digest(secret)),),
            created_at=now,
            expires_at=new.expires_at,
        )
        if not await self._keys.put_key(key):
            raise AssertionError("64 random bits are those of another key")
        return IssuedKey(key, secret)

    async def list(self, caller: Caller, *, page_size: int, page_token: str) -> KeyPage:
        """A page of the keys within the caller's reach, ordered by id."""
        check_page_size(page_size)
        if page_token:
            check_key_id(page_token, field="page_token")
        size = page_size or _DEFAULT_PAGE_SIZE
        limit = max(size + 1, _DEFAULT_PAGE_SIZE)
        found: list[ApiKey] = []
        after = page_token
        # One more than fits, so that there is a token only if something follows. It is the id of
        # a key on the page: it tells of no other.
        while len(found) <= size:
            read = await self._keys.list_keys(after=after, limit=limit)
            found += [key for key in read if _reaches(caller, key.caches, key.namespaces)]
            if len(read) < limit:
                break
            after = read[-1].key_id
        return KeyPage(tuple(found[:size]), found[size - 1].key_id if len(found) > size else "")

    async def rotate(
        self, key_id: str, caller: Caller, *, grace_period: timedelta | None
    ) -> IssuedKey:
        """Give a key a new secret; the one before is good for `grace_period`, if any. When the
        key expires does not change."""
        check_key_id(key_id)
        if grace_period is not None:
            check_grace_period(grace_period)
        end = await self._end_of(caller)
        secret = new_secret(key_id)

        def rotated(key: ApiKey) -> ApiKey:
            if _outlives(key.expires_at, end):
                raise PermissionDeniedError
            self._check_alive(key)
            kept = () if grace_period is None else self._until(grace_period, key.secrets[:1])
            secrets = (SecretHash(digest(secret)), *kept)
            return replace(key, secrets=secrets, version=key.version + 1)

        return IssuedKey(await self._change(key_id, caller, rotated), secret)

    async def revoke(self, key_id: str, caller: Caller) -> ApiKey:
        """End a key for good. One that is revoked already stays as it is."""
        check_key_id(key_id)

        def revoked(key: ApiKey) -> ApiKey:
            if key.revoked_at is not None:
                return key
            return replace(key, revoked_at=self._clock.now(), version=key.version + 1)

        return await self._change(key_id, caller, revoked)

    async def _end_of(self, caller: Caller) -> datetime | None:
        """When the caller's own key expires; None if never, as those of the settings."""
        key = await self._keys.get_key(caller.key_id)
        return None if key is None else key.expires_at

    def _check_alive(self, key: ApiKey) -> None:
        """Refuse a key of which a new secret would be of no use."""
        if key.revoked_at is not None:
            raise FailedPreconditionError(
                f"key {key.key_id!r} is revoked", reason=Reason.KEY_REVOKED
            )
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            raise FailedPreconditionError(
                f"key {key.key_id!r} has expired", reason=Reason.KEY_EXPIRED
            )

    def _until(
        self, grace_period: timedelta, secrets: tuple[SecretHash, ...]
    ) -> tuple[SecretHash, ...]:
        end = self._clock.now() + grace_period
        return tuple(replace(secret, expires_at=end) for secret in secrets)

    async def _change(
        self, key_id: str, caller: Caller, change: Callable[[ApiKey], ApiKey]
    ) -> ApiKey:
        """The key as `change` makes it, once it is kept; repeated if somebody else was quicker."""
        for _ in range(_MAX_ATTEMPTS):
            changed = change(await self._reachable(key_id, caller))
            # Also if nothing is to change: an earlier call may have ended before it was durable.
            if await self._keys.put_key(changed):
                return changed
        raise UnavailableError(f"key {key_id!r} keeps changing", reason=Reason.STORE_UNAVAILABLE)

    async def _reachable(self, key_id: str, caller: Caller) -> ApiKey:
        key = await self._keys.get_key(key_id)
        if key is not None and _reaches(caller, key.caches, key.namespaces):
            return key
        # Who does not reach everything is not told which keys there are.
        if key is None and _reaches(caller, EVERYTHING, EVERYTHING):
            raise key_not_found(key_id)
        raise PermissionDeniedError


def _reaches(caller: Caller, caches: Grant, namespaces: Grant) -> bool:
    return caller.caches.includes(caches) and caller.namespaces.includes(namespaces)


def _outlives(expires_at: datetime | None, end: datetime | None) -> bool:
    """Whether what expires then does so later than `end`; None is never."""
    return end is not None and (expires_at is None or expires_at > end)
