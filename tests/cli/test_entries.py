"""`nearhit search`, `store`, `delete` and `flush` against a real server."""

import json
from datetime import timedelta

import pytest

import nearhit

PROMPT = "How do I reset my password?"


@pytest.fixture
def stored(client):
    """One entry, by its id."""
    return client.store(PROMPT, "Use the link.", attributes={"lang": "en"}).entry_id


def test_search_prints_the_match_when_it_hits(run, stored):
    result = run("search", "How can I change a forgotten password?", "--threshold", "0.8")

    assert result.exit_code == 0
    assert "hit:        similarity 0.84" in result.stdout
    for shown in ("semantic", PROMPT, stored, "lang=en", "Use the link."):
        assert shown in result.stdout


def test_search_prints_json_when_it_hits(run, stored):
    result = run("search", PROMPT.upper(), "--json")

    found = json.loads(result.stdout)
    assert found["hit"] is True
    (match,) = found["matches"]
    assert (match["similarity"], match["strategy"]) == (1.0, "exact")
    assert match["entry"]["entry_id"] == stored
    assert match["entry"]["attributes"] == {"lang": "en"}


@pytest.mark.usefixtures("stored")
def test_search_exits_0_and_says_how_near_when_it_misses(run):
    result = run("search", "Do you ship to Norway?", "--threshold", "0.75")

    assert result.exit_code == 0
    assert result.stdout.startswith("miss: the nearest entry has similarity 0.")
    assert "similarity is under 0.75\n" in result.stdout
    assert f"prompt: {PROMPT}\n" in result.stdout


def test_search_prints_json_when_it_misses(run):
    result = run("search", "anything", "--json")

    assert json.loads(result.stdout) == {
        "hit": False,
        "effective_prompt": "anything",
        "nearest_similarity": None,
        "exact_only_reason": None,
        "candidate": None,
    }


def test_search_says_why_when_prompt_is_too_long_for_similarity(run):
    result = run("search", "word " * 600)
    assert "only searched exactly, as the prompt is longer than the model reads" in result.stdout


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    "options",
    [("--attribute", "lang=de"), ("--strategy", "exact"), ("--context", "We spoke of cats.")],
)
def test_search_misses_when_options_narrow_it(run, options):
    asked = "how do I reset the password" if "exact" in options else PROMPT
    assert run("search", asked, *options).stdout.startswith("miss")


def test_search_prints_several_matches_when_asked_for(run, client):
    client.update_cache(client.get_cache().cache_id, verification=nearhit.Verification.OFF)
    client.store("one apple", "1")
    client.store("two apples", "2")

    result = run("search", "apples", "--threshold", "-1", "--max-results", "5", "--json")

    assert len(json.loads(result.stdout)["matches"]) == 2


def test_control_characters_are_shown_and_not_sent_when_response_holds_them(run, client):
    client.store("p", "\x1b[31mred\x07\nnext")

    shown = run("search", "p").stdout

    assert "\\x1b[31mred\\x07" in shown
    assert "\x1b" not in shown


def test_store_keeps_all_parts_when_given(run, client):
    arguments = ["--attribute", "a=b=c", "--metadata", '{"n": [1]}', "--ttl", "2h"]

    result = run("store", "question", "answer", *arguments, "--json")

    assert json.loads(result.stdout)["created"] is True
    entry = client.search("question").matches[0].entry
    assert (entry.response, entry.attributes, entry.metadata, entry.ttl) == (
        "answer",
        {"a": "b=c"},
        {"n": [1]},
        timedelta(hours=2),
    )


def test_store_says_replaced_when_entry_exists(run):
    assert run("store", "q", "1").stdout.startswith("stored ")
    assert run("store", "q", "2").stdout.startswith("replaced ")


def test_store_reads_standard_input_when_response_is_a_dash(run, client):
    run("store", "q", "-", input="füür\nzwei\n")
    assert client.search("q").matches[0].entry.response == "füür\nzwei"


def test_store_fails_when_standard_input_is_not_utf8(run):
    result = run("store", "q", "-", input=b"\xff")

    assert result.exit_code == 1
    assert result.stderr == "nearhit: the response on standard input is not UTF-8\n"


def test_store_says_so_when_only_exact_search_will_find_it(run):
    assert "only exact searches find it" in run("store", "word " * 600, "x").stdout


def test_delete_removes_by_id_when_ids_are_given(run, stored):
    assert run("delete", stored, "0" * 32, "--json").stdout == '{"deleted": 1}\n'


@pytest.mark.usefixtures("stored")
def test_delete_removes_by_attributes_when_given(run):
    assert run("delete", "--attribute", "lang=en").stdout == "removed 1 entry\n"


@pytest.mark.parametrize("arguments", [[], ["0" * 32, "--attribute", "a=b"]])
def test_delete_is_a_usage_error_when_selector_is_missing_or_double(run, arguments):
    result = run("delete", *arguments)

    assert result.exit_code == 2
    assert "give entry ids or attributes" in result.stderr


def test_delete_sends_several_calls_when_ids_are_many(run, stored):
    ids = [f"{number:032x}" for number in range(1_200)]
    assert run("delete", *ids, stored).stdout == "removed 1 entry\n"


@pytest.mark.usefixtures("stored")
def test_flush_refuses_when_there_is_no_terminal_to_ask_at(run, client):
    result = run("flush")

    assert result.exit_code == 1
    assert "needs --yes" in result.stderr
    assert client.get_cache().entry_count == 1


@pytest.mark.usefixtures("stored")
def test_flush_removes_everything_when_yes_is_given(run, client):
    assert run("flush", "--yes").stdout == "removed 1 entry\n"
    assert client.get_cache().entry_count == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "x", "--attribute", "nonsense"),
        ("search", "x", "--threshold", "2"),
        ("search", "x", "--strategy", "magic"),
        ("search", "x", "--timeout", "0"),
        ("store", "x"),
        ("store", "x", "y", "--ttl", "5x"),
        ("store", "x", "y", "--metadata", "[]"),
    ],
)
def test_command_exits_2_when_it_is_used_wrongly(run, arguments):
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("search", " "), "prompt: is empty or blank"),
        (("delete", "xyz"), "entry_ids.ids[0]: does not match [0-9a-f]{32}"),
        (("search", "x", "--cache", "nowhere"), "there is no cache 'nowhere'"),
        (("search", "x", "--api-key", "a b"), "api_key must be printable ASCII without"),
        (("search", "\udcff"), "an argument or an answer is not valid Unicode text"),
    ],
)
def test_command_exits_1_with_one_sentence_when_it_fails(run, arguments, message):
    result = run(*arguments)

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"nearhit: {message}")
    assert result.stderr.count("\n") == 1
