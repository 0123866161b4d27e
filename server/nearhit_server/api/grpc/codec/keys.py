"""API keys."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from nearhit.v1 import key_admin_pb2 as pb
from nearhit_server.api.grpc.codec.choices import decode_choice
from nearhit_server.api.grpc.codec.values import encode_time
from nearhit_server.core.access.callers import Scope
from nearhit_server.core.access.key_settings import NewKey
from nearhit_server.core.access.keys import ApiKey
from nearhit_server.core.validation import invalid

SCOPES: Final = {
    pb.KEY_SCOPE_READ: Scope.READ,
    pb.KEY_SCOPE_WRITE: Scope.WRITE,
    pb.KEY_SCOPE_ADMIN: Scope.ADMIN,
}


def decode_new_key(request: pb.CreateKeyRequest) -> NewKey:
    """What the key shall allow. Raises InvalidArgumentError."""
    return NewKey(
        display_name=request.display_name,
        scopes=_decode_scopes(request.scopes),
        caches=tuple(request.caches),
        namespaces=tuple(request.namespaces),
        expires_at=(
            _decode_time(request.expire_time, field="expire_time")
            if request.HasField("expire_time")
            else None
        ),
    )


def encode_key(key: ApiKey) -> pb.Key:
    """What is told of a key: nothing of its secrets."""
    return pb.Key(
        key_id=key.key_id,
        display_name=key.display_name,
        scopes=[number for number, scope in SCOPES.items() if scope in key.scopes],
        caches=sorted(key.caches.names),
        namespaces=sorted(key.namespaces.names),
        create_time=encode_time(key.created_at),
        expire_time=None if key.expires_at is None else encode_time(key.expires_at),
        revoke_time=None if key.revoked_at is None else encode_time(key.revoked_at),
    )


def _decode_scopes(numbers: Iterable["pb.KeyScope.ValueType"]) -> tuple[Scope, ...]:
    return tuple(
        decode_choice(number, SCOPES, field=f"scopes[{index}]")
        for index, number in enumerate(numbers)
    )


def _decode_time(timestamp: Timestamp, *, field: str) -> datetime:
    try:
        return timestamp.ToDatetime(tzinfo=UTC)
    except (OverflowError, ValueError) as error:
        raise invalid(field, "is not a valid google.protobuf.Timestamp") from error
