"""API keys as JSON, also such as another version wrote."""

import json
from dataclasses import replace

import pytest

from clocks import ManualClock
from contract.samples import Sample
from nearhit_server.core.access.callers import Grant, Scope
from nearhit_server.stores.key_json import key_from_json, key_to_json

KEY = Sample(ManualClock()).key()


def read(fields):
    return key_from_json(json.dumps(fields), key_id=KEY.key_id)


@pytest.fixture
def written():
    return json.loads(key_to_json(KEY))


def test_key_is_read_as_it_was_written(written):
    assert read(written) == KEY
    assert key_from_json(key_to_json(KEY).encode(), key_id=KEY.key_id) == KEY


def test_fields_of_a_later_version_are_ignored(written):
    assert read(written | {"later": 1}) == KEY


def test_scope_of_a_later_version_allows_nothing(written):
    assert read(written | {"scopes": ["read", "audit"]}) == replace(
        KEY, scopes=frozenset({Scope.READ})
    )


def test_what_is_missing_allows_nothing(written):
    bare = read({name: written[name] for name in ("version", "created_at")})
    assert (bare.scopes, bare.caches, bare.namespaces) == (frozenset(), Grant(), Grant())
    assert bare.secrets == ()


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "null", "7", "{}", '{"version": 1}'),
        '{"version": 1, "created_at": 1}',
        '{"version": 1, "created_at": "2024-05-17T12:00:00+00:00", "secrets": [{}]}',
        '{"version": 1, "created_at": "2024-05-17T12:00:00+00:00", "secrets": 5}',
    ],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(ValueError, match="not an API key"):
        key_from_json(text, key_id=KEY.key_id)


@pytest.mark.parametrize("text", ["", "{", '{"version": 1, "created_at": "yesterday"}'])
def test_what_is_no_json_or_no_time_is_refused(text):
    with pytest.raises(ValueError, match=r"Expecting|isoformat"):
        key_from_json(text, key_id=KEY.key_id)
