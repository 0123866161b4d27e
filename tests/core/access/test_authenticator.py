"""From a header to a caller, and nothing told to whoever is none."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhit_server.core.access import authenticator as module
from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.access.callers import ANYBODY, Grant, Scope
from nearhit_server.core.access.keys import ApiKey, SecretHash
from nearhit_server.core.access.secrets import NOBODY, digest, key_id_of, new_key_id, new_secret
from nearhit_server.core.errors import Reason, UnauthenticatedError

HOUR = timedelta(hours=1)
BOOT = "boot-key"


@pytest.fixture
def seconds(monkeypatch):
    """The process's own time, to be set as `seconds.passed`."""
    time = SimpleNamespace(passed=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: time.passed))
    return time


@pytest.fixture
def authenticator(keys, clock, seconds):
    return Authenticator(keys, clock=clock, full_access=(BOOT, "other-boot-key"))


@pytest.fixture
def secret():
    return new_secret(new_key_id())


@pytest.fixture
async def key(keys, clock, secret):
    """A key in the store whose secret is `secret`."""
    key = ApiKey(
        key_id=key_id_of(secret),
        display_name="",
        scopes=frozenset({Scope.READ}),
        caches=Grant.of(["faq"]),
        namespaces=Grant(),
        secrets=(SecretHash(digest(secret)),),
        created_at=clock.now(),
    )
    assert await keys.put_key(key)
    return key


async def changed(keys, key, **changes):
    new = replace(key, **changes, version=key.version + 1)
    assert await keys.put_key(new)
    return new


async def put_another(keys, key, good_until=None, **changes):
    """Keep another key like `key`; returns its secret, which is good until then."""
    secret = new_secret(new_key_id())
    hashes = (SecretHash(digest(secret), good_until),)
    assert await keys.put_key(replace(key, key_id=key_id_of(secret), secrets=hashes, **changes))
    return secret


async def refused(authenticator, authorization):
    with pytest.raises(UnauthenticatedError) as raised:
        await authenticator.identify(authorization)
    return raised.value


async def test_secret_of_a_key_tells_its_caller(authenticator, key, secret):
    caller = await authenticator.identify(f"Bearer {secret}")
    assert caller == key.caller
    assert (caller.key_id, caller.scopes) == (key.key_id, {Scope.READ})


@pytest.mark.parametrize("header", ["bearer {}", "BEARER {}", "Bearer   {}", "Bearer {} "])
async def test_scheme_is_read_leniently(authenticator, key, secret, header):
    assert await authenticator.identify(header.format(secret)) == key.caller


async def test_keys_of_the_settings_may_everything_and_cost_no_look(authenticator, keys):
    first = await authenticator.identify(f"Bearer {BOOT}")
    second = await authenticator.identify("Bearer other-boot-key")
    assert first == replace(ANYBODY, key_id="settings-1")
    assert second == replace(ANYBODY, key_id="settings-2")
    assert keys.looks == []


async def test_every_refusal_is_the_same_after_one_look(authenticator, keys, clock, key, secret):
    now = clock.now()
    presented = [
        *(None, "", "Bearer ", "Bearer hunter2", f"Basic {secret}", secret),
        *(f"Bearer {BOOT}x", f"Bearer {digest(secret)}", f"Bearer {digest(BOOT)}"),
        f"Bearer {new_secret(new_key_id())}",
        f"Bearer {new_secret(key.key_id)}",
        f"Bearer {await put_another(keys, key, revoked_at=now)}",
        f"Bearer {await put_another(keys, key, expires_at=now)}",
        f"Bearer {await put_another(keys, key, good_until=now)}",
    ]
    told = set()
    for authorization in presented:
        keys.looks.clear()
        error = await refused(authenticator, authorization)
        assert len(keys.looks) == 1, authorization
        told.add((error.message, error.reason, error.violations, str(error), repr(error)))
    assert len(told) == 1
    assert error.reason is Reason.KEY_INVALID


async def test_missing_key_is_looked_up_as_nobodys(authenticator, keys):
    await refused(authenticator, None)
    assert keys.looks == [NOBODY]


async def test_good_key_is_remembered_for_a_moment(authenticator, keys, key, secret, seconds):
    for at in (0.0, 1.0, 1.9):
        seconds.passed = at
        await authenticator.identify(f"Bearer {secret}")
    assert keys.looks == [key.key_id]
    seconds.passed = 2.0
    await authenticator.identify(f"Bearer {secret}")
    assert keys.looks == [key.key_id] * 2


@pytest.mark.parametrize("change", ["revoked", "rotated"])
async def test_key_ended_elsewhere_is_refused_a_moment_later(
    authenticator, keys, clock, key, secret, seconds, change
):
    await authenticator.identify(f"Bearer {secret}")
    if change == "revoked":
        await changed(keys, key, revoked_at=clock.now())
    else:
        await changed(keys, key, secrets=(SecretHash(digest(new_secret(key.key_id))),))
    seconds.passed = 2.0
    await refused(authenticator, f"Bearer {secret}")


async def test_secret_rotated_elsewhere_is_good_at_once(authenticator, keys, clock, key, secret):
    await authenticator.identify(f"Bearer {secret}")
    new = new_secret(key.key_id)
    await changed(keys, key, secrets=(SecretHash(digest(new)),))
    assert (await authenticator.identify(f"Bearer {new}")).key_id == key.key_id
    # And with that this one knows that the old one is not.
    await refused(authenticator, f"Bearer {secret}")


async def test_secret_in_its_grace_period_is_good_until_it_ends(
    authenticator, keys, clock, key, secret
):
    new = new_secret(key.key_id)
    hashes = (SecretHash(digest(new)), SecretHash(digest(secret), clock.now() + HOUR))
    await changed(keys, key, secrets=hashes)
    for presented in (new, secret):
        assert (await authenticator.identify(f"Bearer {presented}")).key_id == key.key_id
    clock.advance(HOUR)
    await refused(authenticator, f"Bearer {secret}")
    assert (await authenticator.identify(f"Bearer {new}")).key_id == key.key_id


async def test_remembered_key_is_refused_as_soon_as_it_expires(
    authenticator, keys, clock, key, secret
):
    await changed(keys, key, expires_at=clock.now() + HOUR)
    await authenticator.identify(f"Bearer {secret}")
    clock.advance(HOUR)
    await refused(authenticator, f"Bearer {secret}")


async def test_no_more_keys_are_remembered_than_there_is_room_for(
    authenticator, keys, key, secret, monkeypatch
):
    monkeypatch.setattr(module, "_MAX_REMEMBERED", 2)
    others = [await put_another(keys, key) for _ in range(2)]
    for presented in (secret, *others, secret, others[1]):
        await authenticator.identify(f"Bearer {presented}")
    # The first had to go and come back; the last was still there.
    assert keys.looks == [key_id_of(looked_up) for looked_up in (secret, *others, secret)]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    authorization=st.one_of(
        st.none(),
        st.text(st.characters()),
        st.text(st.characters()).map(lambda text: f"Bearer {text}"),
        st.from_regex(r"Bearer nh_[0-9a-f]{16}_[A-Za-z0-9_-]{43}", fullmatch=True),
    )
)
async def test_garbage_is_nobody_and_raises_nothing_else(authenticator, key, authorization):
    await refused(authenticator, authorization)


def test_authenticator_and_its_keys_show_no_secret(authenticator, key, secret):
    assert BOOT not in f"{authenticator!r}{vars(authenticator)!r}"
    assert secret not in f"{key!r}{key.caller!r}"
