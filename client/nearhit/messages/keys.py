"""Requests and responses of the KeyAdminService."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from nearhit.choices import KeyScope
from nearhit.messages import values
from nearhit.messages.enums import KEY_SCOPES
from nearhit.messages.responses import moment
from nearhit.results import ApiKey, IssuedKey, KeyPage
from nearhit.v1 import key_admin_pb2


def create(
    display_name: str,
    *,
    scopes: Iterable[KeyScope],
    caches: Iterable[str],
    namespaces: Iterable[str],
    expires_at: datetime | None,
) -> key_admin_pb2.CreateKeyRequest:
    """The request to make a key."""
    return key_admin_pb2.CreateKeyRequest(
        display_name=values.text("display_name", display_name),
        scopes=[KEY_SCOPES.number_of(scope) for scope in scopes],
        caches=values.texts("caches", caches),
        namespaces=values.texts("namespaces", namespaces),
        expire_time=None if expires_at is None else values.timestamp("expires_at", expires_at),
    )


def list_page(page_token: str) -> key_admin_pb2.ListKeysRequest:
    """The request for one page of keys."""
    return key_admin_pb2.ListKeysRequest(page_token=page_token)


def rotate(key_id: str, *, grace_period: timedelta | None) -> key_admin_pb2.RotateKeyRequest:
    """The request for a new secret."""
    return key_admin_pb2.RotateKeyRequest(
        key_id=values.text("key_id", key_id),
        grace_period=(
            None if grace_period is None else values.duration("grace_period", grace_period)
        ),
    )


def revoke(key_id: str) -> key_admin_pb2.RevokeKeyRequest:
    """The request to end a key."""
    return key_admin_pb2.RevokeKeyRequest(key_id=values.text("key_id", key_id))


def issued(
    response: key_admin_pb2.CreateKeyResponse | key_admin_pb2.RotateKeyResponse,
) -> IssuedKey:
    """The key with its new secret. Raises ValueError if there is none."""
    if not response.secret:
        raise ValueError("there is no secret")
    return IssuedKey(_key(response.key), response.secret)


def listed(response: key_admin_pb2.ListKeysResponse) -> KeyPage:
    """One page of keys."""
    return KeyPage(tuple(map(_key, response.keys)), response.next_page_token)


def revoked(response: key_admin_pb2.RevokeKeyResponse) -> ApiKey:
    """The ended key."""
    return _key(response.key)


def _key(message: key_admin_pb2.Key) -> ApiKey:
    return ApiKey(
        key_id=message.key_id,
        display_name=message.display_name,
        scopes=tuple(KEY_SCOPES.member_of(number) for number in message.scopes),
        caches=tuple(message.caches),
        namespaces=tuple(message.namespaces),
        created_at=moment(message.create_time),
        expires_at=moment(message.expire_time) if message.HasField("expire_time") else None,
        revoked_at=moment(message.revoke_time) if message.HasField("revoke_time") else None,
    )
