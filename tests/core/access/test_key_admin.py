"""Making, listing, rotating and revoking keys, each caller within its reach."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from nearhit_server.core.access.authenticator import Authenticator
from nearhit_server.core.access.callers import ANYBODY, EVERYTHING, Grant, Scope
from nearhit_server.core.access.key_admin import KeyAdmin
from nearhit_server.core.access.key_settings import NewKey
from nearhit_server.core.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)

HOUR = timedelta(hours=1)
UNKNOWN = "f" * 16
OF_A = replace(ANYBODY, key_id="a", caches=Grant.of(["a"]), namespaces=Grant.of([""]))
NEW = NewKey(
    display_name="n", scopes=(Scope.READ,), caches=("a",), namespaces=("",), expires_at=None
)


@pytest.fixture
def admin(keys, clock):
    return KeyAdmin(keys, clock=clock)


@pytest.fixture
def caller_of(keys, clock):
    """Whom a secret tells, to a server that has not seen it before."""
    return lambda secret: Authenticator(keys, clock=clock).identify(f"Bearer {secret}")


async def test_created_key_has_what_was_asked_for(admin, keys, clock, caller_of):
    new = replace(NEW, scopes=(Scope.WRITE, Scope.READ), expires_at=clock.now() + HOUR)
    issued = await admin.create(new, ANYBODY)
    key = await keys.get_key(issued.key.key_id)
    assert key == issued.key
    assert (key.display_name, key.scopes) == ("n", {Scope.READ, Scope.WRITE})
    assert (key.caches, key.namespaces) == (Grant.of(["a"]), Grant.of([""]))
    assert (key.created_at, key.expires_at) == (clock.now(), clock.now() + HOUR)
    assert await caller_of(issued.secret) == key.caller


async def test_secret_is_neither_kept_nor_shown(admin, keys):
    issued = await admin.create(NEW, ANYBODY)
    assert issued.secret not in repr(issued)
    assert issued.secret not in repr(await keys.get_key(issued.key.key_id))
    assert issued.secret.split("_", 2)[2] not in repr(issued)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"display_name": "n" * 201}, "display_name"),
        ({"display_name": "a\0b"}, "display_name"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": (Scope.READ, Scope.READ)}, "scopes"),
        ({"caches": ("a", "")}, "caches[1]"),
        ({"caches": ("A",)}, "caches[0]"),
        ({"caches": ("a*",)}, "caches[0]"),
        ({"caches": ("a\n",)}, "caches[0]"),
        ({"caches": ("**",)}, "caches[0]"),
        ({"caches": ("a",) * 1_001}, "caches"),
        ({"namespaces": ("own", "a b")}, "namespaces[1]"),
        ({"namespaces": ("n" * 65,)}, "namespaces[0]"),
        ({"namespaces": ("*",) * 1_001}, "namespaces"),
    ],
)
async def test_create_refuses_what_is_out_of_its_limits(admin, keys, changes, field):
    with pytest.raises(InvalidArgumentError) as raised:
        await admin.create(replace(NEW, **changes), ANYBODY)
    assert [violation.field for violation in raised.value.violations] == [field]
    assert await keys.list_keys(after="", limit=1) == []


@pytest.mark.parametrize("ahead", [timedelta(), -HOUR])
async def test_create_refuses_an_expiry_that_does_not_lie_ahead(admin, clock, ahead):
    with pytest.raises(InvalidArgumentError) as raised:
        await admin.create(replace(NEW, expires_at=clock.now() + ahead), ANYBODY)
    assert [violation.field for violation in raised.value.violations] == ["expire_time"]


@pytest.mark.parametrize(
    "changes",
    [
        {"display_name": "n" * 200},
        {"caches": ("*",), "namespaces": ("*", "", "Own_1")},
        {"caches": ("a",) * 1_000, "namespaces": ()},
    ],
)
async def test_create_takes_what_is_within_its_limits(admin, changes):
    assert await admin.create(replace(NEW, **changes), ANYBODY)


@pytest.mark.parametrize(
    "changes",
    [{"caches": ("b",)}, {"caches": ("a", "b")}, {"caches": ("*",)}, {"namespaces": ("own",)}],
)
async def test_create_refuses_to_reach_further_than_the_caller(admin, keys, changes):
    with pytest.raises(PermissionDeniedError):
        await admin.create(replace(NEW, **changes), OF_A)
    assert await keys.list_keys(after="", limit=1) == []


@pytest.mark.parametrize("changes", [{}, {"namespaces": ()}, {"scopes": tuple(Scope)}])
async def test_create_is_allowed_within_the_callers_reach(admin, changes):
    assert await admin.create(replace(NEW, **changes), OF_A)


async def test_what_the_caller_does_not_reach_is_not_told_from_what_is_not_there(admin):
    other = (await admin.create(replace(NEW, caches=("b",)), ANYBODY)).key.key_id
    told = set()
    for key_id in (other, UNKNOWN):
        for attempt in (admin.rotate(key_id, OF_A, grace_period=None), admin.revoke(key_id, OF_A)):
            with pytest.raises(PermissionDeniedError) as raised:
                await attempt
            told.add((str(raised.value), raised.value.violations))
    assert len(told) == 1


@pytest.mark.parametrize("half", [{"caches": EVERYTHING}, {"namespaces": EVERYTHING}])
async def test_caller_that_reaches_half_of_everything_is_not_told_what_is_not_there(admin, half):
    with pytest.raises(PermissionDeniedError):
        await admin.revoke(UNKNOWN, replace(OF_A, **half))


async def test_caller_that_reaches_everything_is_told_what_is_not_there(admin):
    for attempt in (
        admin.rotate(UNKNOWN, ANYBODY, grace_period=None),
        admin.revoke(UNKNOWN, ANYBODY),
    ):
        with pytest.raises(NotFoundError) as raised:
            await attempt
        assert raised.value.reason is Reason.KEY_NOT_FOUND


@pytest.mark.parametrize("key_id", ["", "F" * 16, "0" * 15, "0" * 16 + "\n"])
async def test_malformed_key_id_is_refused(admin, key_id):
    with pytest.raises(InvalidArgumentError):
        await admin.revoke(key_id, ANYBODY)
    with pytest.raises(InvalidArgumentError):
        await admin.rotate(key_id, ANYBODY, grace_period=None)


async def pages(admin, caller, page_size):
    """Every page as a list of ids; a token is always the last id of its page."""
    found, token = [], ""
    while True:
        page = await admin.list(caller, page_size=page_size, page_token=token)
        found.append([key.key_id for key in page.keys])
        token = page.next_page_token
        if not token:
            return found
        assert token == found[-1][-1]


@pytest.mark.parametrize("page_size", [0, 1, 2, 3, 7, 1_000])
async def test_list_pages_through_what_the_caller_reaches(admin, page_size, monkeypatch):
    # So that one page takes several looks into the store.
    monkeypatch.setattr("nearhit_server.core.access.key_admin._DEFAULT_PAGE_SIZE", 4)
    ids = {"a": [], "b": []}
    for cache in "aabbbbbbabbbbbbbbab":
        issued = await admin.create(replace(NEW, caches=(cache,)), ANYBODY)
        ids[cache].append(issued.key.key_id)
    for caller, seen in ((OF_A, ids["a"]), (ANYBODY, ids["a"] + ids["b"])):
        listed = await pages(admin, caller, page_size)
        assert [key_id for page in listed for key_id in page] == sorted(seen)
        assert all(len(page) == (page_size or 4) for page in listed[:-1])
        assert listed[-1]


@pytest.mark.parametrize(
    "query",
    [
        {"page_size": -1, "page_token": ""},
        {"page_size": 1_001, "page_token": ""},
        {"page_size": 1, "page_token": "x"},
    ],
)
async def test_list_refuses_what_is_no_page(admin, query):
    with pytest.raises(InvalidArgumentError):
        await admin.list(ANYBODY, **query)


async def test_rotated_key_has_a_new_secret_alone(admin, caller_of):
    made = await admin.create(NEW, ANYBODY)
    rotated = await admin.rotate(made.key.key_id, OF_A, grace_period=None)
    assert await caller_of(rotated.secret) == made.key.caller
    with pytest.raises(UnauthenticatedError):
        await caller_of(made.secret)
    assert rotated.secret not in repr(rotated)


async def test_secret_before_works_on_for_the_grace_period_and_older_ones_do_not(
    admin, clock, caller_of
):
    first = await admin.create(NEW, ANYBODY)
    key_id = first.key.key_id
    second = await admin.rotate(key_id, ANYBODY, grace_period=HOUR)
    third = await admin.rotate(key_id, ANYBODY, grace_period=HOUR)
    assert len(third.key.secrets) == 2
    for good in (second, third):
        assert (await caller_of(good.secret)).key_id == key_id
    with pytest.raises(UnauthenticatedError):
        await caller_of(first.secret)
    clock.advance(HOUR)
    with pytest.raises(UnauthenticatedError):
        await caller_of(second.secret)
    assert (await caller_of(third.secret)).key_id == key_id


@pytest.mark.parametrize("grace", [timedelta(microseconds=-1), timedelta(days=30, microseconds=1)])
async def test_grace_period_out_of_its_limits_is_refused(admin, grace):
    made = await admin.create(NEW, ANYBODY)
    with pytest.raises(InvalidArgumentError) as raised:
        await admin.rotate(made.key.key_id, ANYBODY, grace_period=grace)
    assert raised.value.violations[0].field == "grace_period"


async def test_revoked_key_has_ended_and_keeps_the_time_of_it(admin, keys, clock, caller_of):
    made = await admin.create(NEW, ANYBODY)
    revoked = await admin.revoke(made.key.key_id, OF_A)
    assert revoked.revoked_at == clock.now()
    clock.advance(HOUR)
    assert await admin.revoke(made.key.key_id, ANYBODY) == revoked
    assert await keys.get_key(made.key.key_id) == revoked
    with pytest.raises(UnauthenticatedError):
        await caller_of(made.secret)


async def test_revoked_key_is_not_rotated(admin):
    made = await admin.create(NEW, ANYBODY)
    await admin.revoke(made.key.key_id, ANYBODY)
    with pytest.raises(FailedPreconditionError) as raised:
        await admin.rotate(made.key.key_id, ANYBODY, grace_period=HOUR)
    assert raised.value.reason is Reason.KEY_REVOKED


async def test_rotations_at_once_leave_one_good_secret_and_no_revocation_is_lost(admin, caller_of):
    made = await admin.create(NEW, ANYBODY)
    key_id = made.key.key_id
    rotations = [admin.rotate(key_id, ANYBODY, grace_period=None) for _ in range(5)]
    issued = await asyncio.gather(*rotations)
    good = [one for one in issued if one.key.version == 6]
    assert len(good) == 1
    assert (await caller_of(good[0].secret)).key_id == key_id
    rotations = [admin.rotate(key_id, ANYBODY, grace_period=None) for _ in range(5)]
    issued = await asyncio.gather(admin.revoke(key_id, ANYBODY), *rotations, return_exceptions=True)
    for one in issued[1:]:
        if not isinstance(one, FailedPreconditionError):
            with pytest.raises(UnauthenticatedError):
                await caller_of(one.secret)


async def test_key_that_keeps_changing_is_given_up(admin, keys, monkeypatch):
    made = await admin.create(NEW, ANYBODY)

    async def always_too_late(key):
        return False

    monkeypatch.setattr(keys, "put_key", always_too_late)
    with pytest.raises(UnavailableError):
        await admin.revoke(made.key.key_id, ANYBODY)
