"""What a caller may."""

import pytest

from nearhit_server.core.access.callers import ANYBODY, EVERYTHING, Access, Caller, Grant, Scope
from nearhit_server.core.errors import PermissionDeniedError

READER = Caller(
    key_id="k",
    scopes=frozenset({Scope.READ}),
    caches=Grant.of(["faq"]),
    namespaces=Grant.of(["", "own"]),
)


def allowed(caller, access):
    try:
        caller.check(access)
    except PermissionDeniedError:
        return False
    return True


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access(scopes=(Scope.READ,)), True),
        (Access(scopes=(Scope.ADMIN, Scope.READ)), True),
        (Access(scopes=(Scope.WRITE, Scope.ADMIN)), False),
        (Access(scopes=()), False),
        (Access(scopes=(Scope.READ,), cache="faq"), True),
        (Access(scopes=(Scope.READ,), cache="faq2"), False),
        (Access(scopes=(Scope.READ,), cache=""), False),
        (Access(scopes=(Scope.READ,), cache="*"), False),
        (Access(scopes=(Scope.WRITE,), cache="faq"), False),
        (Access(scopes=(Scope.READ,), namespace=""), True),
        (Access(scopes=(Scope.READ,), namespace="own"), True),
        (Access(scopes=(Scope.READ,), namespace="other"), False),
        (Access(scopes=(Scope.READ,), cache="faq", namespace="other"), False),
    ],
)
def test_caller_may_what_scope_cache_and_namespace_all_allow(access, expected):
    assert allowed(READER, access) is expected


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("name", ["", "faq", "*", "No Such"])
def test_anybody_may_everything(scope, name):
    assert allowed(ANYBODY, Access(scopes=(scope,), cache=name, namespace=name))


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (EVERYTHING, EVERYTHING, True),
        (EVERYTHING, Grant.of(["a"]), True),
        (EVERYTHING, Grant(), True),
        (Grant.of(["*", "a"]), Grant.of(["b"]), True),
        (Grant.of(["a", "b"]), Grant.of(["a"]), True),
        (Grant.of(["a"]), Grant.of(["a", "b"]), False),
        (Grant.of(["a"]), EVERYTHING, False),
        (Grant.of(["a"]), Grant.of(["a", "*"]), False),
        (Grant(), Grant(), True),
        (Grant(), Grant.of([""]), False),
    ],
)
def test_grant_includes_what_allows_nothing_more(wide, narrow, expected):
    assert wide.includes(narrow) is expected
