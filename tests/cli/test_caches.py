"""`nearhit caches` against a real server."""

import json

import pytest

SETTINGS = [
    *("--threshold", "0.75"),
    *("--default-ttl", "7d"),
    "--ttl-refresh-on-hit",
    *("--strategy", "semantic"),
    *("--strategy", "exact"),
    *("--long-prompts", "truncate"),
    *("--max-entries", "1000"),
    *("--declare-attribute", "year:numeric"),
    *("--declare-attribute", "title:text"),
    "--restrict-attributes",
]
SHOWN = {
    "similarity_threshold": 0.75,
    "default_ttl_seconds": 604_800,
    "ttl_refresh_on_hit": True,
    "strategies": ["semantic", "exact"],
    "long_prompts": "truncate",
    "max_entries": 1_000,
    "attributes": {"year": "numeric", "title": "text"},
    "restrict_attributes": True,
}


@pytest.fixture
def other(cache_id):
    """The id of a cache that does not exist yet."""
    return f"{cache_id}-other"


def settings_of(run, name):
    return json.loads(run("caches", "show", name, "--json").stdout)


def test_create_keeps_all_settings_when_given(run, other):
    result = run("caches", "create", other, *SETTINGS, "--json")

    made = json.loads(result.stdout)
    assert made == settings_of(run, other)
    assert made.items() >= SHOWN.items()
    assert made["entry_count"] == 0


def test_create_makes_a_cache_without_model_when_dimension_is_given(run, other):
    made = json.loads(run("caches", "create", other, "--dimension", "3", "--json").stdout)
    assert (made["model"], made["dimension"]) == (None, 3)


def test_create_fails_when_cache_exists(run, cache_id):
    result = run("caches", "create", cache_id)

    assert result.exit_code == 1
    assert result.stderr == f"nearhit: cache '{cache_id}' exists already\n"


def test_update_changes_only_what_is_given(run, cache_id):
    before = settings_of(run, cache_id)

    run("caches", "update", cache_id, "--threshold", "0.5")

    after = settings_of(run, cache_id)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"similarity_threshold", "updated_at"}
    assert after["similarity_threshold"] == 0.5


def test_update_unsets_when_the_word_is_none(run, other):
    run("caches", "create", other, *SETTINGS)
    unset = ("--threshold", "--default-ttl", "--max-entries", "--declare-attribute")

    words = [word for option in unset for word in (option, "none")]
    words += ["--no-ttl-refresh-on-hit", "--no-restrict-attributes", "--allow-flush"]
    run("caches", "update", other, *words)

    after = settings_of(run, other)
    assert (after["similarity_threshold"], after["default_ttl_seconds"]) == (0.9, None)
    assert (after["max_entries"], after["attributes"]) == (None, {})
    assert (after["ttl_refresh_on_hit"], after["restrict_attributes"]) == (False, False)


def test_update_needs_allow_flush_when_entries_would_be_lost(run, client, cache_id):
    client.store("a", "b")
    change = ("caches", "update", cache_id, "--declare-attribute", "year:numeric")

    refused = run(*change)
    assert refused.exit_code == 1
    assert "would remove every entry" in refused.stderr

    assert run(*change, "--allow-flush").exit_code == 0
    assert client.get_cache().entry_count == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["--threshold", "high"], ["--max-entries", "1.5"], ["--declare-attribute", "year"]],
)
def test_update_is_a_usage_error_when_settings_are_missing_or_wrong(run, cache_id, arguments):
    assert run("caches", "update", cache_id, *arguments).exit_code == 2


def test_list_holds_every_cache(run, cache_id):
    listed = json.loads(run("caches", "list", "--json").stdout)["caches"]

    assert {"default", cache_id} <= {cache["cache_id"] for cache in listed}
    assert cache_id in run("caches", "list").stdout


def test_show_prints_words_when_json_is_not_asked_for(run, other):
    run("caches", "create", other, *SETTINGS)

    lines = run("caches", "show", other).stdout.splitlines()

    fields = dict(line.split(":", 1) for line in lines)
    assert fields["default ttl"].strip() == "7 days, 0:00:00"
    assert fields["attributes"].strip() == "year:numeric, title:text"
    assert fields["ttl refresh on hit"].strip() == "yes"


def test_delete_removes_the_cache_when_yes_is_given(run, client, cache_id):
    client.store("a", "b")

    assert run("caches", "delete", cache_id).exit_code == 1
    result = run("caches", "delete", cache_id, "--yes")

    assert result.stdout == f"removed cache {cache_id} and 1 entry\n"
    assert run("caches", "show", cache_id).stderr == f"nearhit: there is no cache '{cache_id}'\n"
