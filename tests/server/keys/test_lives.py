"""API keys from their making to their end, over real gRPC."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
import redis
import structlog

import nearhit
from nearhit import KeyScope
from nearhit.v1 import key_admin_pb2
from nearhit_server.clocks import SystemClock
from nearhit_server.core.access.secrets import digest
from nearhit_server.stores.redis.keys import API_KEYS
from polling import until
from server.keys.keyed_servers import (
    ALL,
    BOOT_KEY,
    UNAUTHENTICATED,
    ask,
    keyed_server,
    secret_of,
)


async def test_created_key_is_as_it_was_asked_for(boot):
    ends = datetime(2100, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
    issued = await boot.create_key(
        "größe", scopes=[KeyScope.WRITE, KeyScope.READ], caches=["b", "a"], namespaces=["", "n"],
        expires_at=ends,
    )  # fmt: skip
    key = issued.key
    assert (key.display_name, key.scopes) == ("größe", (KeyScope.READ, KeyScope.WRITE))
    assert (key.caches, key.namespaces) == (("a", "b"), ("", "n"))
    assert (key.expires_at, key.revoked_at) == (ends, None)
    assert key in [listed async for listed in boot.list_keys()]


@pytest.mark.parametrize(
    ("method", "fields", "field"),
    [
        ("CreateKey", {}, "scopes"),
        ("CreateKey", {"scopes": [0]}, "scopes[0]"),
        ("CreateKey", {"scopes": [1, 99]}, "scopes[1]"),
        ("CreateKey", {"scopes": [1], "expire_time": {"seconds": 1}}, "expire_time"),
        ("CreateKey", {"scopes": [1], "expire_time": {"seconds": 1 << 62}}, "expire_time"),
        ("ListKeys", {"page_size": 1_001}, "page_size"),
        ("ListKeys", {"page_token": "x"}, "page_token"),
        ("RotateKey", {}, "key_id"),
        ("RotateKey", {"key_id": "0" * 16, "grace_period": {"nanos": 1 << 30}}, "grace_period"),
        ("RevokeKey", {"key_id": "x"}, "key_id"),
    ],
)
async def test_bad_request_is_told_by_its_field(channel, method, fields, field):
    request = getattr(key_admin_pb2, f"{method}Request")(**fields)
    answer = await ask(channel, f"/nearhit.v1.KeyAdminService/{method}", BOOT_KEY, request)
    assert answer.code is grpc.StatusCode.INVALID_ARGUMENT
    assert f"{field}: " in answer.message


async def test_key_stops_when_it_expires(boot, channel, monkeypatch):
    ends = datetime.now(UTC) + timedelta(hours=1)
    secret = await secret_of(boot, KeyScope.ADMIN, expires_at=ends)
    path = "/nearhit.v1.KeyAdminService/ListKeys"
    assert (await ask(channel, path, secret)).code is grpc.StatusCode.OK
    monkeypatch.setattr(SystemClock, "now", lambda self: ends)
    assert (await ask(channel, path, secret)).code is UNAUTHENTICATED


async def test_rotated_key_has_two_secrets_in_the_grace_period(boot, channel):
    issued = await boot.create_key(scopes=[KeyScope.ADMIN], caches=ALL)
    rotated = await boot.rotate_key(issued.key.key_id, grace_period=timedelta(minutes=1))
    path = "/nearhit.v1.CacheAdminService/ListCaches"
    for secret in (issued.secret, rotated.secret):
        assert (await ask(channel, path, secret)).code is grpc.StatusCode.OK
    again = await boot.rotate_key(issued.key.key_id)
    assert (await ask(channel, path, again.secret)).code is grpc.StatusCode.OK
    for secret in (issued.secret, rotated.secret):
        assert (await ask(channel, path, secret)).code is UNAUTHENTICATED


def kept_by(store: str, data_dir: Path) -> str:
    """Everything about keys that the store keeps."""
    if store == "embedded":
        return "".join(path.read_bytes().decode("latin1") for path in data_dir.iterdir())
    with redis.Redis.from_url(store, decode_responses=True) as client:
        return repr(client.hgetall(API_KEYS))


async def told_to(address, secret):
    """Everything that a client says of a call that is refused."""
    async with nearhit.AsyncClient(address, api_key=secret) as client:
        with pytest.raises(nearhit.NearhitError) as raised:
            await client.create_key("n\0", scopes=[KeyScope.READ])
    error = raised.value
    return f"{client!r} {error!r} {error} {error.__cause__!r}"


async def test_nothing_of_a_secret_is_kept_logged_or_told(boot, address, store, data_dir):
    with structlog.testing.capture_logs() as lines:
        issued = await boot.create_key("secretive", scopes=[KeyScope.READ], caches=ALL)
        rotated = await boot.rotate_key(issued.key.key_id, grace_period=timedelta(minutes=1))
        secrets = (issued.secret, rotated.secret)
        presented = (*secrets, f"{issued.secret}x", BOOT_KEY)
        told = [await told_to(address, secret) for secret in presented]
        listed = [key async for key in boot.list_keys()]
    kept, logged = kept_by(store, data_dir), repr(lines)
    told += [kept, logged, repr((issued, rotated, listed))]
    assert issued.key.key_id in logged
    assert all(digest(secret) in kept for secret in secrets)
    randoms = [secret.split("_", 2)[2] for secret in secrets]
    assert not [text for text in told for secret in (*randoms, BOOT_KEY) if secret in text]


async def test_key_revoked_through_one_replica_stops_on_another(
    tiny_servers_redis, tiny_model, tmp_path
):
    store = tiny_servers_redis.url
    path = "/nearhit.v1.CacheAdminService/ListCaches"
    async with (
        keyed_server(store, data_dir=tmp_path, model=tiny_model) as one,
        keyed_server(store, data_dir=tmp_path, model=tiny_model) as other,
        nearhit.AsyncClient(one, api_key=BOOT_KEY) as client,
        grpc.aio.insecure_channel(other) as channel,
    ):
        issued = await client.create_key(scopes=[KeyScope.ADMIN], caches=ALL)
        assert (await ask(channel, path, issued.secret)).code is grpc.StatusCode.OK
        await client.revoke_key(issued.key.key_id)

        async def refused() -> bool:
            return (await ask(channel, path, issued.secret)).code is UNAUTHENTICATED

        await until(refused, seconds=5)
