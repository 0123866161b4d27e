"""Keys that expire: nobody gets a secret by one of them that lives longer."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.access.callers import ANYBODY, Scope
from nearhit_server.core.access.key_admin import KeyAdmin
from nearhit_server.core.access.key_settings import NewKey
from nearhit_server.core.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    PermissionDeniedError,
    Reason,
    UnauthenticatedError,
)

HOUR = timedelta(hours=1)
NEW = NewKey(
    display_name="n", scopes=(Scope.READ,), caches=("a",), namespaces=("",), expires_at=None
)


@pytest.fixture
def admin(keys, clock):
    return KeyAdmin(keys, clock=clock)


@pytest.fixture
async def expiring(admin, clock):
    """A caller whose own key is good for an hour."""
    expires_at = clock.now() + HOUR
    new = replace(NEW, scopes=(Scope.ADMIN,), expires_at=expires_at)
    return (await admin.create(new, ANYBODY)).key.caller


@pytest.mark.parametrize("lifetime", [None, HOUR + timedelta(microseconds=1)])
async def test_create_refuses_a_key_that_outlives_the_callers(
    admin, keys, clock, expiring, lifetime
):
    expires_at = None if lifetime is None else clock.now() + lifetime
    with pytest.raises(InvalidArgumentError) as raised:
        await admin.create(replace(NEW, expires_at=expires_at), expiring)
    assert [violation.field for violation in raised.value.violations] == ["expire_time"]
    assert [key.key_id for key in await keys.list_keys(after="", limit=2)] == [expiring.key_id]


async def test_create_is_allowed_up_to_the_end_of_the_callers_key(admin, clock, expiring):
    issued = await admin.create(replace(NEW, expires_at=clock.now() + HOUR), expiring)
    assert issued.key.expires_at == clock.now() + HOUR


@pytest.mark.parametrize("lifetime", [None, 2 * HOUR])
async def test_rotate_gives_no_secret_that_outlives_the_callers_key(
    admin, keys, clock, expiring, lifetime
):
    expires_at = None if lifetime is None else clock.now() + lifetime
    made = await admin.create(replace(NEW, expires_at=expires_at), ANYBODY)
    with pytest.raises(PermissionDeniedError):
        await admin.rotate(made.key.key_id, expiring, grace_period=None)
    assert await keys.get_key(made.key.key_id) == made.key
    assert (await admin.revoke(made.key.key_id, expiring)).revoked_at == clock.now()


async def test_rotated_key_expires_when_it_did(admin, keys, clock, expiring):
    child = await admin.create(replace(NEW, expires_at=clock.now() + HOUR), expiring)
    itself = await admin.rotate(expiring.key_id, expiring, grace_period=None)
    rotated = await admin.rotate(child.key.key_id, expiring, grace_period=2 * HOUR)
    assert itself.key.expires_at == rotated.key.expires_at == clock.now() + HOUR
    authenticator = Authenticator(keys, clock=clock)
    for issued in (child, rotated):
        assert await authenticator.identify(f"Bearer {issued.secret}") == child.key.caller
    clock.advance(HOUR)
    for issued in (child, rotated, itself):
        with pytest.raises(UnauthenticatedError):
            await authenticator.identify(f"Bearer {issued.secret}")


async def test_expired_key_is_not_rotated(admin, keys, clock):
    made = await admin.create(replace(NEW, expires_at=clock.now() + HOUR), ANYBODY)
    clock.advance(HOUR)
    with pytest.raises(FailedPreconditionError) as raised:
        await admin.rotate(made.key.key_id, ANYBODY, grace_period=HOUR)
    assert raised.value.reason is Reason.KEY_EXPIRED
    assert await keys.get_key(made.key.key_id) == made.key
