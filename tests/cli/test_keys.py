"""`nearhit keys` against a real server."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from nearhit import ApiKey, KeyScope
from nearhit_server.cli.key_rendering import key_table

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
UNKNOWN = "0" * 16


@pytest.fixture
def made(run, cache_id):
    """A key that was made on the command line, and its secret."""
    words = ("--scope", "read", "--cache", cache_id, "--json")
    return json.loads(run("keys", "create", *words).stdout)


def listed(run):
    keys = json.loads(run("keys", "list", "--json").stdout)["keys"]
    return {key["key_id"]: key for key in keys}


def test_create_keeps_all_settings_when_given(run, cache_id):
    words = ["--name", "billing", "--scope", "write", "--scope", "read", "--expires", "7d"]
    words += ["--cache", cache_id, "--cache", "other", "--namespace", "", "--namespace", "own"]
    earliest = datetime.now(UTC) + timedelta(days=7)

    made = json.loads(run("keys", "create", *words, "--json").stdout)

    assert made.pop("secret").startswith(f"nh_{made['key_id']}_")
    assert made == listed(run)[made["key_id"]]
    assert (made["display_name"], made["scopes"]) == ("billing", ["read", "write"])
    assert made["caches"] == sorted([cache_id, "other"])
    assert made["namespaces"] == ["", "own"]
    assert made["revoked_at"] is None
    assert timedelta() <= datetime.fromisoformat(made["expires_at"]) - earliest < timedelta(hours=1)


def test_create_prints_the_secret_alone_and_a_note_beside_it(run):
    result = run("keys", "create", "--scope", "admin", "--cache", "*")

    (secret,) = result.stdout.splitlines()
    key_id = secret.split("_")[1]
    assert secret.startswith("nh_")
    assert result.stderr == f"nearhit: made key {key_id}; its secret will not be shown again\n"


@pytest.mark.parametrize(
    "words",
    [
        ["--scope", "read"],
        ["--cache", "faq"],
        ["--scope", "all", "--cache", "faq"],
        ["--scope", "read", "--cache", "faq", "--expires", "soon"],
        ["--scope", "read", "--cache", "faq", "--expires", "999999999d"],
    ],
)
def test_create_is_a_usage_error_when_settings_are_missing_or_wrong(run, words):
    assert run("keys", "create", *words).exit_code == 2


def test_create_says_what_the_server_refuses(run):
    result = run("keys", "create", "--scope", "read", "--cache", "No Such Name")

    assert result.exit_code == 1
    assert "caches[0]" in result.stderr


def test_rotate_prints_another_secret(run, made):
    result = run("keys", "rotate", made["key_id"], "--grace", "1h")

    assert result.stdout.startswith(f"nh_{made['key_id']}_")
    assert result.stdout.strip() != made["secret"]
    assert "rotated key" in result.stderr


def test_rotate_fails_when_the_grace_period_is_too_long(run, made):
    result = run("keys", "rotate", made["key_id"], "--grace", "31d")

    assert result.exit_code == 1
    assert result.stderr == "nearhit: grace_period: is not between 0 and 30 days\n"


def test_revoke_ends_the_key_when_yes_is_given(run, made):
    assert run("keys", "revoke", made["key_id"]).exit_code == 1
    assert listed(run)[made["key_id"]]["revoked_at"] is None

    result = run("keys", "revoke", made["key_id"], "--yes")

    assert result.stdout == f"revoked key {made['key_id']}\n"
    assert listed(run)[made["key_id"]]["revoked_at"] is not None
    again = json.loads(run("keys", "revoke", made["key_id"], "--yes", "--json").stdout)
    assert again == listed(run)[made["key_id"]]


def test_rotate_fails_when_key_is_revoked(run, made):
    run("keys", "revoke", made["key_id"], "--yes")

    result = run("keys", "rotate", made["key_id"])

    assert result.exit_code == 1
    assert result.stderr == f"nearhit: key '{made['key_id']}' is revoked\n"


def test_revoke_fails_when_there_is_no_such_key(run):
    assert (
        run("keys", "revoke", UNKNOWN, "--yes").stderr == f"nearhit: there is no key '{UNKNOWN}'\n"
    )


def test_list_shows_keys_and_no_secret(run, made):
    shown = run("keys", "list").stdout

    (line,) = (line for line in shown.splitlines() if line.startswith(made["key_id"]))
    assert line.split()[1:] == ["read", made["caches"][0], "none", "good"]
    assert made["secret"] not in shown
    assert made["secret"] not in run("keys", "list", "--json").stdout


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({}, "good"),
        ({"expires_at": NOON + timedelta(hours=1)}, "good until 2025-06-01 13:00 UTC"),
        ({"expires_at": NOON}, "expired 2025-06-01 12:00 UTC"),
        ({"expires_at": NOON, "revoked_at": NOON}, "revoked 2025-06-01 12:00 UTC"),
    ],
)
def test_table_tells_what_has_become_of_a_key(times, state):
    key = ApiKey(
        **{"key_id": "00ff", "display_name": "", "scopes": (KeyScope.READ,), "caches": ("*",)},
        **{"namespaces": ("",), "created_at": NOON, "expires_at": None, "revoked_at": None} | times,
    )

    cells = [next(column.cells) for column in key_table([key], now=NOON).columns]

    assert [str(cell) for cell in cells] == ["00ff", "", "read", "*", "''", state]
