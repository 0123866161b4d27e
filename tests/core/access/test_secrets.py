"""Secrets and what is kept of them."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhit_server.core.access.secrets import (
    KEY_ID,
    NOBODY,
    digest,
    key_id_of,
    new_key_id,
    new_secret,
    same,
)

SECRET = "nh_0123456789abcdef_" + "aB3-_" * 8 + "xyz"


def test_secret_names_its_key_and_is_never_the_same():
    ids = {new_key_id() for _ in range(100)}
    secrets = {key_id: {new_secret(key_id) for _ in range(10)} for key_id in ids}
    assert len(ids) == 100
    for key_id, of_key in secrets.items():
        assert KEY_ID.fullmatch(key_id)
        assert len(of_key) == 10
        assert {key_id_of(secret) for secret in of_key} == {key_id}


def test_known_form_names_its_key():
    assert key_id_of(SECRET) == "0123456789abcdef"


@pytest.mark.parametrize(
    "secret",
    [
        *("", "nh_", "nh__", SECRET[:-1], SECRET + "x", SECRET + "\n", " " + SECRET),
        *(SECRET.upper(), SECRET.replace("nh", "xx"), SECRET.replace("a", "é")),
        *(SECRET.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"), SECRET.replace("-", "+")),
    ],
)
def test_what_has_not_the_form_is_nobodys(secret):
    assert key_id_of(secret) == NOBODY


def test_digest_is_sha256_of_the_whole_secret():
    assert digest(SECRET) == sha256(SECRET.encode()).hexdigest()


@given(st.text(st.characters()), st.text(st.characters()))
def test_digests_are_the_same_for_the_same_text_alone(one, other):
    assert same(digest(one), digest(other)) is (one == other)
